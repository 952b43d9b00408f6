"""PyTorch's threads wait briefly for each other, and are as many as get on quickest; no number depends on that."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import torch

from pocketgpt import threads
from pocketgpt.model import GPT, IGNORE, GPTConfig, next_token_loss
from pocketgpt.rl.config import RLConfig
from pocketgpt.rl.grpo import compute_gradients
from pocketgpt.rl.rollouts import roll_out
from pocketgpt.rlhf.dpo import direct_preference
from pocketgpt.sft.fine_tune import conversation_loss
from pocketgpt.threads import ALIKE, BRIEFLY, CREW, Crew, prepare, results_are_alike
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.loop import train


@pytest.mark.parametrize("chosen", ["GOMP_SPINCOUNT", "KMP_BLOCKTIME", "OMP_WAIT_POLICY"])
def test_who_has_chosen_how_to_wait_keeps_it(chosen):
    environment = {chosen: "7"}
    prepare(environment)
    assert environment == {chosen: "7", **ALIKE}


def test_who_has_chosen_how_to_add_up_keeps_it():
    environment = {"MKL_CBWR": "COMPATIBLE"}
    prepare(environment)
    assert environment == {"MKL_CBWR": "COMPATIBLE", **BRIEFLY}


@pytest.mark.parametrize("first", ["pocketgpt.model", "pocketgpt_lessons.display", "pocketgpt_lessons.rl.widgets"])
def test_it_is_said_before_torch_is_loaded(first):
    """The libraries behind torch read it once, when they are loaded."""
    said = BRIEFLY | ALIKE
    script = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'torch':\n"
        f"            print(*map(os.environ.get, {list(said)}))\n"
        "            raise SystemExit\n"
        "sys.meta_path.insert(0, Watch())\n"
        f"import {first}, torch\n"
    )
    fresh = {name: value for name, value in os.environ.items() if name not in (*said, "OMP_WAIT_POLICY")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=fresh)
    assert done.stdout.split() == list(said.values()), done.stderr


class Clock:
    """A clock that only work moves: `seconds` says how long a lap takes with each number of threads, and `cores` how
    many of them have one.
    """

    def __init__(self, seconds, cores=1):
        self.wall, self.cpu, self.seconds, self.cores, self.used = 0.0, 0.0, seconds, cores, []

    def work(self):
        self.used.append(torch.get_num_threads())
        self.wall += self.seconds[self.used[-1]]
        self.cpu += self.seconds[self.used[-1]] * min(self.cores, self.used[-1])


@pytest.fixture
def three_threads(monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    monkeypatch.setattr(threads, "results_are_alike", lambda most: most > 1)
    yield
    torch.set_num_threads(before)


def at_work(crew, clock, monkeypatch, laps):
    monkeypatch.setattr(threads.time, "perf_counter", lambda: clock.wall)
    monkeypatch.setattr(threads.time, "process_time", lambda: clock.cpu)
    lap = crew.laps()
    for _ in range(laps):
        with lap():
            clock.work()
        assert torch.get_num_threads() == 3 or threading.current_thread() is not threading.main_thread()
    return clock.used


@pytest.mark.parametrize("seconds", [{3: 1, 2: 2, 1: 3}, {3: 3, 2: 2, 1: 4}, {3: 3, 2: 2, 1: 1}])
def test_a_crew_has_as_many_threads_as_are_quickest(seconds, monkeypatch, three_threads):
    crew, quickest = Crew(), min(seconds, key=seconds.get)
    used = at_work(crew, Clock(seconds), monkeypatch, 20)
    assert used == [3] * 4 + [2] * 3 + [1] * 3 + [quickest] * 10
    with crew.working():
        assert torch.get_num_threads() == quickest  # what follows without laps has as many
    assert torch.get_num_threads() == 3
    slower = seconds | {quickest: 9}  # the other program has come, or gone
    used = at_work(crew, Clock(slower), monkeypatch, 40)
    assert used[:4] == [quickest] * 4 and used[-1] == min(slower, key=slower.get)


def test_nothing_is_tried_while_all_threads_have_a_core(monkeypatch, three_threads):
    assert set(at_work(Crew(), Clock({3: 3, 2: 2, 1: 1}, cores=3), monkeypatch, 60)) == {3}


def test_after_a_pause_the_machine_may_be_free_again(monkeypatch, three_threads):
    crew, clock = Crew(), Clock({3: 3, 2: 2, 1: 1})
    at_work(crew, clock, monkeypatch, 20)
    clock.seconds, clock.cores, clock.used = {3: 1, 2: 2, 1: 3}, 3, []
    used = at_work(crew, clock, monkeypatch, 60)
    assert used[0] == 1 and set(used[-40:]) == {3}


def test_what_a_trial_found_is_forgotten(monkeypatch, three_threads):
    crew, clock = Crew(), Clock({3: 3, 2: 2, 1: 1})
    assert at_work(crew, clock, monkeypatch, 20)[-1] == 1
    clock.wall += threads.FRESH + 1
    with crew.working():
        assert torch.get_num_threads() == 3


def test_a_lap_that_ends_in_an_error_leaves_the_threads_as_they_were(monkeypatch, three_threads):
    crew = Crew()
    assert at_work(crew, Clock({3: 1, 2: 2}), monkeypatch, 6)[-1] == 2
    assert crew.quickest(3) == 3  # nothing is known from half a trial
    lap = crew.laps()
    with pytest.raises(KeyboardInterrupt), lap():
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), crew.working():
        raise KeyboardInterrupt
    assert torch.get_num_threads() == 3


def test_work_in_another_thread_of_python_takes_all_threads(monkeypatch, three_threads):
    crew, clock = Crew(), Clock({3: 3, 2: 2, 1: 1})
    crew.found = 1
    with ThreadPoolExecutor(1) as pool:
        pool.submit(torch.set_num_threads, 3).result()
        assert set(pool.submit(at_work, crew, clock, monkeypatch, 20).result()) == {3}


def test_where_results_might_differ_all_threads_work(monkeypatch, three_threads):
    monkeypatch.setattr(threads, "results_are_alike", lambda most: False)
    assert set(at_work(Crew(), Clock({3: 3, 2: 2, 1: 1}), monkeypatch, 20)) == {3}


@pytest.mark.parametrize("order", ["", "COMPATIBLE", "AVX2"])
def test_results_are_alike_only_where_the_library_was_asked_for_it(order, monkeypatch):
    monkeypatch.setenv("MKL_CBWR", order)
    assert not results_are_alike.__wrapped__(2)


@pytest.fixture(params=["practice", "pretraining", "conversations", "pairs"])
def weights_after(request):
    """What makes a model, works a little on it, and returns all numbers that came out."""

    def fresh():
        model = GPT(GPTConfig(260, n_layer=2, n_head=2, n_embd=192, context=256))
        for p in model.parameters():
            p.data.normal_(std=0.2, generator=torch.Generator().manual_seed(p.numel()))
        return model

    def practice():
        model, prompts = fresh(), [[1, 2, 3], [4, 5], [6]] * 3
        made = roll_out(model, prompts, max_tokens=24, stop_ids=range(40), each=5, seed=3)
        compute_gradients(model, made, torch.linspace(-1, 1, len(made)), RLConfig(steps=1, rows=7))
        return [made.ids, made.logprobs, *(p.grad for p in model.parameters())]

    def trained(loss, shape):
        model, generator = fresh(), torch.Generator().manual_seed(1)
        ids, targets = torch.randint(260, (2, *shape), generator=generator)
        targets[..., :3] = IGNORE  # nothing counts before the answer
        data = SimpleNamespace(batch=lambda step: (ids, targets))
        losses = [metrics.loss for metrics in train(model, data, TrainConfig(steps=3, precision="fp32"), loss=loss)]
        return [torch.tensor(losses), *model.parameters()]

    return {
        "practice": practice,
        "pretraining": lambda: trained(next_token_loss, (8, 128)),
        "conversations": lambda: trained(conversation_loss, (16, 100)),
        "pairs": lambda: trained(direct_preference(fresh()), (8, 2, 60)),
    }[request.param]


def test_numbers_come_out_the_same_with_any_number_of_threads(weights_after, monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    if not results_are_alike(2):
        torch.set_num_threads(before)
        pytest.skip("this machine's sums depend on the number of threads: it always takes all of them")
    found = []
    try:
        for number in (1, 2):
            monkeypatch.setattr(CREW, "quickest", lambda most, n=number: n)
            monkeypatch.setattr(threads, "_numbers", lambda most, n=number: [n])
            found.append(weights_after())
    finally:
        torch.set_num_threads(before)
    assert all(map(torch.equal, *found))
