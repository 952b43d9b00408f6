"""From text to a base model: corpus, tokenizer, training, evaluation; what `python -m pocketgpt pretrain` runs."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.tokenizer import SPECIAL_TOKENS, Tokenizer
from pocketgpt.training.config import VOCAB_SIZE, Recipe, TrainConfig, settings_for
from pocketgpt.training.data import TokenStream, pack
from pocketgpt.training.distributed import agreed
from pocketgpt.training.evaluate import bits_per_byte, evaluate_loss
from pocketgpt.training.loop import Metrics, train
from pocketgpt.training.precision import pick_precision
from pocketgpt.training.resume import stopped_settings
from pocketgpt.world.documents import WorldConfig, documents
from pocketgpt.world.tables import Tables

SMALLEST_TEXT = 4_000  # bytes: below that there is nothing to learn from and nothing to test on
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
    except OSError:
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


def _fitting_tokenizer(text: str, vocab_size: int) -> Tokenizer:
    """A tokenizer with at most `vocab_size` tokens: a repetitive text has too few pairs for a large vocabulary."""
    smallest = 256 + len(SPECIAL_TOKENS)
    while vocab_size > smallest:
        try:
            return Tokenizer.train(text, vocab_size)
        except PocketError:
            vocab_size = smallest + (vocab_size - smallest) // 2
    return Tokenizer([])


def text_corpus(
    text: str, vocab_size: int = VOCAB_SIZE, tokenizer: Tokenizer | None = None, test_share: float = 0.05
) -> Corpus:
    """Any text; its end is kept for the test. A short text gets a smaller vocabulary: rare tokens teach nothing."""
    smallest = 256 + len(SPECIAL_TOKENS)
    if vocab_size < smallest:
        raise PocketError(f"The vocabulary needs at least {smallest} tokens, not {vocab_size}.")
    cut = int(len(text) * (1 - test_share))
    tokenizer = tokenizer or _fitting_tokenizer(text[:cut], min(vocab_size, smallest + len(text) // 100))
    unseen = text[cut:]
    return Corpus(tokenizer, pack([text[:cut]], tokenizer), pack([unseen], tokenizer), len(unseen.encode()))


# For a model that is trained already: gentler steps, and a falling rate from the start.
GO_ON = {"matrix_lr": 0.015, "embed_lr": 0.1, "head_lr": 0.005, "decay": 1.0}


def fit(recipe: Recipe, corpus: Corpus) -> Recipe:
    """Shrink context and batch until a short text fills at least one batch."""
    context = min(recipe.context, len(corpus.train) - 1, len(corpus.test) - 1)
    if context < 8:
        raise PocketError("The text is too short to train on: give at least a few pages.")
    batch_size = min(recipe.batch_size, (len(corpus.train) - 1) // context)
    return replace(recipe, context=context, batch_size=batch_size)


def plan(model: GPT, data: TokenStream, recipe: Recipe, stopped: Path | None = None) -> TrainConfig:
    """The training configuration; for a run of so many minutes, a copy of the model shows the speed."""
    steps = recipe.steps or max(1, round(recipe.epochs * data.steps_per_epoch))
    config = TrainConfig(**settings_for(TrainConfig, recipe) | {"steps": steps})
    if recipe.minutes is None or recipe.steps:
        return config
    if recipe.minutes <= 0:
        raise PocketError(f"--minutes must be above 0, not {recipe.minutes}.")
    if stopped:  # its speed was measured when it began
        return TrainConfig(**stopped_settings(stopped))
    precision = pick_precision(model, data, recipe.precision, seconds=recipe.minutes * 60)
    *_, last = train(deepcopy(model), data, replace(config, steps=6, precision=precision.name))
    seconds_per_step = last.tokens / last.steps / last.tokens_per_second
    steps = agreed(max(1, int(recipe.minutes * 60 / seconds_per_step)))
    return replace(config, steps=steps, precision=precision.name)


@dataclass
class Pretraining:
    """A run that is planned: iterate over it to train, then ask for the results."""

    model: GPT
    corpus: Corpus
    data: TokenStream
    config: TrainConfig
    state: Path | None = None
    resume: bool = False
    last: Metrics | None = None

    def __iter__(self) -> Iterator[Metrics]:
        for metrics in train(self.model, self.data, self.config, self.state, self.resume):
            self.last = metrics
            yield metrics

    def results(self) -> dict:
        """Loss on unseen text and the run's figures, as plain numbers."""
        test = TokenStream(self.corpus.test, 1, self.data.context)
        loss = evaluate_loss(self.model, test, test.windows)
        return {
            "val_bits_per_byte": bits_per_byte(loss, len(self.corpus.test), self.corpus.test_bytes),
            "val_loss": loss,
            "tokens": self.last.tokens if self.last else 0,
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
    return Pretraining(model, corpus, data, config, state, resume)


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


def watch(run: Pretraining, report: Report, times: int = 20) -> None:
    """Train, with about `times` lines of progress."""
    every = max(1, run.config.steps // times)
    losses: list[float] = []
    for metrics in run:
        losses.append(metrics.loss)
        if metrics.step % every == 0 or metrics.step == metrics.steps:
            left = (metrics.steps - metrics.step) * metrics.seconds / max(1, metrics.step)
            recent = float(np.mean(losses[-50:]))
            report(
                f"step {metrics.step:>5} of {metrics.steps}  loss {recent:.3f}  "
                f"{metrics.tokens_per_second:,.0f} tokens/s  {left / 60:.1f} minutes left"
            )
