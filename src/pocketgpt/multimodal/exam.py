"""The exam in pictures: everything is marked by a program, on scenes drawn anew and handwriting that stays unseen.

A scene is right if all of it is: each thing's size, colour and shape, and where they are. A drawn digit is right if a
judge that knows only real handwriting reads it as the one that was asked for.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from pocketgpt.evaluation.exam import answers
from pocketgpt.model import GPT
from pocketgpt.multimodal.rows import Album, digit_text, half_first, picture_first, text_first, title
from pocketgpt.multimodal.vocabulary import Vocabulary
from pocketgpt.pictures.animals import redrawn
from pocketgpt.pictures.digits import Digits, Judge, load_digits, rewritten
from pocketgpt.pictures.scenes import Scene, caption, draw, parse, random_scene, read
from pocketgpt.sampling.generate import continue_all
from pocketgpt.world.pages import cloze
from pocketgpt.world.tables import Animal, Tables

CAPTION_TOKENS = 40  # of the longest caption
LONGEST_NAME = 24  # characters of an animal's name that the question repeats
LOOKS = 5  # at a handwritten digit, before the most frequent reading is taken
ASKED, EACH, WRITTEN = 100, 8, 10  # scenes of a kind, drawings of an animal, drawings of a digit
NEWS = {"shown": "", "colour and shape never shown": "parts", "place never shown": "places"}  # what scenes.news calls
DRAWN_AT = 0.7  # temperature for digits: at 0 each would be drawn the same way every time


def draw_texts(
    model: GPT, vocabulary: Vocabulary, texts: Sequence[str], temperature: float = 0.0, seed: int = 0
) -> list[np.ndarray | None]:
    """The picture (8, 8) that the model draws for each text; None where it makes no picture."""
    prompts = [text_first(vocabulary, text) for text in texts]
    length = vocabulary.pictures.length + 1
    found = continue_all(model, prompts, length, seed, temperature=temperature, stop_ids=[vocabulary.end])
    return [vocabulary.picture_of(ids) for ids in found]


def tell_pictures(
    model: GPT, vocabulary: Vocabulary, pictures: Sequence[np.ndarray], temperature: float = 0.0
) -> list[str]:
    """What the model says of each picture (8, 8)."""
    prompts = [picture_first(vocabulary, picture) for picture in pictures]
    eot = vocabulary.tokenizer.eot_id
    found = continue_all(model, prompts, CAPTION_TOKENS, temperature=temperature, stop_ids=[eot])
    return [vocabulary.tokenizer.decode([token for token in ids if token != eot]) for ids in found]


def finish_pictures(
    model: GPT, vocabulary: Vocabulary, pictures: Sequence[np.ndarray], temperature: float = 0.0, seed: int = 0
) -> list[np.ndarray | None]:
    """Each picture (8, 8) with a new lower half, by a model that sees colours, frame and upper half; or None."""
    prompts = [half_first(vocabulary, picture) for picture in pictures]
    length = vocabulary.pictures.cells // 2 + 1
    found = continue_all(model, prompts, length, seed, temperature=temperature, stop_ids=[vocabulary.end])
    return [vocabulary.picture_of([*given[1:], *ids]) for given, ids in zip(prompts, found, strict=True)]


def scenes_for(n: int, new: str = "", seed: int = 0) -> list[tuple[Scene, str, np.ndarray]]:
    """`n` scenes with a caption and a picture of each; `new` names what training never shows, as in `scenes.news`."""
    rng = random.Random(f"picture exam {seed}/{new}")
    scenes = [random_scene(rng, new) for _ in range(n)]
    return [(scene, caption(scene, rng), draw(scene)) for scene in scenes]


def shows(picture: np.ndarray | None, scene: Scene) -> bool:
    """Does a picture show the scene, with all that belongs to it?"""
    return picture is not None and scene.same(read(picture))


def mark_drawn(model: GPT, vocabulary: Vocabulary, n: int = 100, new: str = "", seed: int = 0) -> list[bool]:
    """Which of `n` captions become a picture in which everything is right."""
    asked = scenes_for(n, new, seed)
    pictures = draw_texts(model, vocabulary, [text for _, text, _ in asked])
    return [shows(picture, scene) for picture, (scene, _, _) in zip(pictures, asked, strict=True)]


def mark_told(model: GPT, vocabulary: Vocabulary, n: int = 100, new: str = "", seed: int = 0) -> list[bool]:
    """Which of `n` pictures get a caption in which everything is right."""
    asked = scenes_for(n, new, seed)
    texts = tell_pictures(model, vocabulary, [picture for _, _, picture in asked])
    return [scene.same(parse(text)) for text, (scene, _, _) in zip(texts, asked, strict=True)]


def mark_tries(
    model: GPT, vocabulary: Vocabulary, tries: int, n: int = 50, new: str = "", temperature: float = 1.0, seed: int = 0
) -> list[list[bool]]:
    """For each of `n` captions, which of so many tries show the scene: a checker may pick one of these."""
    asked = scenes_for(n, new, seed)
    texts = [text for _, text, _ in asked for _ in range(tries)]
    pictures = draw_texts(model, vocabulary, texts, temperature, seed)
    groups = [pictures[i * tries : (i + 1) * tries] for i in range(n)]
    return [[shows(each, scene) for each in group] for group, (scene, _, _) in zip(groups, asked, strict=True)]


def mark_read(model: GPT, vocabulary: Vocabulary, digits: Digits, looks: int = 1, seed: int = 0) -> list[bool]:
    """Which handwritten digits the model names; with several looks, the reading that comes most often counts."""
    return named_most(_readings(model, vocabulary, digits, looks, seed), digits)


def _readings(model: GPT, vocabulary: Vocabulary, digits: Digits, looks: int, seed: int) -> list[list[str]]:
    """What the model reads at each look at each digit: as it is, then each time bent a little (`rewritten`)."""
    rng = random.Random(f"looks {seed}")
    seen = [[picture, *(rewritten(picture, rng) for _ in range(looks - 1))] for picture in digits.pictures]
    told = tell_pictures(model, vocabulary, [view for views in seen for view in views])
    return [told[i * looks : (i + 1) * looks] for i in range(len(digits))]


def named_most(readings: Sequence[Sequence[str]], digits: Digits) -> list[bool]:
    """Whether the most frequent of the readings of each digit, of equals the one that came first, is its name."""
    votes = [Counter(each).most_common(1)[0][0] for each in readings]
    return [vote == digit_text(int(label)) for vote, label in zip(votes, digits.labels, strict=True)]


def mark_written(model: GPT, vocabulary: Vocabulary, judge: Judge, each: int = 10, seed: int = 0) -> list[bool]:
    """Which digits, `each` of the ten drawn so many times, the judge reads as the one that was asked for."""
    asked = [digit for digit in range(10) for _ in range(each)]
    pictures = draw_texts(model, vocabulary, [digit_text(digit) for digit in asked], DRAWN_AT, seed)
    return [reads_as(judge, picture, digit) for picture, digit in zip(pictures, asked, strict=True)]


def reads_as(judge: Judge, picture: np.ndarray | None, digit: int) -> bool:
    """Does the judge read a drawn picture, if it is one, as this digit?"""
    return picture is not None and judge.read(picture[None]) == [digit]


def drawings_for(drawings: Mapping[str, np.ndarray], each: int, seed: int = 0) -> list[tuple[str, np.ndarray]]:
    """Each animal's drawing, made anew so many times, with its name."""
    rng = random.Random(f"animal exam {seed}")
    return [(name, redrawn(drawing, rng)) for name, drawing in drawings.items() for _ in range(each)]


def mark_finished(model: GPT, vocabulary: Vocabulary, n: int = 100, new: str = "", seed: int = 0) -> list[bool]:
    """Which of `n` pictures, given colours, frame and upper half, the model makes into some scene without a fault."""
    finished = finish_pictures(model, vocabulary, [picture for _, _, picture in scenes_for(n, new, seed)])
    return [picture is not None and read(picture) is not None for picture in finished]


def mark_named(model: GPT, vocabulary: Vocabulary, shown: Sequence[tuple[str, np.ndarray]]) -> list[bool]:
    """Which drawings, given with their animals' names, the model names."""
    told = tell_pictures(model, vocabulary, [picture for _, picture in shown])
    return [text == title(name) for text, (name, _) in zip(told, shown, strict=True)]


def food_known(model: GPT, vocabulary: Vocabulary, tables: Tables, names: Sequence[str]) -> dict[str, Animal]:
    """The animals among these whose food the model tells when asked in words alone."""
    animals = {animal.name: animal for animal in tables.animals if animal.name in names}
    starts = [cloze(_wording(tables), animal) for animal in animals.values()]
    told = answers(model, vocabulary.tokenizer, [start for start, _ in starts])
    return {name: animals[name] for name, text, (_, food) in zip(animals, told, starts, strict=True) if text == food}


def mark_food(
    model: GPT,
    vocabulary: Vocabulary,
    tables: Tables,
    known: Mapping[str, Animal],
    shown: Sequence[tuple[str, np.ndarray]],
    named_first: bool,
) -> list[bool]:
    """Whether the model tells what the animal of each drawing eats: at once, or after it has named the animal itself,
    with that name as the title of a page that follows.

    Only drawings of animals in `known` are asked about.
    """
    shown = [(name, picture) for name, picture in shown if name in known]
    starts = [picture_first(vocabulary, picture) for _, picture in shown]
    encode, eot = vocabulary.tokenizer.encode, vocabulary.tokenizer.eot_id
    if named_first:
        told = tell_pictures(model, vocabulary, [picture for _, picture in shown])
        names = [text.split("\n")[0][:LONGEST_NAME] for text in told]
        pages = [encode(f"{name}\n\nThe {name[:1].lower() + name[1:]} eats") for name in names]
        named = zip(starts, names, pages, strict=True)
        prompts = [[*start, *encode(name), eot, *page] for start, name, page in named]
    else:
        prompts = [[*start, *encode("\n\nThe animal eats")] for start in starts]
    stops = [eot, *encode("."), *encode("\n")]
    found = continue_all(model, prompts, 12, temperature=0, stop_ids=stops)
    texts = [vocabulary.tokenizer.decode(ids).split(".")[0].split("\n")[0] for ids in found]
    return [text == f" {known[name].food}" for text, (name, _) in zip(texts, shown, strict=True)]


def _wording(tables: Tables):
    return next(w for w in tables.select("food", "statement", "train") if w.text == "The {name} eats {value}.")


def count(marks: Sequence[bool]) -> dict[str, int]:
    """How many are right, and of how many.

    >>> count([True, False])
    {'right': 1, 'n': 2}
    """
    return {"right": sum(marks), "n": len(marks)}


def sit(
    model: GPT, vocabulary: Vocabulary, tables: Tables, album: Album, judge: Judge, scenes: int = ASKED, seed: int = 0
) -> dict[str, dict[str, int]]:
    """The whole exam: right answers by what was asked, so many scenes of each kind."""
    found = {}
    for name, new in NEWS.items():
        found[f"text → scene, {name}"] = count(mark_drawn(model, vocabulary, scenes, new, seed))
        found[f"scene → text, {name}"] = count(mark_told(model, vocabulary, scenes, new, seed))
    found["half a scene → a whole one"] = count(mark_finished(model, vocabulary, scenes, seed=seed))
    unseen = load_digits(unseen=True)
    readings = _readings(model, vocabulary, unseen, LOOKS, seed)
    found["unseen handwriting → digit"] = count(named_most([looks[:1] for looks in readings], unseen))
    found[f"unseen handwriting → digit, {LOOKS} looks"] = count(named_most(readings, unseen))
    found["digit asked for → judged right"] = count(mark_written(model, vocabulary, judge, WRITTEN, seed))
    drawn = drawings_for(album.drawings, EACH, seed)
    found["drawing → animal"] = count(mark_named(model, vocabulary, drawn))
    known = food_known(model, vocabulary, tables, list(album.drawings))
    for name, first in (("at once", False), ("named first", True)):
        found[f"drawing → food, {name}"] = count(mark_food(model, vocabulary, tables, known, drawn, first))
    return found
