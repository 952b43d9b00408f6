"""What notebook 08 and its study do alike: codebooks of several sizes, four ways to write pictures, the live run, and
questions that need two steps: from a drawing to the animal's name, from the name to its food.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np

from pocketgpt.evaluation import exam as text_exam
from pocketgpt.evaluation.metrics import wilson
from pocketgpt.model import GPT
from pocketgpt.multimodal import exam
from pocketgpt.multimodal.exam import count
from pocketgpt.multimodal.learn import PictureData, learn_pictures, with_pictures
from pocketgpt.multimodal.recipe import Recipe
from pocketgpt.multimodal.rows import ENTRIES, Album, painted, picture_first, text_first
from pocketgpt.multimodal.vocabulary import Vocabulary
from pocketgpt.pictures.codebook import learn_codebook
from pocketgpt.pictures.palette import rgb
from pocketgpt.pictures.tokens import Blocks, PictureTokens, Pixels, frequent_blocks, lost
from pocketgpt.sampling.generate import continue_all
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.data import TokenStream
from pocketgpt.training.loop import PlannedRun
from pocketgpt.world import Tables

LARGE = {"matrix_lr": 0.04, "embed_lr": 0.2, "head_lr": 0.015, "decay": 0.6}  # steps for short runs
SHARES = {"scene": 0.6, "digit": 0.25, "animal": 0.15}
LIVE = Recipe(steps=120, batch_size=48, pages_share=0.1, shares=SHARES, **LARGE)
COMPARED = Recipe(batch_size=32, pages_share=0.0, shares={"scene": 1.0}, **LARGE)
TOKENS = 240_000  # of training, for each of the ways to write pictures that are compared
SIZES = (16, 64, 256)  # of codebooks that are compared
TEXT_PEOPLE = 30  # people in the text exam
TRIES = (1, 4, 16)
FOOD_WAYS = {  # what stands behind a drawing before the model tells the food, and on a new page, if there is one
    "at once": ("\n\nThe animal eats", ""),
    "name written": ("{title}\n\nThe animal eats", ""),
    "name also in the sentence": ("{title}\n\nThe {name} eats", ""),
    "name as a page's title": ("{title}", "{title}\n\nThe animal eats"),
    "title and sentence": ("{title}", "{title}\n\nThe {name} eats"),
}  # the first and the last are the exam's two ways

Count = Mapping[str, float]


def compare_codebooks(
    shown: Mapping[str, Sequence[np.ndarray]],
    unseen: Mapping[str, Sequence[np.ndarray]],
    own: Mapping[int, Blocks] | None = None,
    seed: int = 0,
) -> dict[str, list[dict]]:
    """How many pixels (%) of other pictures are wrong after codebooks of SIZES entries (x): by counting the most
    frequent blocks, by a small network that learns them, and by a learner's `own` choice, by size, where there is one.
    """
    pictures = [picture for each in shown.values() for picture in each]
    found: dict[str, list[dict]] = {}
    for size in SIZES:
        made = {
            "counted": frequent_blocks(list(shown.values()), size),
            "learned": learn_codebook(pictures, size, seed=seed),
        } | ({"yours": own[size]} if own else {})
        for kind, tested in unseen.items():
            for how, blocks in made.items():
                found.setdefault(f"{kind}, {how}", []).append({"x": size, "y": 100 * lost(blocks, tested)})
    return found


def own_numbers(
    cut: Callable[[list[list[int]]], list[list[int]]],
    nearest: Callable[[list[float], list[list[float]]], int],
    book: Blocks,
    picture: np.ndarray,
) -> list[int]:
    """The numbers of a picture's blocks in a codebook, by a learner's `cut` and `nearest`, as `book` has them."""
    known = [_as_vector(entry) for entry in book.entries]
    return [int(nearest(_as_vector(block), known)) for block in cut(np.asarray(picture).tolist())]


def _as_vector(block: Sequence[int]) -> list[float]:
    return rgb(np.asarray(block, int)).astype(float).reshape(-1).tolist()


def codebook(shown: Mapping[str, Sequence[np.ndarray]]) -> Blocks:
    """The most frequent blocks, in their colours."""
    return frequent_blocks(list(shown.values()), ENTRIES)


def ways(shown: Mapping[str, Sequence[np.ndarray]]) -> dict[str, PictureTokens]:
    """Four ways to write a picture as tokens, by name; the blocks are counted, or a VQ-VAE has learned them."""
    learned = learn_codebook(shown["scene"], ENTRIES)  # what is compared are scenes
    framed = painted(shown)
    return {"pixels": Pixels(), "blocks": codebook(shown), "learned blocks": learned, "colours, frame, blocks": framed}


def seconds_to_draw(
    base: GPT, tokenizer: Tokenizer, ways: Mapping[str, PictureTokens], picture: np.ndarray
) -> dict[str, float]:
    """How long a copy of the base model takes for as many tokens as the picture has in each way, one after the other;
    what it draws doesn't matter here.
    """
    found = {}
    for name, way in ways.items():
        model, vocabulary = with_pictures(base, tokenizer, way)
        start = time.perf_counter()
        continue_all(model, [text_first(vocabulary, "a ring")], len(way.encode(picture)), temperature=0)
        found[name] = time.perf_counter() - start
    return found


def compared(base: GPT, tokenizer: Tokenizer, pictures: PictureTokens, album: Album, seed: int = 0) -> dict:
    """What a copy of the base model learns of scenes that are written in this way, with TOKENS tokens of training."""
    model, vocabulary = with_pictures(base, tokenizer, pictures, seed)
    recipe = replace(COMPARED, seed=seed)
    steps = max(1, round(TOKENS / mean_batch(PictureData(vocabulary, album, None, recipe))))
    learn_pictures(model, vocabulary, album, None, replace(recipe, steps=steps)).train_all()
    asked = [picture for _, _, picture in exam.scenes_for(exam.ASKED, seed=seed)]
    marks = {
        name: {
            "drawn": count(exam.mark_drawn(model, vocabulary, new=new, seed=seed)),
            "told": count(exam.mark_told(model, vocabulary, new=new, seed=seed)),
        }
        for name, new in exam.NEWS.items()
    }
    return {"steps": steps, "tokens": fmean(len(pictures.encode(picture)) for picture in asked), "marks": marks}


def live(
    model: GPT, vocabulary: Vocabulary, album: Album, pages: TokenStream, seed: int = 0, steps: int = LIVE.steps
) -> PlannedRun:
    """The run that the notebook shows: iterate over it to train."""
    return learn_pictures(model, vocabulary, album, pages, replace(LIVE, seed=seed, steps=steps))


def mean_batch(data: PictureData, tried: int = 10) -> float:
    """Tokens of a batch, filled-up places included: the mean of the first ones."""
    return fmean(data.batch(step)[0].numel() for step in range(tried))


def best_of(model: GPT, vocabulary: Vocabulary, seed: int = 0, asked: int = 24) -> list[dict]:
    """Captions of new combinations with at least one right picture among the first 1, 4, 16 tries (x)."""
    marks = exam.mark_tries(model, vocabulary, max(TRIES), asked, new="parts", seed=seed)
    return [{"x": tries, **count([any(each[:tries]) for each in marks])} for tries in TRIES]


def food_ways(
    model: GPT, vocabulary: Vocabulary, tables: Tables, drawings: Mapping[str, np.ndarray], seed: int = 0
) -> dict[str, Count]:
    """Whether the model tells what the animal of a drawing eats, in each of FOOD_WAYS; it names the animal itself.

    Each drawing is made anew exam.EACH times, and only animals whose food it tells in words alone are asked about.
    """
    known = exam.food_known(model, vocabulary, tables, list(drawings))
    shown = [each for each in exam.drawings_for(drawings, exam.EACH, seed) if each[0] in known]
    starts = [picture_first(vocabulary, picture) for _, picture in shown]
    told = exam.tell_pictures(model, vocabulary, [picture for _, picture in shown])
    titles = [text.split("\n")[0][: exam.LONGEST_NAME] for text in told]
    encode, eot = vocabulary.tokenizer.encode, vocabulary.tokenizer.eot_id
    found = {}
    for how, (behind, page) in FOOD_WAYS.items():
        prompts = []
        for start, title in zip(starts, titles, strict=True):
            words = {"title": title, "name": title[:1].lower() + title[1:]}
            new_page = [eot, *encode(page.format(**words))] if page else []
            prompts.append([*start, *encode(behind.format(**words)), *new_page])
        rows = continue_all(model, prompts, 12, temperature=0, stop_ids=[eot, *encode("."), *encode("\n")])
        foods = [vocabulary.tokenizer.decode(ids).split(".")[0].split("\n")[0] for ids in rows]
        right = [food == f" {known[name].food}" for food, (name, _) in zip(foods, shown, strict=True)]
        found[how] = count(right) | {"animals": len(known)}
    return found


def text_marks(model: GPT, tokenizer: Tokenizer, tables: Tables) -> dict[str, dict[str, int]]:
    """What the model knows in words: facts about people on 30 pages or more, countries and animals, in new wordings."""
    people = text_exam.people_of(tables, 30, 10**9, TEXT_PEOPLE)
    groups = {"people": people, "countries": tables.countries[:40], "animals": tables.animals[:30]}
    asked = {name: text_exam.fact_questions(tables, rows, "held-out") for name, rows in groups.items()}
    return {name: count(text_exam.mark(model, tokenizer, questions)) for name, questions in asked.items()}


def share(counted: Mapping[str, Count]) -> float:
    """Right answers of all groups together, as a share.

    >>> share({"a": {"right": 1, "n": 2}, "b": {"right": 2, "n": 2}})
    0.75
    """
    return sum(each["right"] for each in counted.values()) / sum(each["n"] for each in counted.values())


def as_points(counted: Mapping[str, Count]) -> dict[str, dict[str, float]]:
    """Counts as percent with their 95% intervals, for bars.

    >>> as_points({"a": {"right": 9, "n": 10}})["a"]["y"]
    90.0
    """
    found = {}
    for name, each in counted.items():
        low, high = wilson(int(each["right"]), int(each["n"])) if each["n"] else (0.0, 1.0)
        found[name] = {"y": 100 * each["right"] / max(1, each["n"]), "low": 100 * low, "high": 100 * high}
    return found
