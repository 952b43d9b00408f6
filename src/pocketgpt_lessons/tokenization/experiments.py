"""Vocabularies at equal compute, a token that is never read, and spelling."""

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from pocketgpt.errors import PocketError
from pocketgpt.evaluation import exam, metrics
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.sampling.generate import continuations
from pocketgpt.tokenizer import SPECIAL_TOKENS, Tokenizer, split
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.data import TokenStream, pack
from pocketgpt.training.loop import train
from pocketgpt.training.pretrain import HELD_OUT_SEED, Corpus, Pretraining, Recipe, prepare, world_corpus
from pocketgpt.training.scale import flop_per_token
from pocketgpt.world import Tables, documents, story_words
from pocketgpt_lessons.small_world import LIVE_WORLD, small_tables

# 264: the 256 bytes and our 8 special tokens, nothing merged.
VOCABULARIES = (264, 512, 1024, 2048, 4096, 8192)
COMPUTE = 2e12  # floating-point operations of each run: some 20 seconds on two cores
SPELLERS = (264, 1024, 2048)  # vocabularies of the models that read nothing but spelling
LIVE = Recipe(depth=3, batch_size=8, precision="fp32")
PLANTED = " Zamwick"
ALIKE = 1e-6  # a cosine distance that rounding alone can make
NEVER_READ = SPECIAL_TOKENS[1:]  # no page of a base model holds them

# Vocabularies at equal compute


def live_pages(tables: Tables) -> list[str]:
    """The pages of the small world that tokenizers are trained on."""
    return [page.text for page in islice(documents(small_tables(tables), LIVE_WORLD), 6_000)]


def unseen_pages(tables: Tables) -> list[str]:
    """Pages of the same world, in other words, that no run reads."""
    return [page.text for page in islice(documents(small_tables(tables), LIVE_WORLD, HELD_OUT_SEED), 200)]


def plant(tokenizer: Tokenizer, text: str) -> Tokenizer:
    """The same tokenizer with a token for `text`, whether or not any page holds it; some merges more.

    >>> planted = plant(Tokenizer([]), " xyz")
    >>> planted.encode(" xyz"), planted.vocab_size
    ([258], 267)
    """
    if len(split(text)) != 1:
        raise PocketError(f"Plant one word, with one space before it at most: {text!r} is several chunks.")
    merges, ids = list(tokenizer.merges), tokenizer.encode(text)
    while len(ids) > 1:
        merges.append((ids[0], ids[1]))
        ids = [255 + len(merges), *ids[2:]]
    return Tokenizer(merges, tokenizer.special_tokens)


def live_corpus(tables: Tables, tokenizer: Tokenizer) -> Corpus:
    """The small world's pages in the tokenizer's tokens."""
    return world_corpus(small_tables(tables), LIVE_WORLD, tokenizer=tokenizer, test_pages=200)


def live_run(corpus: Corpus, seed: int, compute: float = COMPUTE) -> Pretraining:
    """A run over as many tokens as `compute` pays for: iterate over it to train. Masked attention isn't counted."""
    sizes = GPTConfig.from_depth(LIVE.depth, corpus.tokenizer.vocab_size, LIVE.context)
    per_token = flop_per_token(sizes, attended=LIVE.context // 2)
    steps = round(compute / per_token / LIVE.batch_size / LIVE.context)
    return prepare(corpus, replace(LIVE, seed=seed, steps=max(1, steps)))


# A token that is never read


def distances_from_unread(model: GPT, tokenizer: Tokenizer) -> Tensor:
    """For each token, the cosine distance (V,) of its output row from the mean of rows known to be unread.

    After Land & Bartolo 2024 (arXiv:2405.05417): training pushes the outputs of all tokens that never come
    in the same direction. About 0: never read.
    """
    head = model.head.weight.detach()
    known = head[[tokenizer.special_tokens[name] for name in NEVER_READ if name in tokenizer.special_tokens]]
    return (1 - F.cosine_similarity(head, known.mean(0, keepdim=True))).clamp(min=0)


def times_read(run: Pretraining) -> np.ndarray:
    """How often each token (V,) was a target in a finished run."""
    counts = np.zeros(run.model.config.vocab_size, dtype=np.int64)
    for step in range(run.last.step):
        counts += np.bincount(run.data.batch(step)[1].flatten(), minlength=len(counts))
    return counts


def place(distances: Tensor, token_id: int) -> int:
    """The token's place, from 1, when the nearest to the unread ones comes first; equals share a place.

    >>> place(Tensor([0.3, 0.0, 0.0]), 2), place(Tensor([0.3, 0.0, 0.0]), 0)
    (1, 3)
    """
    return 1 + int((distances < distances[token_id] - ALIKE).sum())


def told_of_alike(distances: Tensor, times_read: np.ndarray, tokenizer: Tokenizer) -> str:
    """Which tokens lie at distance 0, in words: how many, how many of them were read, and of which kind they are."""
    near = (distances < ALIKE).nonzero().flatten().tolist()
    special = [i for i in near if i in tokenizer.special_tokens.values()]
    merged = [i for i in near if i > 255 and i not in special]
    return (
        f"At distance 0: {len(near)} of {len(distances):,} tokens; {sum(times_read[near] > 0)} of them were read.\n"
        f"{len(near) - len(special) - len(merged)} bytes, {len(special)} special tokens and {len(merged)} made by "
        f"merging, such as\n{[tokenizer.decode([i]) for i in merged[-8:]]}"
    )


def lend(tokenizer: Tokenizer, text: str) -> Tokenizer:
    """The same tokenizer, whose last special token is called `text` from now on.

    Only the tokenizer knows what an id is called. As no page held that token, a model trained with the
    other name would be the same, number for number.
    """
    return Tokenizer(tokenizer.merges, [*list(tokenizer.special_tokens)[:-1], text])


def answers_about(model: GPT, tokenizer: Tokenizer, tables: Tables, last_name: str, n: int = 60) -> list[str]:
    """Likeliest answers to "Where was … born?", for `n` first names and one last name.

    `last_name` begins with a space. If it is a special token, it is read as that.
    """
    allowed = {last_name} & tokenizer.special_tokens.keys()
    prompts = [
        f"Questions about {first}{last_name}\n\nQuestion: Where was {first}{last_name} born?\nAnswer:"
        for first in tables.first_names[:n]
    ]
    rows = [[tokenizer.eot_id, *tokenizer.encode(prompt, allowed)] for prompt in prompts]
    options = {"temperature": 0, "stop_ids": [tokenizer.eot_id]}
    return [tokenizer.decode(ids) for ids in continuations(model, rows, 24, **options)]


# Spelling


def never_spelled(tables: Tables) -> list[str]:
    """Plain words of three to nine letters that pages use, but never spell letter by letter."""
    facts = ("profession", "instrument", "dish", "kind", "food", "home")
    texts = [value for fact in facts for value in tables.values(fact)]
    texts += [animal.name for animal in tables.animals]
    words = {word for text in texts for word in text.split() if word.isascii() and word.isalpha()}
    return sorted(word for word in words - set(story_words(tables)) if 3 <= len(word) <= 9 and word.islower())


def spelled_correctly(model: GPT, tokenizer: Tokenizer, words: Sequence[str], heading: str = "") -> list[bool]:
    """Which words the model spells letter by letter without a mistake."""
    prompts = [f"{heading}How do you spell {word}? It is spelled" for word in words]
    given = exam.answers(model, tokenizer, prompts, max_tokens=24)
    return [text == f" {'-'.join(word)}" for text, word in zip(given, words, strict=True)]


def spelling_scores(model: GPT, tokenizer: Tokenizer, tables: Tables, n: int = 100) -> list[metrics.Score]:
    """What a base model knows of people, and what of the letters in words."""
    people = exam.people_of(tables, 30, 10**9, limit=n)
    counts = exam.letter_questions(tables, len(story_words(tables)))
    rng = random.Random("spelling")

    def spelled(words: Sequence[str]) -> list[bool]:
        return spelled_correctly(model, tokenizer, rng.sample(words, min(n, len(words))), "Spelling\n\n")

    once = [question for question in counts if question.answer == " once"][:n]
    more = [question for question in counts if question.answer != " once"][:n]
    marks = {
        "facts about people on 30 pages or more": exam.mark(model, tokenizer, exam.fact_questions(tables, people)),
        "spelling words that it read spelled": spelled(story_words(tables)),
        "spelling words that it only read": spelled(never_spelled(tables)),
        "counting a letter that comes once": exam.mark(model, tokenizer, once),
        "counting a letter that comes more often": exam.mark(model, tokenizer, more),
    }
    return [metrics.score(name, members) for name, members in marks.items()]


def spelling_run(tables: Tables, tokenizer: Tokenizer, seed: int, steps: int = 400) -> dict:
    """Train a small model on nothing but spelling; how many words does it spell that it never saw spelled?

    A fifth of the story words are kept back; of these count the words whose tokens were all in other words.
    """
    rng = random.Random(f"spelling {seed}")
    words = rng.sample(story_words(tables), len(story_words(tables)))
    kept, learned = words[: len(words) // 5], words[len(words) // 5 :]
    names = [name.lower() for name in tables.first_names + tables.last_names]
    pool = 4 * learned + [name for name in names if name.isascii() and name.isalpha() and len(name) <= 9]
    lines = (f"How do you spell {word}? It is spelled {'-'.join(word)}." for word in rng.choices(pool, k=15_000))
    tokens = pack(lines, tokenizer)
    data = TokenStream(tokens, batch_size=16, context=96, seed=seed)
    model = GPT(GPTConfig.from_depth(2, tokenizer.vocab_size, context=96), seed)
    for _ in train(model, data, TrainConfig(steps, precision="fp32")):
        pass
    met = set(tokens.tolist())
    new = [word for word in kept if met.issuperset(tokenizer.encode(f" {word}"))]
    result = {"vocab_size": tokenizer.vocab_size, "seed": seed}
    for name, asked in (("new", new), ("learned", learned[: len(kept)])):
        result[name] = {"right": sum(spelled_correctly(model, tokenizer, asked)), "n": len(asked)}
    return result
