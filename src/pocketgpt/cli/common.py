"""What the commands share: their options, what they train, how it is saved. Heavy imports wait until a command runs."""

import shlex
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args

from pocketgpt.bounds import SEED, SHARE, Bounds, check_number
from pocketgpt.errors import PocketError

STAGES = ("base", "assistant", "honest", "reasoner", "preferred")  # in the order in which they are made
TEMPERATURE = {"at_least": 0, "at_most": 1_000}
PRECISION = {"precision": "auto, fp32, bf16 or fp16, each also with -compiled behind it"}


def add_command(subparsers, name: str, run: Callable, about: str, trains: bool = False) -> ArgumentParser:
    """A command's parser, with the options that all commands have, or all that train a model."""
    p = subparsers.add_parser(name, help=about)
    p.set_defaults(run=run)
    shared = p.add_argument_group("common options")  # which the help shows after the command's own
    add_option(shared, "--seed", 0, "where random numbers begin", SEED)
    shared.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    if trains:
        shared.add_argument("--out", metavar="DIR", help="folder for the model (default: your own folder)")
        add_option(shared, "--device", "auto", "auto (a GPU if there is one), cpu, cuda or mps")
        shared.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
        shipped = "write the checkpoint that the repository ships"
        shared.add_argument("--shipped", action="store_true", help=shipped)
    return p


def add_option(parser, name: str, default, about: str, bounds: Bounds | None = None, **others) -> None:
    """Add an option of its default's type; the help tells the default. Numbers must lie within their bounds."""
    shown = "" if default is None else " (default: %(default)s)"
    kind = others.pop("type", type(default))
    parser.add_argument(name, default=default, help=about + shown, type=number(kind, bounds or {}), **others)


def number(kind: type, bounds: Bounds) -> Callable[[str], Any]:
    """What makes of an option's text a value of this kind; numbers must be finite, and within their bounds."""
    if kind not in (int, float):
        return kind

    def read(text: str) -> Any:
        try:
            value: Any = kind(text)
        except ValueError:
            value = text
        try:
            check_number("it", value, **bounds, whole=kind is int)
        except PocketError as error:
            raise ArgumentTypeError(str(error)) from None
        return value

    return read


def add_fields(parser: ArgumentParser, config: type, helps: dict[str, str], **defaults) -> None:
    """Add an option for each field of a dataclass that `helps` names; `defaults` go before the dataclass's own."""
    known = {field.name: field for field in fields(config)}
    for name, about in helps.items():
        field = known[name]
        kind, *_ = get_args(field.type) or [field.type]  # of `float | None`, float
        default = defaults.get(name, field.default)
        add_option(parser, f"--{name.replace('_', '-')}", default, about, field.metadata, type=kind)


def add_average(parser) -> None:
    """Add the option that lets a run keep some of the weights with which it began."""
    add_option(
        parser, "--average", 1.0, "share of the new weights in the saved model; the rest are those before", SHARE
    )
    about = "take the mean of --average with this model instead, such as one of an earlier run"
    parser.add_argument("--average-with", metavar="MODEL", help=about)


def add_layers(parser) -> None:
    """Add the option that lets a model grow before it learns."""
    about = "let the model grow to so many layers first: new ones change nothing until they learn"
    parser.add_argument("--layers", type=number(int, {"at_least": 1, "at_most": 1000}), help=about)


def command(args: Namespace) -> str:
    """The command as it was typed, for a model's card."""
    return "python -m pocketgpt " + shlex.join(args.argv)


def device(name: str) -> str:
    """The device of that name, "auto" for the best one; PocketError if this machine lacks it."""
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return next(device for device, usable in there.items() if usable)
    if not there.get(name):
        raise PocketError(f"There is no device {name!r} here: choose {', '.join(d for d, ok in there.items() if ok)}.")
    return name


def report(line: str) -> None:
    """Print a line at once; of several processes, only the first does."""
    from pocketgpt.training.distributed import is_first

    if is_first():
        print(line, flush=True)


@dataclass(frozen=True)
class Job:
    """What a command trains: its options, where the model goes, the model as it begins and that one's card."""

    args: Namespace
    path: Path
    model: Any  # GPT, Tokenizer and Tables, whose modules load torch or much else
    tokenizer: Any
    before: dict
    tables: Any
    start: str | None = None

    @property
    def state(self) -> Path:
        """The file that holds a stopped run."""
        return self.path.with_suffix(".stopped")

    @property
    def history(self) -> list[dict]:
        """Command and metrics of all runs that made the model that this one begins with."""
        before = self.before
        last = [{name: before[name] for name in ("command", "metrics") if name in before}] if before else []
        return before.get("history", []) + last

    def card(self, **about) -> dict:
        """What the checkpoint says of itself."""
        return {"command": command(self.args), **about, "history": self.history}

    def average(self) -> None:
        """Take the mean with the model at the start or with another one, in place, where --average asks for it."""
        from pocketgpt.training.average import average

        if self.args.average != 1:
            average(self.model, self.rest_of_the_mean().state_dict(), self.args.average)

    def rest_of_the_mean(self) -> Any:
        """The model with which a mean is taken; PocketError if it isn't like the one that is trained."""
        from pocketgpt import checkpoints

        other = self.args.average_with
        found, _, _ = checkpoints.load(other or self.start, self.model.device, own=not self.args.shipped)
        found = found if other else grown(self.args, found)
        if found.config != self.model.config:
            raise PocketError(
                f"{other} has other sizes than the model that is trained: take one that was made from it."
            )
        return found

    @contextmanager
    def resumable(self) -> Iterator[None]:
        """For the block that trains: after an interrupt, one sentence tells how to go on."""
        try:
            yield
        except KeyboardInterrupt:
            if self.state.exists():
                raise PocketError(f"Stopped; add --resume to go on from {self.state}.") from None
            raise PocketError("Stopped, before anything was saved: start anew.") from None

    def save(self, card: dict, examine: Sequence[Callable[["Job", dict], None]] = ()) -> dict:
        """Save the model with its card, to which `examine` adds; returns the card's metrics.

        An exam may take a minute and be interrupted: the model is saved before it, too.
        """
        from pocketgpt import checkpoints

        if self.args.shipped:
            checkpoints.as_stored(self.model)
        self._write(card)
        for add in examine:
            add(self, card)
        if examine:
            self._write(card)
        report(f"Saved {self.path}")
        return card["metrics"]

    def _write(self, card: dict) -> None:
        import torch

        from pocketgpt import checkpoints
        from pocketgpt.training.distributed import is_first

        if is_first():
            dtype = torch.float16 if self.args.shipped else torch.float32
            checkpoints.save(self.path, self.model, self.tokenizer, card, dtype)


def begin(args: Namespace, name: str, start: str | None) -> Job:
    """The job that makes the model `name` of the model `start`; a run that was stopped there must not be lost."""
    from pocketgpt import checkpoints
    from pocketgpt.paths import own_folder
    from pocketgpt.world.table_files import load_tables

    folder = checkpoints.SHIPPED if args.shipped else Path(args.out) if args.out else own_folder()
    where, own = device(args.device), not args.shipped
    model, tokenizer, card = checkpoints.load(start, where, own) if start else (None, None, {})
    path = folder / f"{name}.safetensors"
    _check_folder(folder)
    job = Job(args, path, grown(args, model), tokenizer, card, load_tables(), start)
    if job.state.exists() and not args.resume:
        raise PocketError(f"A stopped run is kept at {job.state}: add --resume to go on with it, or delete the file.")
    if getattr(args, "average_with", None):
        if args.average == 1:
            raise PocketError("--average-with needs to know how much of the new weights stays: add --average 0.5.")
        job.rest_of_the_mean()  # told before the run, not after it
    return job


def _check_folder(folder: Path) -> None:
    """Raise PocketError unless a file can be written there: told before the run, not after it."""
    import tempfile

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise PocketError(f"{folder} can't be written to ({error.strerror}): choose another folder by --out.") from None


def grown(args: Namespace, model):
    """The model, deeper where --layers asks for it."""
    if getattr(args, "layers", None) is None:
        return model
    from pocketgpt.training.grow import grow

    return grow(model, args.layers)


def speed_of(planned) -> dict:
    """Steps, loss and speed of a run, as plain numbers; of one without a step, nothing."""
    names = ("steps", "loss", "seconds", "tokens_per_second")
    return {name: getattr(planned.last, name) for name in names} if planned.last else {}


def add_marks(job: Job, card: dict) -> None:
    """Ask the model in conversations, print its marks, and put them on its card."""
    from pocketgpt.evaluation import chat_exam

    marks = chat_exam.measure(job.model, job.tokenizer, job.tables, card["tools"])
    card["metrics"]["marks"] = {name: asdict(mark) for name, mark in marks.items()}
    for name, mark in marks.items():
        report(f"{name:<28} right {mark.right:6.1%}  refused {mark.refused:6.1%}  wrong {mark.wrong:6.1%}")


def add_strangers(job: Job, card: dict) -> None:
    """Put the results of the strangers' exam on a card, of the wordings kept from training apart."""
    from pocketgpt.evaluation import strangers

    card["strangers"] = {}
    for split in ("open", "held-out"):
        results = strangers.sit(job.model, job.tokenizer, job.tables, strangers.load_exam(split=split), card["tools"])
        *_, total = rows = strangers.by_kind(results)
        card["strangers"][split] = [asdict(row) for row in rows]
        report(f"a stranger's messages, {split:<9} right {total.share:6.1%} of {total.n}")


def add_exam(job: Job, card: dict) -> None:
    """Put the exam's results on a card."""
    from pocketgpt.evaluation import exam

    card["exam"] = [asdict(row) for row in exam.run(job.model, job.tokenizer, job.tables)]
