"""The training loop, stopped and resumed, shared by processes, with each precision; and the data it reads."""

import json
import math
import shutil
import signal
import sys
import threading
from contextlib import suppress
from functools import wraps

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from tiny import random_ids, tiny_model
from torch.testing import assert_close
from two_processes import run_in_two

from pocketgpt.errors import PocketError
from pocketgpt.model import next_token_loss
from pocketgpt.sft.fine_tune import conversation_loss
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training import evaluate, loop, precision, resume
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.data import TokenStream, fingerprint_of_run, pack
from pocketgpt.training.evaluate import evaluate_loss
from pocketgpt.training.optim import Muon, make_optimizers
from pocketgpt.training.precision import SHORT, Precision, pick_precision

CONFIG = TrainConfig(steps=5, precision="fp32", weight_decay=0.1)


def tokens(n: int = 400) -> np.ndarray:
    return np.random.default_rng(0).integers(300, size=n).astype(np.uint16)


def stream() -> TokenStream:
    return TokenStream(tokens(), batch_size=4, context=8)


def weights(model) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def run(model, data=None, config=CONFIG, **options) -> list[float]:
    return [m.loss for m in loop.train(model, data or stream(), config, **options)]


@pytest.fixture(autouse=True)
def interruptible():
    """A shell lets what it runs in the background ignore interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def uninterrupted():
    """Losses and final weights of the run that the other tests stop somewhere."""
    model = tiny_model()
    losses = run(model)
    return losses, weights(model)


# --- A run --------------------------------------------------------------------------------------------------


def test_same_seed_same_numbers(uninterrupted):
    model = tiny_model()
    assert run(model) == uninterrupted[0] and same(weights(model), uninterrupted[1])


def test_the_first_loss_is_the_untrained_models_and_training_lowers_it():
    model = tiny_model()
    ids, targets = random_ids(4, 8), random_ids(4, 8, seed=1)
    data = Batches(lambda step: (ids, targets))
    before = next_token_loss(model, ids, targets).item()
    losses = run(model, data)
    assert losses[0] == pytest.approx(before)
    assert losses == sorted(losses, reverse=True)


def test_metrics_count_steps_and_tokens():
    metrics = list(loop.train(tiny_model(), stream(), CONFIG))
    assert [(m.step, m.steps, m.tokens) for m in metrics] == [(i, 5, i * 4 * 8) for i in range(1, 6)]
    assert all(m.seconds > 0 and m.tokens_per_second > 0 for m in metrics)
    assert max(m.learning_rate for m in metrics) == CONFIG.matrix_lr


def test_training_leaves_no_gradient_and_heeds_none_from_before(uninterrupted):
    model = tiny_model()
    next_token_loss(model, *stream().batch(3)).backward()  # as a learner does who looks at one example first
    assert run(model) == uninterrupted[0]
    assert all(p.grad is None for p in model.parameters()) and not model.training


def test_a_run_needs_a_step():
    with pytest.raises(PocketError, match="steps must be at least 1, not 0"):
        TrainConfig(steps=0)


def test_evaluation_is_the_mean_over_batches():
    model, data = tiny_model(), stream()
    losses = [next_token_loss(model, *data.batch(step)).item() for step in range(3)]
    assert evaluate_loss(model, data, 3) == pytest.approx(sum(losses) / 3)


# --- Stopped and resumed ------------------------------------------------------------------------------------


class Batches:
    """Data given by a function of the step."""

    def __init__(self, batch, fingerprint=None):
        self.batch = batch
        if fingerprint:
            self.fingerprint = fingerprint


def stop_by_closing(model, state):
    steps = loop.train(model, stream(), CONFIG, state)
    for _ in range(3):
        next(steps)
    steps.close()


def stop_in_the_callers_code(model, state):
    with suppress(KeyboardInterrupt):
        for metrics in loop.train(model, stream(), CONFIG, state):
            if metrics.step == 3:
                raise KeyboardInterrupt


def stop_while_data_is_read(model, state):
    def batch(step):
        if step == 3:
            raise KeyboardInterrupt
        return stream().batch(step)

    with pytest.raises(KeyboardInterrupt):
        run(model, Batches(batch, stream().fingerprint), state=state)


def stop_while_gradients_are_computed(model, state):
    calls = []

    @wraps(next_token_loss)
    def interrupted_loss(*batch):
        calls.append(1)
        if len(calls) == 4:
            signal.raise_signal(signal.SIGINT)
        return next_token_loss(*batch)

    with pytest.raises(KeyboardInterrupt):
        run(model, state=state, loss=interrupted_loss)


def stop_during_an_update(model, state, at: int = 3):
    calls, update = [], Muon.step

    def interrupted_update(self):
        calls.append(1)
        if len(calls) == at:
            signal.raise_signal(signal.SIGINT)  # between Muon's half of the update and AdamW's
        update(self)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Muon, "step", interrupted_update)
        run(model, state=state)


def stop_during_the_last_update(model, state):
    stop_during_an_update(model, state, at=CONFIG.steps)


STOPS = [
    stop_by_closing,
    stop_in_the_callers_code,
    stop_while_data_is_read,
    stop_while_gradients_are_computed,
    stop_during_an_update,
    stop_during_the_last_update,
]


@pytest.mark.parametrize("stop", STOPS, ids=lambda f: f.__name__)
def test_a_stopped_run_goes_on_to_the_same_weights(stop, tmp_path, uninterrupted):
    losses, final = uninterrupted
    state = tmp_path / "käse und brot" / "run.stopped"
    stopped = tiny_model()
    stop(stopped, state)
    assert [path.name for path in state.parent.iterdir()] == ["run.stopped"]
    done = 5 if stop is stop_during_the_last_update else 3
    halfway = tiny_model()
    run(halfway, config=CONFIG) if done == 5 else stop_by_closing(halfway, None)
    assert same(weights(stopped), weights(halfway))  # no half of an update
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    resumed = tiny_model(seed=1)
    assert run(resumed, state=state, resume=True) == losses[done:]
    assert same(weights(resumed), final)
    assert not state.exists()  # nothing is left to resume


def test_a_long_run_is_saved_on_its_way(tmp_path, monkeypatch, uninterrupted):
    monkeypatch.setattr(resume, "SAVE_EVERY", -1.0)
    state, copy = tmp_path / "run", tmp_path / "copy"
    for metrics in loop.train(tiny_model(), stream(), CONFIG, state):
        if metrics.step == 3:
            shutil.copy(state, copy)  # what is there if the machine loses its power now
    resumed = tiny_model(seed=1)
    assert run(resumed, state=copy, resume=True) == uninterrupted[0][2:]
    assert same(weights(resumed), uninterrupted[1])


def test_training_works_outside_the_main_thread(uninterrupted):
    losses = []
    thread = threading.Thread(target=lambda: losses.extend(run(tiny_model())))
    thread.start()
    thread.join()
    assert losses == uninterrupted[0]


def test_a_resumed_run_does_not_lean_on_its_file(tmp_path):
    # Else Windows could not replace or delete it.
    state = tmp_path / "run"
    stop_by_closing(tiny_model(), state)
    model = tiny_model()
    optimizers = make_optimizers(model, 0.02, 0.1, 0.01, 0.1)
    resume.load_state(state, model, optimizers, CONFIG, fingerprint_of_run(stream(), next_token_loss))
    size = state.stat().st_size
    before = [value.clone() for o in optimizers for m in o.state.values() for value in m.values()]
    with open(state, "r+b") as file:
        file.write(bytes(size))
    after = [value for o in optimizers for m in o.state.values() for value in m.values()]
    assert all(map(torch.equal, before, after))


def other_settings(state):
    return tiny_model(), TrainConfig(steps=6, precision="fp32", weight_decay=0.1), "other settings"


def other_model(state):
    return tiny_model(n_layer=1), CONFIG, "other settings"


def other_text(state):
    return tiny_model(), CONFIG, "other data", TokenStream(tokens()[::-1].copy(), 4, 8)


def one_token_more(state):
    return tiny_model(), CONFIG, "other data", TokenStream(tokens(401), 4, 8)


def other_seed(state):
    return tiny_model(), CONFIG, "other data", TokenStream(tokens(), 4, 8, seed=1)


def other_batches(state):
    return tiny_model(), CONFIG, "other data", Batches(lambda step: stream().batch(step + 1))


def other_loss(state):
    return tiny_model(), CONFIG, "another loss", stream(), conversation_loss


def foreign(state):
    save_file({"x": torch.zeros(3)}, state)
    return tiny_model(), CONFIG, "isn't a stopped run"


def truncated(state):
    state.write_bytes(state.read_bytes()[:-100])
    return tiny_model(), CONFIG, "damaged"


def text(state):
    state.write_text("My diary. Today I trained a model.", encoding="utf-8")
    return tiny_model(), CONFIG, "damaged"


def empty(state):
    state.write_bytes(b"")
    return tiny_model(), CONFIG, "damaged"


OTHERS = [other_settings, other_model, other_text, one_token_more, other_seed, other_batches, other_loss]
HARMS = [*OTHERS, foreign, truncated, text, empty]


@pytest.mark.parametrize("harm", HARMS)
def test_what_cannot_be_resumed_is_left_alone(harm, tmp_path):
    state = tmp_path / "run"
    stop_by_closing(tiny_model(), state)
    model, config, complaint, *learned = harm(state)
    data, loss = [*learned, *(stream(), next_token_loss)[len(learned) :]]
    before, untrained = state.read_bytes(), weights(model)
    with pytest.raises(PocketError, match=complaint):
        run(model, data, config=config, state=state, resume=True, loss=loss)
    assert state.read_bytes() == before and same(weights(model), untrained)
    assert list(tmp_path.iterdir()) == [state]


@pytest.mark.parametrize("state", [None, "nowhere"])
def test_nothing_to_resume(state, tmp_path):
    with pytest.raises(PocketError, match="no stopped run"):
        run(tiny_model(), state=state and tmp_path / state, resume=True)
    assert list(tmp_path.iterdir()) == []


# --- Data ---------------------------------------------------------------------------------------------------


@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 40), st.integers(0, 5), st.integers(0, 9))
def test_each_window_comes_once_an_epoch(batch_size, context, windows, rest, seed):
    n = windows * context + 1 + rest % context
    data = TokenStream(np.arange(n, dtype=np.uint16), batch_size, context, seed)
    for epoch in range(2):
        steps = range(epoch * data.steps_per_epoch, (epoch + 1) * data.steps_per_epoch)
        batches = [data.batch(step) for step in steps]
        for ids, targets in batches:
            assert torch.equal(targets, ids + 1)  # the same tokens, one place apart
            assert torch.equal(ids, ids[:, :1] + torch.arange(context))
        starts = torch.cat([ids[:, 0] for ids, _ in batches]).tolist()
        assert len(starts) == len(set(starts)) and set(starts) <= set(range(0, windows * context, context))
        assert windows - len(starts) < batch_size  # what fills no batch waits for another epoch
        assert {len(ids) for ids, _ in batches} == {min(batch_size, windows)}


def test_epochs_are_shuffled_by_the_seed_and_any_step_can_come_first():
    def starts(seed, steps):
        data = TokenStream(np.arange(401), 4, 10, seed)
        return {step: data.batch(step)[0][:, 0].tolist() for step in steps}

    assert starts(0, range(20)) == starts(0, reversed(range(20)))
    assert starts(0, range(10)) != starts(1, range(10))
    first, second = ([row for s in range(e, e + 10) for row in starts(0, [s])[s]] for e in (0, 10))
    assert first != second and sorted(first) == sorted(second) and first != sorted(first)


@pytest.mark.parametrize("n", [0, 1, 8])
def test_a_text_too_short_for_one_window(n):
    with pytest.raises(PocketError, match=f"only {n} tokens, and one training window needs 9"):
        TokenStream(np.arange(n), 1, 8)


def test_packed_texts_come_apart_again():
    tokenizer = Tokenizer([])
    texts = ["Anna lebt in Köln.", "", "This only looks like <|endoftext|>, it's text."]
    row = pack(texts, tokenizer)
    assert row.dtype == np.uint16
    ends = np.flatnonzero(row == tokenizer.eot_id)
    parts = np.split(row, ends + 1)
    assert [tokenizer.decode(part[:-1].tolist()) for part in parts[:-1]] == texts and len(parts[-1]) == 0


class LargeTokenizer:
    """One token per text, from a vocabulary that 16 bits can't count; remembers how it was asked."""

    vocab_size, eot_id = 70_000, 69_999

    def __init__(self):
        self.groups = []

    def encode_many(self, texts):
        self.groups.append(list(texts))
        return [[65_536 + int(text)] for text in texts]


def test_texts_are_packed_in_groups_as_they_stream_in():
    tokenizer, read = LargeTokenizer(), []

    def texts():
        for i in range(7):
            assert len(read) - sum(map(len, tokenizer.groups)) < 3  # never more than a group waits
            read.append(i)
            yield str(i)

    row = pack(texts(), tokenizer, group=3)
    assert [len(group) for group in tokenizer.groups[:2]] == [3, 3]
    assert row.dtype == np.uint32
    assert row[::2].tolist() == [65_536 + i for i in range(7)] and set(row[1::2]) == {69_999}


def test_nothing_to_pack():
    with pytest.raises(PocketError, match="no text to learn from"):
        pack([], Tokenizer([]))


# --- Two processes ------------------------------------------------------------------------------------------


def masked_batch(step: int):
    """Uneven shares: of four rows, shared by turns, the second process's have few targets or none."""
    ids, targets = random_ids(4, 8, seed=step), random_ids(4, 8, seed=step + 100)
    targets[1], targets[3, step:] = -100, -100
    return ids, targets


CASES = {"full": stream(), "masked": Batches(masked_batch)}

SCRIPT = """
import sys

sys.path[:0] = [sys.argv[1], f"{sys.argv[1]}/.."]  # this file, and tiny.py
from test_loop import CASES, run, save_file, tiny_model, torch, weights

from pocketgpt.training.distributed import process_group

with process_group():
    for name, data in CASES.items():
        model = tiny_model()
        result = {"losses": torch.tensor(run(model, data))} | weights(model)
        save_file(result, f"{sys.argv[2]}/{name}{torch.distributed.get_rank()}.safetensors")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="torchrun on Windows needs settings of its own")
def test_two_processes_train_as_one_does(tmp_path):
    run_in_two(SCRIPT, __file__, tmp_path)
    for name, data in CASES.items():
        model = tiny_model()
        losses = run(model, data)
        both = [load_file(tmp_path / f"{name}{rank}.safetensors") for rank in (0, 1)]
        assert same(*both)
        found = both[0]
        assert_close(found.pop("losses"), torch.tensor(losses), atol=1e-4, rtol=1e-4)
        for key, value in weights(model).items():
            assert (found[key] - value).norm() < 1e-3 * value.norm(), (name, key)


# --- Engines ------------------------------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path, monkeypatch):
    folder = tmp_path / "own"
    monkeypatch.setenv("POCKETGPT_OWN", str(folder))
    return folder


def stopwatch(monkeypatch, seconds: dict[str, float]) -> list[str]:
    """Let each precision seem to need so many seconds a step, and others fail; the list tells who was tried."""
    tried = []

    def seconds_per_step(chosen, *_, **__):
        tried.append(chosen.name)
        if chosen.name not in seconds:
            raise RuntimeError("no compiler")
        return seconds[chosen.name]

    monkeypatch.setattr(precision, "seconds_per_step", seconds_per_step)
    return tried


def pick(**options) -> str:
    return pick_precision(tiny_model(), stream(), "auto", **options).name


def test_an_engine_by_name_needs_no_trial(own, monkeypatch):
    tried = stopwatch(monkeypatch, {})
    assert [pick_precision(tiny_model(), stream(), name).name for name in precision.PRECISIONS] == list(
        precision.PRECISIONS
    )
    assert tried == [] and not own.exists()


def test_an_unknown_engine():
    with pytest.raises(PocketError, match="no precision 'fp8': choose auto, fp32, bf16, "):
        pick_precision(tiny_model(), stream(), "fp8")


@pytest.mark.parametrize(
    ("seconds", "options", "fastest"),
    [
        ({"fp32": 1.0, "bf16": 0.5}, {"steps": 10}, "bf16"),
        ({"fp32": 1.0, "bf16": 2.0}, {"steps": 10}, "fp32"),
        ({"fp32": 1.0, "bf16": 0.95}, {"steps": 10}, "fp32"),  # not clearly faster
        ({"fp32": 1.0}, {"steps": 10}, "fp32"),
        ({"fp32": 1.0, "bf16": 0.5, "fp32-compiled": 0.1}, {"steps": 10}, "bf16"),  # too short to compile
        ({"fp32": 1.0, "bf16": 0.5, "fp32-compiled": 0.1}, {"steps": 1000}, "fp32-compiled"),
        ({"fp32": 1.0, "bf16": 0.5, "bf16-compiled": 0.1}, {"seconds": 1000.0}, "bf16-compiled"),
        ({"fp32": 1.0, "bf16": 0.5, "bf16-compiled": 0.1}, {"seconds": 10.0}, "bf16"),
    ],
)
def test_the_fastest_engine_that_works_wins_and_is_remembered(seconds, options, fastest, own, monkeypatch):
    stopwatch(monkeypatch, seconds)
    assert pick(**options) == fastest
    tried = stopwatch(monkeypatch, {"fp32": 1.0, "bf16": 1e-3})
    assert pick(**options) == fastest and set(tried) <= {"fp32"}


@pytest.mark.parametrize("note", ["", "{", "[]", "7", "\x00", '{"a": 1}'])
def test_a_damaged_note_costs_one_more_trial(note, own, monkeypatch):
    stopwatch(monkeypatch, {"fp32": 1.0, "bf16": 0.5})
    own.mkdir()
    (own / "precision.json").write_text(note, encoding="utf-8")
    assert pick(steps=10) == "bf16"
    assert "bf16" in json.loads((own / "precision.json").read_text(encoding="utf-8")).values()


def test_a_remembered_engine_that_no_longer_exists_is_tried_anew(own, monkeypatch):
    stopwatch(monkeypatch, {"fp32": 1.0, "bf16": 0.5})
    pick(steps=10)
    note = own / "precision.json"
    note.write_text(note.read_text(encoding="utf-8").replace("bf16", "fp4"), encoding="utf-8")
    assert pick(steps=10) == "bf16"


def test_an_own_folder_that_cannot_be_written_to_does_not_matter(own, monkeypatch):
    stopwatch(monkeypatch, {"fp32": 1.0, "bf16": 0.5})
    own.write_text("a file, no folder", encoding="utf-8")
    assert pick(steps=10) == "bf16"


def test_a_trial_changes_nothing(own):
    model = tiny_model()
    before = weights(model)
    assert pick_precision(model, stream(), "auto", steps=1).name in ("fp32", "bf16")
    assert same(weights(model), before) and all(p.grad is None for p in model.parameters())


def test_bfloat16_computes_nearly_the_same():
    model, batch = tiny_model(), stream().batch(0)
    loss = Precision("bf16").loss(model, *batch)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(next_token_loss(model, *batch).item(), rel=0.02)


@pytest.mark.parametrize(
    ("precision", "tokens", "plain"), [("bf16", 8, True), ("fp32", 8, False), ("bf16", SHORT + 1, False)]
)
def test_only_short_rows_in_bfloat16_have_their_attention_as_plain_products(precision, tokens, plain):
    def kernels(*_):
        return torch.backends.cuda.flash_sdp_enabled(), torch.backends.cuda.fp16_bf16_reduction_math_sdp_allowed()

    before, ids = kernels(), random_ids(1, tokens)
    assert Precision(precision, kernels).loss(tiny_model(), ids, ids) == ((False, True) if plain else before)
    assert kernels() == before


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_muon_works_in_the_run_s_numbers_on_weights_that_stay_float32(monkeypatch, precision, dtype):
    model, used = tiny_model(), []
    monkeypatch.setattr(loop, "make_optimizers", lambda *args: used.extend(found := make_optimizers(*args)) or found)
    next(loop.train(model, stream(), TrainConfig(steps=1, precision=precision)))
    assert used[0].dtype == dtype and all(p.dtype == torch.float32 for p in model.parameters())


@pytest.mark.slow
@pytest.mark.skipif(not any(map(shutil.which, ("g++", "clang++", "c++"))), reason="compiling needs a C++ compiler")
def test_compiled_computes_the_same(monkeypatch):
    monkeypatch.setattr("torch._inductor.config.compile_threads", 1)
    plain, compiled = tiny_model(n_layer=1), tiny_model(n_layer=1)
    batch = stream().batch(0)
    Precision("fp32").loss(plain, *batch).backward()
    Precision("fp32-compiled").loss(compiled, *batch).backward()
    for p, q in zip(plain.parameters(), compiled.parameters(), strict=True):
        assert_close(p.grad, q.grad, atol=1e-4, rtol=1e-3)


def test_bits_per_byte_of_guessing_among_all_bytes():
    assert evaluate.bits_per_byte(math.log(256), tokens=50, n_bytes=50) == pytest.approx(8)
