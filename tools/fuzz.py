"""Throws odd input at everything that reads some: files, command lines, the template, the tokenizer, tools, the crawl.

    python tools/fuzz.py --examples 1000 [tokenizer files …]

Whatever comes in, a program may do two things: do its work, or raise a PocketError that says what to do. Anything
else is a fault, and shown with the smallest input that makes it. A second part tries input of growing length, made of
one piece again and again, and calls a fault what takes more than in proportion. Hypothesis invents the inputs.
"""

import argparse
import io
import json
import random
import string
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pocketgpt import checkpoints
from pocketgpt.__main__ import main, make_parser
from pocketgpt.chat.template import ROLES, Message, prompt, render, shorten
from pocketgpt.chat.tools import NOTHING_FOUND, Search, calculate, run_call
from pocketgpt.chat.turn import parse
from pocketgpt.errors import PocketError
from pocketgpt.evaluation.strangers import load_exam
from pocketgpt.internet import explain, extract_text, raw_text, run_pipeline
from pocketgpt.internet.crawl import Page, Truth
from pocketgpt.internet.filters import detect_language, mask_personal_data, quality, url_allowed
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.rl.tasks import Sum, last_count, last_number
from pocketgpt.sft.handwritten import read_conversations, write_conversations
from pocketgpt.tokenizer import Tokenizer, train_slowly
from pocketgpt.training import pretrain
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.optim import make_optimizers
from pocketgpt.training.resume import load_state, save_state
from pocketgpt.world.table_files import load_tables, read_json_lines, read_names, read_rows
from pocketgpt.world.tables import Country, Person
from pocketgpt_lessons.__main__ import make_parser as make_lessons_parser
from pocketgpt_lessons.classroom.class_files import read_learner
from pocketgpt_lessons.classroom.submissions import code_cells, exercises_in

ALL = 100_000  # inputs in a full run
ODD = "\0\t\n\r\v\f\x1c\x85\u2028\ufeff\u200b\ud800\udcff é→𝔘👩‍👩‍👧١²½ﬀİ\"'`\\{}[]<>&;:,.|$%#@!?*+-=/^_~"
PIECES = [
    "<|endoftext|>", "<|end|>", "<|assistant|>", "<p>", "</p>", "<div class=menu>", "</div>", "<!--", "-->",
    "<script>", "<![CDATA[", "<a href='x'>", "</a>", "<h1>", "</h2>", "&amp;", "&#x110000;", "{name}", "{value}",
    '{"messages": [', '"role": "user"', "null", "NaN", "1e999", "-", "00", "9" * 30, "a@b.c", "1.2.3.4", "555-0142",
    "The owl eats mice. ", "search owl", "calculate 1 + 1",
]  # fmt: skip

text = st.text(st.characters() | st.sampled_from(ODD), max_size=80)
texts = st.lists(text | st.sampled_from(PIECES), max_size=12).map("".join)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
messages = st.lists(st.builds(Message, st.sampled_from(ROLES), texts), max_size=5)


@st.composite
def spoilt(draw, whole: bytes) -> bytes:
    """A file's bytes, some of them lost, changed or put in; or all of them invented."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=200) | texts.map(lambda t: t.encode("utf-8", "surrogatepass")))
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        length = draw(st.sampled_from([0, 0, 1, 1, 3, 20, 10**6]))
        data[place : place + length] = draw(st.binary(max_size=6) | texts.map(lambda t: t.encode("utf-8", "replace")))
    return bytes(data)


@st.composite
def spoilt_json(draw, whole: dict) -> bytes:
    """A JSON object of whose values some are other ones."""
    changed = dict(whole)
    for key in draw(st.lists(st.sampled_from(sorted(whole)), min_size=1, max_size=2)):
        changed[key] = draw(json_values)
    return json.dumps(changed).encode()


class Folder:
    """A folder with files to read, whole ones for a start."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tables = load_tables()
        self.tokenizer = Tokenizer.train("the cat sat on the mat, and the dog sat on the cat. " * 9, 280)
        self.model = GPT(GPTConfig(self.tokenizer.vocab_size, n_layer=1, n_head=1, n_embd=8, context=32))
        checkpoints.save(path / "model.safetensors", self.model, self.tokenizer, {"command": "x", "metrics": {}})
        self.config = TrainConfig(3)
        self.optimizers = make_optimizers(self.model, 0.02, 0.1, 0.01, 0.0)
        save_state(path / "run.stopped", self.model, self.optimizers, self.config, "", 1)
        talk = [Message("user", "What is 1 + 1?"), Message("assistant", "1 + 1 = 2.")]
        write_conversations(path / "talks.jsonl", [talk] * 2)
        (path / "exam.jsonl").write_text(
            '{"kind": "sums", "rules": []}\n{"id": "a", "kind": "sums", "split": "open", "messages": '
            '[{"role": "user", "content": "1 + 1?"}], "rules": [{"says": ["2"]}]}\n',
            encoding="utf-8",
        )
        (path / "people.csv").write_text(
            "name,birth_year,birthplace,profession,instrument,dish,mentions,faq_pages\n"
            'Ada Byte,1950,Senn,baker,flute,"soup, hot",3,1\n',
            encoding="utf-8",
        )
        (path / "progress.json").write_text(
            json.dumps(
                {
                    "pocketgpt_progress": 1,
                    "exercises": {"merge": {"passed": True, "attempts": 2, "mistakes": {"a": 1}}},
                    "predictions": {"01.best": {"guess": "a", "question": "Which?"}},
                    "quizzes": {"01": {"right": 1, "answers": [{"question": "q", "chosen": "a", "right": True}]}},
                }
            ),
            encoding="utf-8",
        )
        cell = {
            "cell_type": "code",
            "source": ["# Exercise: merge\n", "def merge(ids): ..."],
            "metadata": {},
            "outputs": [],
        }
        (path / "a.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}), encoding="utf-8")
        self.search = Search({"Peru": "The capital of Peru is Lima."})

    def whole(self, name: str) -> bytes:
        """The bytes of a file that can be read."""
        return (self.path / name).read_bytes()

    def put(self, data: bytes) -> Path:
        """A file with these bytes."""
        path = self.path / "odd"
        path.write_bytes(data)
        return path


Target = tuple[str, st.SearchStrategy, Callable]


def file_targets(there: Folder) -> list[Target]:
    """Readers of files."""

    def load(data: bytes) -> None:
        model = there.path / "odd.safetensors"
        model.write_bytes(data)
        for read in (checkpoints.load, checkpoints.read_card):
            with suppress(PocketError):
                read(model)

    def learn(data: bytes) -> None:
        found = pretrain.read_text(there.put(data + b" " * pretrain.SMALLEST_TEXT))
        pretrain.notices(found)
        pretrain.text_corpus(found, 300)

    def tokenize(data: bytes) -> None:
        Tokenizer.load(there.put(data)).encode("the cat")

    def notebook(data: bytes) -> None:
        exercises_in(code_cells(there.put(data)))

    saved = there.path / "tokenizer.json"
    there.tokenizer.save(saved)
    described, content = json.loads(saved.read_text()), json.loads(there.whole("progress.json"))
    book = json.loads(there.whole("a.ipynb"))
    rows = spoilt(there.whole("people.csv"))
    return [
        ("files: table", rows, lambda data: read_rows(there.put(data), Person)),
        ("files: another table", rows, lambda data: read_rows(there.put(data), Country)),
        ("files: names", spoilt(b"Ada\nBo\nCy\n"), lambda data: read_names(there.put(data))),
        ("files: JSON Lines", spoilt(b'{"a": 1}\n{"b": [2]}\n'), lambda data: list(read_json_lines(there.put(data)))),
        ("files: talks", spoilt(there.whole("talks.jsonl")), lambda data: read_conversations(there.put(data))),
        ("files: talk", spoilt_json({"messages": []}), lambda data: read_conversations(there.put(data))),
        ("files: exam", spoilt(there.whole("exam.jsonl")), lambda data: load_exam(there.put(data))),
        ("files: tokenizer", spoilt(saved.read_bytes()) | spoilt_json(described), tokenize),
        ("files: checkpoint", spoilt(there.whole("model.safetensors")), load),
        (
            "files: stopped run",
            spoilt(there.whole("run.stopped")),
            lambda data: load_state(there.put(data), there.model, there.optimizers, there.config),
        ),
        ("files: text", spoilt(b"The owl eats mice. " * 40), learn),
        (
            "files: progress",
            spoilt_json(content) | spoilt(there.whole("progress.json")),
            lambda d: read_learner(there.put(d), "a"),
        ),
        ("files: notebook", spoilt_json(book) | spoilt(there.whole("a.ipynb")), notebook),
    ]


def text_targets(there: Folder) -> list[Target]:
    """What reads texts that people, pages or models write."""
    tokenizer = there.tokenizer

    def there_and_back(odd: str) -> None:
        ids = tokenizer.encode(odd)
        assert ids == tokenizer.encode_slowly(odd)
        assert tokenizer.decode(ids) == odd.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        assert tokenizer.decode(tokenizer.encode(odd, allowed_special="all")) is not None

    def train(odd: str) -> None:
        learned = Tokenizer.train(odd, 268).merges
        assert learned == train_slowly(odd.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), 256 + 4)

    def converse(talk: list) -> None:
        for use in (
            lambda: render(talk, tokenizer),
            lambda: shorten(talk, tokenizer, 40),
            lambda: prompt(talk, tokenizer, 60),
        ):
            with suppress(PocketError):
                use()

    def calculator(odd: str) -> None:
        assert isinstance(calculate(odd), str) and isinstance(run_call({"calculate": calculate}, odd), str)

    def page(odd: str) -> None:
        kept = extract_text(odd)
        assert kept == "\n\n".join(block for block, verdict in explain(odd) if verdict == "kept")
        raw_text(odd)
        url_allowed(odd, {"bad.example"})
        detect_language(kept), quality(kept), mask_personal_data(odd)
        run_pipeline([Page(f"https://a.example/{i}", odd, Truth("document", odd)) for i in range(2)])

    def answer(odd: str) -> None:
        last_number(odd), last_count(odd), Sum(47, "+", 35).reward(odd)

    numbers = st.text(st.sampled_from("0123456789+-*/^().,×÷: e"), max_size=110)
    ids = st.lists(st.integers(0, tokenizer.vocab_size - 1), max_size=40)
    return [
        ("tokenizer: text", texts, there_and_back),
        ("tokenizer: training", texts, train),
        ("template: talk", messages, converse),
        ("template: ids", ids, lambda found: parse(found, tokenizer)),
        ("tools: calculator", numbers | texts, calculator),
        ("tools: search", texts, lambda odd: there.search(odd) or NOTHING_FOUND),
        ("crawl: page", texts, page),
        ("tasks: answer", texts, answer),
    ]


def command_targets(there: Folder) -> list[Target]:
    """Command lines of both packages."""
    actions = make_parser()._subparsers._group_actions[0].choices
    options = {name: [o for a in p._actions for o in a.option_strings] for name, p in actions.items()}
    values = texts | st.sampled_from(
        ["nan", "-inf", "1e-39", "0", "-1", "9" * 30, str(there.path / "odd"), "/dev/null"]
    )
    words = st.sampled_from(sorted(options)).flatmap(
        lambda name: st.lists(st.sampled_from(options[name]) | values, max_size=6).map(lambda rest: [name, *rest])
    )
    readers = st.builds(
        lambda name, model, more: [
            name,
            *(["Hi"] if name != "exam" else []),
            "--stage" if name == "chat" else "--model",
            model,
            *more,
        ],
        st.sampled_from(["chat", "generate", "exam"]),
        values.filter(lambda value: value not in checkpoints.names()),
        st.lists(values, max_size=1),
    )

    def command(given: list[str]) -> None:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), suppress(SystemExit):
            assert main(given) in (0, 2)
        assert "Traceback" not in err.getvalue()

    def parsed(make: Callable, given: list[str]) -> None:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), suppress(SystemExit):
            make().parse_args(given)

    return [
        ("commands: options", words, lambda given: parsed(make_parser, given)),
        ("commands: models", readers, command),
        ("commands: lessons", st.lists(values | st.sampled_from(["export", "report", "assign", "--out"])),
         lambda given: parsed(make_lessons_parser, given)),
    ]  # fmt: skip


def growing(there: Folder) -> list[tuple[str, Callable[[str], object]]]:
    """What must not take more time than in proportion to the length of a text."""
    return [
        ("extract_text", extract_text),
        ("raw_text", raw_text),
        ("mask_personal_data", mask_personal_data),
        ("quality", quality),
        ("detect_language", detect_language),
        ("encode", there.tokenizer.encode),
        ("notices", pretrain.notices),
        ("calculate", calculate),
        ("search", there.search),
        ("last_number", last_number),
        ("last_count", last_count),
    ]


def try_out(target: Target, examples: int) -> str:
    """Run a target on so many inputs: "" if all went well, else what went wrong."""
    name, strategy, use = target

    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink), print_blob=False, derandomize=False,
    )  # fmt: skip
    @given(strategy)
    def run(odd) -> None:
        with suppress(PocketError):
            use(odd)

    try:
        run()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        notes = " ".join(getattr(error, "__notes__", []))
        return f"{type(error).__name__}: {str(error)[:300]} {notes[:1000]}"
    return ""


def too_slow(use: Callable[[str], object], tries: int, rng: random.Random, size: int = 2_000) -> str:
    """A piece of text of which eight times as many cost more than forty times the time; "" if none is found."""
    for _ in range(tries):
        letters = string.ascii_letters + string.digits + ODD
        piece = "".join(
            rng.choice([*PIECES, rng.choice(letters), rng.choice(letters)]) for _ in range(rng.randint(1, 3))
        )
        short, long = (seconds(use, piece * many) for many in (size, 8 * size))
        # A busy machine, or a round of garbage collection, can make one try slow, but not three of them.
        for _ in range(2):
            if long > 0.5 and long > 40 * short:
                long = min(long, seconds(use, piece * 8 * size))
        if long > 0.5 and long > 40 * short:
            return f"{piece!r}: {size} times {short:.2f} s, {8 * size} times {long:.2f} s"
    return ""


def seconds(use: Callable[[str], object], text: str) -> float:
    """The computing time that a text takes."""
    start = time.process_time()
    with suppress(PocketError):
        use(text)
    return time.process_time() - start


def fuzz(examples: int, words: list[str], seed: int = 0) -> int:
    """Try everything; the number of faults found."""
    faults, rng = 0, random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        there = Folder(Path(folder))
        targets = [*file_targets(there), *text_targets(there), *command_targets(there)]
        chosen = [target for target in targets if not words or any(word in target[0] for word in words)]
        for target in chosen:
            each = max(1, examples // len(chosen))
            start = time.perf_counter()
            wrong = try_out(target, each)
            print(
                f"{target[0]:<24} {each:>7,} inputs {time.perf_counter() - start:7.1f} s  {wrong or 'fine'}", flush=True
            )
            faults += bool(wrong)
        for name, use in growing(there) if not words or "time" in words else []:
            wrong = too_slow(use, max(1, examples // 2_000), rng)
            print(f"time: {name:<18} {wrong or 'in proportion'}", flush=True)
            faults += bool(wrong)
    return faults


def run_all() -> int:
    """Fuzz; exit with 1 if a fault was found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "words", nargs="*", help="only targets whose names hold one of these; 'time' for the second part"
    )
    parser.add_argument("--examples", type=int, default=ALL, help="inputs in all (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the second part")
    told = parser.parse_args()
    return int(fuzz(told.examples, told.words, told.seed) > 0)


if __name__ == "__main__":
    sys.exit(run_all())
