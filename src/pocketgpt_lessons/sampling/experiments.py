"""Recital by exposure and its price, and examples in the prompt: what a copy of a trained model learns and forgets."""

import random
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from pocketgpt.evaluation import exam
from pocketgpt.model import GPT
from pocketgpt.sampling.generate import continuations, prompt_ids
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.data import TokenStream, pack
from pocketgpt.training.evaluate import evaluate_loss
from pocketgpt.training.loop import PlannedRun
from pocketgpt.training.pretrain import HELD_OUT_SEED
from pocketgpt.world import Tables, documents
from pocketgpt_lessons.evidence import spread

COUNTS = (0, 1, 3, 10, 30, 100)  # how often a verse stands in the text; 0: never, the control
VERSES = 4  # of each count
# A line takes one word of each list at random, so that no line can be guessed from the one before.
_ADJECTIVES = """silver crooked quiet hollow golden patient rusty borrowed gentle frozen salty wooden blue thirsty
 purple honest broken velvet hungry distant paper nervous ancient clumsy bitter shiny lonely careful muddy royal
 sleepy electric""".split()
_THINGS = """lanterns kettles bridges ladders pockets violins oysters candles umbrellas anchors mirrors chimneys
 pillows compasses whistles barrels feathers buttons curtains teapots shadows magnets marbles trumpets blankets
 ribbons hammers thimbles clocks windows islands saddles""".split()
_DEEDS = """borrow follow paint forgive polish carry bury whisper measure invite collect repair admire swallow
 remember balance scatter decorate question rescue imitate escort weigh unfold tickle wander bake applaud ignore
 gather teach envy""".split()
LINE = (_ADJECTIVES, _THINGS, _DEEDS, _ADJECTIVES, _THINGS)

SHOTS = (0, 1, 2, 4, 8)
LISTED = ("capital", "continent", "language")
SIGNS = (":", " =", " |", " /")  # join a country and its fact in the lists that the model reads
NEW_SIGNS = (" #", " >", " &", " -")  # stand in none of them

OLD_PAGES, LISTS = 200, 1600
WELL_KNOWN, ASKED, FRESH_PAGES = 30, 60, 100  # pages that make a person well known; people asked about; pages read
BATCH, CONTEXT = 4, 256
PEAK = {"matrix_lr": 0.03, "embed_lr": 0.2, "head_lr": 0.01, "decay": 0.7, "precision": "fp32"}


def verse(rng: random.Random) -> str:
    r"""Four lines of five random words: 100 random bits, and no sense to guess them by.

    >>> print(verse(random.Random(1)).partition("\n")[0])
    Gentle pockets scatter borrowed saddles
    """
    return "\n".join(" ".join(map(rng.choice, LINE)) for _ in range(4)).capitalize()


def plan_verses(seed: int) -> dict[str, int]:
    """New verses, and how often each is planted."""
    rng = random.Random(f"verses {seed}")
    return {verse(rng): count for count in COUNTS for _ in range(VERSES)}


def list_page(rng: random.Random, tables: Tables, lines: int = 8) -> str:
    """A list that pairs countries with one of three facts, always joined by the same sign."""
    fact, sign = rng.choice(LISTED), rng.choice(SIGNS)
    chosen = rng.sample(tables.countries, lines)
    return "\n".join(f"{country.name}{sign} {getattr(country, fact)}" for country in chosen)


def reading(tables: Tables, tokenizer: Tokenizer, verses: dict[str, int], seed: int) -> np.ndarray:
    """What the model reads on, as tokens: pages that it knows, lists, and each verse as often as planned."""
    rng = random.Random(f"reading {seed}")
    texts = [page.text for page in islice(documents(tables), OLD_PAGES)]
    texts += [list_page(rng, tables) for _ in range(LISTS)]
    texts += [text for text, count in verses.items() for _ in range(count)]
    rng.shuffle(texts)
    return pack(texts, tokenizer)


@dataclass
class ReadOn(PlannedRun):
    """A copy of a trained model that reads on, and how often each verse is planted in what it reads."""

    data: TokenStream
    verses: dict[str, int] = field(kw_only=True)


def read_on(model: GPT, tokenizer: Tokenizer, tables: Tables, seed: int) -> ReadOn:
    """Plan the run that notebook 03 shows; `model` itself stays as it is."""
    verses = plan_verses(seed)
    data = TokenStream(reading(tables, tokenizer, verses, seed), BATCH, CONTEXT, seed)
    return ReadOn(deepcopy(model), data, TrainConfig(data.steps_per_epoch, **PEAK), verses=verses)


def read_ordinary(run: ReadOn, model: GPT, tokenizer: Tokenizer, tables: Tables, seed: int) -> PlannedRun:
    """Plan the control: a copy that reads as many new pages of the old kind, in the same steps and at the same rate."""
    tokens = len(run.data.tokens)
    pages = documents(tables, seed=HELD_OUT_SEED + 1 + seed)  # knowledge() tests on pages of HELD_OUT_SEED
    texts, found = [], 0
    while found < tokens:
        texts.append(next(pages).text)
        found += len(tokenizer.encode(texts[-1])) + 1
    data = TokenStream(pack(texts, tokenizer)[:tokens], BATCH, CONTEXT, seed)
    return PlannedRun(deepcopy(model), data, run.config)


def recite(model: GPT, tokenizer: Tokenizer, verses: Sequence[str]) -> list[str]:
    """Each verse's first line, as the prompt, and what the model makes of it at temperature 0."""
    starts = [text.partition("\n")[0] for text in verses]
    prompts = [prompt_ids(tokenizer, start) for start in starts]
    found = continuations(model, prompts, 80, temperature=0, stop_ids=[tokenizer.eot_id])
    return [
        start + tokenizer.decode([i for i in ids if i != tokenizer.eot_id])
        for start, ids in zip(starts, found, strict=True)
    ]


def recited_share(text: str, recital: str) -> float:
    r"""Share of a verse's words after its first line that come verbatim before the first mistake.

    >>> recited_share("a b c d e\nf g h i", "a b c d e\nf g x i")
    0.5
    """
    wanted = text.partition("\n")[2].split()
    given = recital.partition("\n")[2].split()
    right = 0
    while right < min(len(wanted), len(given)) and wanted[right] == given[right]:
        right += 1
    return right / len(wanted)


def recital(model: GPT, tokenizer: Tokenizer, verses: dict[str, int]) -> list[dict]:
    """For each count, how many percent of the words are recited, as the mean over the verses of that count."""
    shares: dict[int, list[float]] = {}
    for (text, count), said in zip(verses.items(), recite(model, tokenizer, list(verses)), strict=True):
        shares.setdefault(count, []).append(recited_share(text, said))
    return [{"x": count, "y": 100 * float(np.mean(shares[count]))} for count in sorted(shares)]


def percent_right(found: Iterable[dict]) -> dict:
    """The right facts of one or more knowledge(), as a bar: mean, lowest and highest, in percent."""
    return spread(100 * each["right"] / each["n"] for each in found)


def shot_questions(tables: Tables, shots: int, signs: Sequence[str], n: int, seed: int) -> list[exam.Question]:
    """Lists of `shots` lines as examples and one more line to complete, which is the same for all `shots`."""
    found = []
    for i in range(n):
        rng = random.Random(f"shots {seed}/{i}")
        fact, sign = rng.choice(LISTED), rng.choice(signs)
        asked, *others = rng.sample(tables.countries, 1 + max(SHOTS))
        lines = [f"{c.name}{sign} {getattr(c, fact)}\n" for c in others[:shots]]
        found.append(exam.Question(f"{''.join(lines)}{asked.name}{sign}", f" {getattr(asked, fact)}"))
    return found


def few_shot(
    model: GPT, tokenizer: Tokenizer, tables: Tables, signs: Sequence[str], n: int = 100, seed: int = 0
) -> list[dict]:
    """Right answers of n for each number of examples."""
    marks = {k: exam.mark(model, tokenizer, shot_questions(tables, k, signs, n, seed)) for k in SHOTS}
    return [{"x": shots, "right": sum(each), "n": n} for shots, each in marks.items()]


def knowledge(model: GPT, tokenizer: Tokenizer, tables: Tables) -> dict:
    """What a model knows of the old world: facts on well-known people, and its loss on pages that no model has read."""
    people = exam.people_of(tables, WELL_KNOWN, 10**9, ASKED)
    marks = exam.mark(model, tokenizer, exam.fact_questions(tables, people))
    pages = (page.text for page in islice(documents(tables, seed=HELD_OUT_SEED), FRESH_PAGES))
    fresh = TokenStream(pack(pages, tokenizer), 1, CONTEXT)
    return {"right": sum(marks), "n": len(marks), "loss": evaluate_loss(model, fresh, fresh.windows)}
