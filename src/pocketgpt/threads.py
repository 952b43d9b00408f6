"""How PyTorch's threads wait for each other, and how many of them are best beside what else a machine does.

A model of our size asks its threads for thousands of small pieces of work a second, and between two pieces each of
them waits. To wait in a busy loop is fastest on a machine with nothing else to do. Beside another program it is the
slowest of all: the thread that should work is waiting for a core, and the others spin on theirs until it has got one.
So we let them spin some microseconds only. And as even then all of them wait for the one whose core is taken, training,
practice and exams try whether fewer threads get on quicker, as soon as some of them don't get their time (Crew).

Measured on two cores (`tools/benchmarks/bench_busy.py`), as multiples of the time alone: training takes 1.8 beside a
busy core and 1.9 beside its like, instead of 2.9 and 2.3; practice 1.7 and 1.8, instead of 3.4 and 5.2; exams 1.6.
Alone, training loses nothing to the short waits, and practice up to 4%: in four tries each it took 0.58 to 0.71 s, and
0.56 to 0.64 s with libgomp's own.
"""

import os
import threading
import time
from collections.abc import Callable, Generator, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache

BRIEFLY = {  # what the libraries that start PyTorch's threads read when they are loaded
    "GOMP_SPINCOUNT": "1500",  # rounds of the loop; GNU's, on Linux
    "KMP_BLOCKTIME": "1",  # milliseconds, 200 if not set; LLVM's and Intel's, on macOS and Windows
}
CHOSEN = (*BRIEFLY, "OMP_WAIT_POLICY")
ALIKE = {"MKL_CBWR": "AUTO,STRICT"}  # Intel's library for matrices: the same sums with any number of threads
LAPS = 3  # with each number of threads that is tried
PAUSE = 12  # laps after a trial until the next one
FRESH = 30.0  # seconds for which other work begins with what a trial found
FREE = 0.85  # share of a lap for which each thread has a core to itself on a machine with nothing else to do


def prepare(environment: MutableMapping[str, str] = os.environ) -> None:
    """Ask for short waits and for sums that don't depend on the number of threads, unless the environment has chosen;
    of no effect once torch is loaded.

    >>> environment = {"OMP_NUM_THREADS": "2"}
    >>> prepare(environment)
    >>> environment["KMP_BLOCKTIME"], environment["MKL_CBWR"]
    ('1', 'AUTO,STRICT')
    """
    if not any(name in environment for name in CHOSEN):
        environment.update(BRIEFLY)
    for name, value in ALIKE.items():
        environment.setdefault(name, value)


Plan = Generator[int, tuple[float, float], None]


class Crew:
    """As many of PyTorch's threads as are quickest just now.

        lap = crew.laps()
        for step in steps:
            with lap():
                ...  # about equal work in each step

    As long as all threads get the time that they can use, nothing else is tried; else some laps find out which number
    of them is quickest. `working()` is a block with as many as were quickest the last time. Behind either, PyTorch
    has as many as before. Where their number could change a result, all of them are used, always.
    """

    def __init__(self) -> None:
        self.found: int | None = None  # the number that the last trial found
        self.found_at = 0.0

    def quickest(self, most: int) -> int:
        """How many of at most so many threads to begin with: a trial's result counts for a while."""
        if self.found is None or time.perf_counter() - self.found_at > FRESH:
            return most
        return min(self.found, most)

    @contextmanager
    def working(self) -> Iterator[None]:
        """A block of work with the quickest number of threads."""
        import torch

        with _threads(self.quickest(torch.get_num_threads())):
            yield

    def laps(self) -> Callable[[], AbstractContextManager[None]]:
        """What times the laps of some work, and tries other numbers of threads in them where that may help."""
        import torch

        plan = self._plan(torch.get_num_threads())
        number = next(plan)

        @contextmanager
        def lap() -> Iterator[None]:
            nonlocal number
            with _threads(number):
                wall, cpu = time.perf_counter(), time.process_time()
                yield
                number = plan.send((time.perf_counter() - wall, (time.process_time() - cpu) / number))

        return lap

    def _plan(self, most: int) -> Plan:
        """Yields each lap's number of threads; is sent its seconds, and those for which each thread had a core."""
        now = self.quickest(most)
        yield now  # the first lap, in which caches are filled, isn't counted
        while True:
            wall, cpu = yield from _together(LAPS, now)
            if now == most and cpu > FREE * wall:
                continue
            took = {now: wall}
            for number in _numbers(most):
                if number not in took:
                    took[number], _ = yield from _together(LAPS, number)
            now = min(took, key=took.__getitem__)
            self.found, self.found_at = now, time.perf_counter()
            yield from _together(PAUSE, now)


def _together(laps: int, threads: int) -> Generator[int, tuple[float, float], tuple[float, float]]:
    """The seconds of so many laps, added up."""
    times = []
    for _ in range(laps):
        times.append((yield threads))
    wall, cpu = zip(*times, strict=True)
    return sum(wall), sum(cpu)


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """A block with so many threads, unless their number could change a result."""
    import torch

    most = torch.get_num_threads()
    # Other threads of Python's may ask PyTorch for work meanwhile: they leave the number as it is.
    free = threading.current_thread() is threading.main_thread() and results_are_alike(most)
    if free:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        if free:
            torch.set_num_threads(most)


def _numbers(most: int) -> list[int]:
    """Numbers of threads to try: all, all but one, and half of them.

    >>> _numbers(2), _numbers(8)
    ([2, 1], [8, 7, 4])
    """
    return sorted({most, max(1, most - 1), max(1, most // 2)}, reverse=True)


@cache
def results_are_alike(most: int) -> bool:
    """Whether products and sizes of matrices come out the same, bit by bit, with 1 thread and with `most`.

    Few rows are where they differ if the library wasn't asked for sums in one order, so those are tried.
    """
    import torch

    if most == 1 or not torch.backends.mkl.is_available() or "STRICT" not in os.environ.get("MKL_CBWR", ""):
        return False
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(576, 192, generator=generator)
    rows = [torch.randn(n, 192, generator=generator) for n in (1, 3, 5, 6, 7, 12, 100, 1000)]

    def products(threads: int) -> list[torch.Tensor]:
        torch.set_num_threads(threads)
        return [x @ weights.T for x in rows] + [x.T @ x for x in rows] + [weights.norm(), weights.T.norm()]

    try:
        few, many = products(1), products(most)
    finally:
        torch.set_num_threads(most)
    return all(map(torch.equal, few, many))


CREW = Crew()  # the process's, as PyTorch's threads are
