"""From text to a base model: corpus, tokenizer, training, evaluation; what `python -m pocketgpt pretrain` runs."""

import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np

from pocketgpt.bounds import check_number
from pocketgpt.errors import PocketError
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.tokenizer import SPECIAL_TOKENS, Tokenizer, learn_merges
from pocketgpt.training.config import VOCAB_SIZE, Recipe, TrainConfig, settings_for
from pocketgpt.training.data import TokenStream, pack
from pocketgpt.training.distributed import agreed
from pocketgpt.training.evaluate import bits_per_byte, evaluate_loss
from pocketgpt.training.loop import PlannedRun, train
from pocketgpt.training.precision import pick_precision
from pocketgpt.training.resume import stopped_settings
from pocketgpt.world.documents import WorldConfig, documents
from pocketgpt.world.tables import Tables

SMALLEST_TEXT = 4_000  # bytes: below that there is nothing to learn from and nothing to test on
SHORTEST_CONTEXT = 8  # tokens that a model must at least look back on
LONG_WORD = 1_000  # characters: longer ones are no words
REPETITIVE = 0.02  # of its size: what compresses to less says the same again and again; English needs about 0.4
HELD_OUT_SEED = 1_000_000  # the world's test pages come from this seed, which no training run uses


@dataclass(frozen=True)
class Corpus:
    """Text as tokens, cut into what is learned from and what is only tested on."""

    tokenizer: Tokenizer
    train: np.ndarray
    test: np.ndarray
    test_bytes: int

    @property
    def hash(self) -> str:
        """A fingerprint of everything that training sees."""
        digest = hashlib.sha256(json.dumps(self.tokenizer.to_dict()).encode())
        digest.update(self.train.tobytes())
        return digest.hexdigest()[:16]


def world_corpus(
    tables: Tables,
    config: WorldConfig | None = None,
    seed: int = 0,
    tokenizer: Tokenizer | None = None,
    vocab_size: int = VOCAB_SIZE,
    test_pages: int = 400,
) -> Corpus:
    """All pages of the pocket world. Without a tokenizer, one is trained on the first pages."""
    if tokenizer is None:
        sample = islice(documents(tables, config, seed), 6_000)
        tokenizer = Tokenizer.train((page.text for page in sample), vocab_size)
    unseen = [page.text for page in islice(documents(tables, config, HELD_OUT_SEED + seed), test_pages)]
    pages = (page.text for page in documents(tables, config, seed))
    n_bytes = sum(len(text.encode()) for text in unseen)
    return Corpus(tokenizer, pack(pages, tokenizer), pack(unseen, tokenizer), n_bytes)


def read_text(path: Path | str) -> str:
    """A text file as text, or one sentence that says why it can't be learned from."""
    path = Path(path)
    try:
        raw = path.read_bytes()
    except (OSError, ValueError):
        raise PocketError(f"{path} can't be read: check that the file is there and is a text file.") from None
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise PocketError(
            f"{path} isn't UTF-8 text (see byte {error.start}): save it as UTF-8, or take another file."
        ) from None
    if "\0" in text:
        raise PocketError(f"{path} looks like a binary file: give a plain text file.")
    if len(raw) < SMALLEST_TEXT:
        raise PocketError(
            f"{path} has only {len(raw)} bytes: give at least {SMALLEST_TEXT}, better a hundred times that."
        )
    if not text.strip():
        raise PocketError(f"{path} holds nothing but white space: give a text to learn from.")
    return text


def notices(text: str, separator: str | None = None) -> list[str]:
    """What somebody should know of a text before a model learns from it, in a sentence each.

    >>> notices("The end.<|endoftext|>The start.")[0]
    "The text has <|endoftext|> 1 times, which is learned as letters: add --separator '<|endoftext|>' to cut it there."
    """
    found = []
    for name in SPECIAL_TOKENS:
        if name in text and name != separator:
            times = f"The text has {name} {text.count(name):,} times, which is learned as letters"
            cut = f": add --separator {name!r} to cut it there" if name == SPECIAL_TOKENS[0] else ""
            found.append(f"{times}{cut}.")
    longest = max(map(len, text.split()), default=0)
    if longest > LONG_WORD:
        found.append(f"The text has {longest:,} characters without a space: no words can be told apart there.")
    sample = text[:1_000_000].encode("utf-8", "replace")
    if len(zlib.compress(sample, 1)) < REPETITIVE * len(sample):
        found.append("The text repeats itself over and over: a model will learn to do so, and little else.")
    return found


def cut_into_documents(text: str, separator: str | None) -> list[str]:
    """The documents between separators, blank ones apart; without a separator, the text is one document."""
    if separator is None:
        return [text]
    if not separator or separator not in text:
        raise PocketError(f"The text has no separator {separator!r}: check how it is written there, or leave it out.")
    return [part for part in text.split(separator) if part.strip()]


def _without_end(documents: Sequence[str], cut: int) -> tuple[list[str], list[str]]:
    """The first `cut` characters of all documents, and the others; one document may be cut in two."""
    first: list[str] = []
    for number, text in enumerate(documents):
        if cut < len(text):
            return [*first, *([text[:cut]] if cut else [])], [text[cut:], *documents[number + 1 :]]
        first.append(text)
        cut -= len(text)
    return first, []


def _fitting_tokenizer(texts: Sequence[str], vocab_size: int) -> Tokenizer:
    """A tokenizer with at most `vocab_size` tokens: a repetitive text has too few pairs for a large vocabulary."""
    wanted = vocab_size - 256 - len(SPECIAL_TOKENS)
    merges = learn_merges(texts, wanted)
    while wanted > len(merges):  # the last merges of a poor text join all of it
        wanted //= 2
    return Tokenizer(merges[:wanted])


def text_corpus(
    text: str,
    vocab_size: int = VOCAB_SIZE,
    tokenizer: Tokenizer | None = None,
    test_share: float = 0.05,
    separator: str | None = None,
) -> Corpus:
    """Any text; its end is kept for the test. A short text gets a smaller vocabulary: rare tokens teach nothing.

    Where `separator` stands, a document ends, and <|endoftext|> takes its place.
    """
    smallest = 256 + len(SPECIAL_TOKENS)
    check_number("vocab_size", vocab_size, at_least=smallest, whole=True)
    check_number("test_share", test_share, above=0, below=1)
    documents = cut_into_documents(text, separator)
    learned, unseen = _without_end(documents, int(sum(map(len, documents)) * (1 - test_share)))
    tokenizer = tokenizer or _fitting_tokenizer(learned, min(vocab_size, smallest + len(text) // 100))
    train_tokens, test_tokens = pack(learned, tokenizer), pack(unseen, tokenizer)
    if len(text) >= SMALLEST_TEXT and min(len(train_tokens), len(test_tokens)) <= SHORTEST_CONTEXT:
        raise PocketError(
            f"The text repeats itself so much that its {len(text):,} characters are only "
            f"{len(train_tokens) + len(test_tokens):,} tokens: give one with more variety."
        )
    return Corpus(tokenizer, train_tokens, test_tokens, sum(len(part.encode()) for part in unseen))


# For a model that is trained already: gentler steps, and a falling rate from the start.
GO_ON = {"matrix_lr": 0.015, "embed_lr": 0.1, "head_lr": 0.005, "decay": 1.0}


def fit(recipe: Recipe, corpus: Corpus) -> Recipe:
    """Shrink context and batch until a short text fills at least one batch."""
    context = min(recipe.context, len(corpus.train) - 1, len(corpus.test) - 1)
    if context < SHORTEST_CONTEXT:
        raise PocketError("The text is too short to train on: give at least a few pages.")
    batch_size = min(recipe.batch_size, (len(corpus.train) - 1) // context)
    return replace(recipe, context=context, batch_size=batch_size)


def plan(model: GPT, data: TokenStream, recipe: Recipe, stopped: Path | None = None) -> TrainConfig:
    """The training configuration; for a run of so many minutes, a copy of the model shows the speed."""
    steps = recipe.steps or max(1, round(recipe.epochs * data.steps_per_epoch))
    config = TrainConfig(**settings_for(TrainConfig, recipe) | {"steps": steps})
    if recipe.minutes is None or recipe.steps is not None:
        return config
    if stopped:  # its speed was measured when it began
        try:
            return TrainConfig(**stopped_settings(stopped))
        except TypeError:
            told = f"{stopped} was left by another Pocket ChatGPT: delete it and train from the start."
            raise PocketError(told) from None
    precision = pick_precision(model, data, recipe.precision, seconds=recipe.minutes * 60)
    *_, last = train(deepcopy(model), data, replace(config, steps=6, precision=precision.name))
    seconds_per_step = last.tokens / last.steps / last.tokens_per_second
    steps = agreed(max(1, int(recipe.minutes * 60 / seconds_per_step)))
    return replace(config, steps=steps, precision=precision.name)


@dataclass
class Pretraining(PlannedRun):
    """A planned run on a corpus: iterate over it to train, then ask for the results."""

    data: TokenStream
    corpus: Corpus = field(kw_only=True)

    def results(self) -> dict:
        """Loss on unseen text and the run's figures, as plain numbers."""
        test = TokenStream(self.corpus.test, 1, self.data.context)
        loss = evaluate_loss(self.model, test, test.windows)
        return {
            "val_bits_per_byte": bits_per_byte(loss, len(self.corpus.test), self.corpus.test_bytes),
            "val_loss": loss,
            "tokens": self.last.step * self.data.batch(0)[0].numel() if self.last else 0,
            "seconds": self.last.seconds if self.last else 0.0,
            "tokens_per_second": self.last.tokens_per_second if self.last else 0.0,
            "parameters": self.model.parameters_count,
        }


def prepare(
    corpus: Corpus,
    recipe: Recipe,
    state: Path | None = None,
    resume: bool = False,
    device: str = "cpu",
    model: GPT | None = None,
) -> Pretraining:
    """Build data, and a fresh model unless one is given, for a recipe; nothing is trained yet."""
    recipe = fit(recipe, corpus)
    sizes = GPTConfig.from_depth(recipe.depth, corpus.tokenizer.vocab_size, recipe.context)
    model = (model or GPT(sizes, recipe.seed)).to(device)
    data = TokenStream(corpus.train, recipe.batch_size, recipe.context, recipe.seed)
    config = plan(model, data, recipe, state if resume else None)
    return Pretraining(model, data, config, state, resume, corpus=corpus)


def make_card(run: Pretraining, recipe: Recipe, command: str, history: Sequence[dict] = ()) -> dict:
    """What a checkpoint says of itself: how it was made, from what, and how good it is."""
    return {
        "command": command,
        "recipe": asdict(recipe),
        "steps": run.config.steps,
        "precision": run.config.precision,
        "data_hash": run.corpus.hash,
        "metrics": run.results(),
        "history": list(history),  # command and metrics of the runs that this one went on from
    }


Report = Callable[[str], None]


def watch(run: PlannedRun, report: Report, times: int = 20) -> None:
    """Train, with about `times` lines of progress."""
    every = max(1, run.config.steps // times)
    losses: list[float] = []
    for metrics in run:
        losses.append(metrics.loss)
        if metrics.step % every == 0 or metrics.step == metrics.steps:
            left = (metrics.steps - metrics.step) * metrics.seconds / len(losses)  # steps since it was begun or resumed
            recent = float(np.mean(losses[-50:]))
            report(
                f"step {metrics.step:>5} of {metrics.steps}  loss {recent:.3f}  "
                f"{metrics.tokens_per_second:,.0f} tokens/s  {left / 60:.1f} minutes left"
            )
