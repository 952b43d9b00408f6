"""Work on a busy machine, as a ratio to the same work alone.

`python tools/benchmarks/run.py busy` takes some four minutes, with nothing else to do. Each kind of work runs alone,
beside a program that keeps one core busy, and beside a second program of the same kind, such as another notebook left
open. The way to wait that `pocketgpt.threads` chooses is in force; `OMP_WAIT_POLICY=active` (or passive) before the
command tries another.
"""

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from itertools import islice

SECONDS = 15.0  # of each measurement
BUSY = [sys.executable, "-c", "while True: pass"]


def training() -> Callable[[], object]:
    """Three steps of a long run of pretraining, as in notebook 02."""
    from pocketgpt import checkpoints
    from pocketgpt.training.config import TrainConfig
    from pocketgpt.training.data import TokenStream
    from pocketgpt.training.loop import train
    from pocketgpt.training.pretrain import world_corpus
    from pocketgpt.world import load_tables

    model, tokenizer, _ = checkpoints.load("base", own=False)
    data = TokenStream(world_corpus(load_tables(), tokenizer=tokenizer).train, 16, 256)
    run = train(model, data, TrainConfig(steps=10_000, precision="fp32"))
    return lambda: list(islice(run, 3))


def practice() -> Callable[[], object]:
    """A step of practice with 16 × 8 answers, as in notebook 06."""
    from pocketgpt import checkpoints
    from pocketgpt.rl.config import RLConfig
    from pocketgpt.rl.environment import Environment
    from pocketgpt.rl.grpo import grpo
    from pocketgpt.rl.tasks import Sum

    model, tokenizer, _ = checkpoints.load("reasoner", own=False)
    sums = Environment(partial(Sum.draw, digits=[2]))
    return lambda: list(grpo(model, tokenizer, sums, RLConfig(steps=1, prompts=16, rollouts=8)))


def answering() -> Callable[[], object]:
    """Eighty tokens of one answer, as in a chat."""
    from pocketgpt import checkpoints
    from pocketgpt.sampling.generate import stream

    model, _, _ = checkpoints.load("honest", own=False)
    return lambda: list(stream(model, [[random.randrange(256) for _ in range(40)]], 80))


def examining() -> Callable[[], object]:
    """Answers of up to sixty tokens to 128 sums at once, as in an exam."""
    from pocketgpt import checkpoints
    from pocketgpt.sampling.generate import continue_all, prompt_ids

    model, tokenizer, _ = checkpoints.load("honest", own=False)
    prompts = [prompt_ids(tokenizer, f"Work out {n} + {2 * n}.") for n in range(128)]
    return lambda: continue_all(model, prompts, 60, temperature=0)


KINDS = {work.__name__: work for work in (training, practice, answering, examining)}


def _command(kind: str, seconds: float) -> list[str]:
    return [sys.executable, __file__, kind, str(seconds)]


def seconds_of(kind: str) -> float:
    """Median seconds of a piece of work, repeated in a process of its own."""
    done = subprocess.run(_command(kind, SECONDS), capture_output=True, text=True, check=True)
    return float(done.stdout)


@cache
def alone(kind: str) -> float:
    """The same with nothing beside it, measured once."""
    return seconds_of(kind)


@contextmanager
def neighbour(command: list[str]) -> Iterator[None]:
    """Another program beside the block; it has some seconds to get going."""
    other = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        time.sleep(5)
        yield
    finally:
        other.kill()
        other.wait()


def _beside(kind: str, what: str, command: list[str], target: float) -> dict:
    quiet = alone(kind)
    with neighbour(command):
        busy = seconds_of(kind)
    ratio = busy / quiet
    return {
        "name": f"{kind} beside {what}",
        "ours": f"{busy:.2f} s",
        "peer": f"{quiet:.2f} s (alone)",
        "ratio": ratio,
        "target": target,
        "reached": ratio <= target,
    }


def _benchmark(kind: str, what: str, command: list[str], target: float) -> Callable[[], dict]:
    measure = partial(_beside, kind, what, command, target)
    measure.__name__ = f"{kind} beside {what}"  # as run.py tells what it is at
    return measure


BENCHMARKS = [
    benchmark
    for kind in KINDS
    for benchmark in (
        _benchmark(kind, "a busy core", BUSY, 2.0),
        _benchmark(kind, "its like", _command(kind, 4 * SECONDS), 3.0),
    )
]


def main() -> None:
    """Repeat a kind of work for some seconds; print the median of what it took."""
    kind, seconds = sys.argv[1], float(sys.argv[2])
    work, times = KINDS[kind](), []
    work()  # the first one warms up
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    print(statistics.median(times))


if __name__ == "__main__":
    main()
