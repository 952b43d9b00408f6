"""How PyTorch's threads wait for each other, and how many of them are best beside what else a machine does.

A model of our size asks its threads for thousands of small pieces of work a second, and between two pieces each of
them waits. To wait in a busy loop is fastest on a machine with nothing else to do. Beside another program it is the
slowest of all: the thread that should work is waiting for a core, and the others spin on theirs until it has got one.
So we let them spin some microseconds only. And as even then all of them wait for the one whose core is taken, practice
and exams try whether fewer threads get on quicker (Crew).

Measured on two cores (`tools/benchmarks/bench_busy.py`), as multiples of the time alone: practice takes 1.7 beside a
busy core and 1.6 beside its like, instead of 3.4 and 5.2; exams 1.6 and 1.7; training, which always has all threads,
2.0 and 2.1, instead of 2.9 and 2.3. Alone, practice is 5% slower for the short waits, and training isn't.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from functools import cache

BRIEFLY = {  # what the libraries that start PyTorch's threads read when they are loaded
    "GOMP_SPINCOUNT": "1000",  # rounds of the loop; GNU's, on Linux
    "KMP_BLOCKTIME": "1",  # milliseconds, 200 if not set; LLVM's and Intel's, on macOS and Windows
}
CHOSEN = (*BRIEFLY, "OMP_WAIT_POLICY")
ALIKE = {"MKL_CBWR": "AUTO,STRICT"}  # Intel's library for matrices: the same sums with any number of threads
LAPS = 3  # with each number of threads that is tried


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


class Crew:
    """As many of PyTorch's threads as are quickest just now, tried on the first laps of some work.

        with crew.working() as lap:
            for step in steps:
                lap()
                ...  # about equal work in each step

    Without a call of lap() the block has as many threads as were quickest the last time. Where their number could
    change a result, all of them are used, always.
    """

    def __init__(self) -> None:
        self.quickest: int | None = None  # threads; all of them until something was tried

    @contextmanager
    def working(self) -> Iterator[Callable[[], None]]:
        """A block of work; afterwards PyTorch has as many threads as before."""
        import torch

        most = torch.get_num_threads()
        # Other threads of Python's may ask PyTorch for work meanwhile: they leave the number as it is.
        free = threading.current_thread() is threading.main_thread() and results_are_alike(most)
        laps = self._laps(_numbers(most) if free else [most])
        if free and self.quickest is not None:
            torch.set_num_threads(min(self.quickest, most))
        try:
            yield lambda: next(laps)
        finally:
            if free:
                torch.set_num_threads(most)

    def _laps(self, numbers: list[int]) -> Iterator[None]:
        """Each step sets the number of threads for a lap; the first lap isn't counted."""
        import torch

        yield
        took = {}
        for number in numbers if len(numbers) > 1 else []:  # with one number there is nothing to try
            torch.set_num_threads(number)
            start = time.perf_counter()
            for _ in range(LAPS):
                yield
            took[number] = time.perf_counter() - start
        if took:
            self.quickest = min(took, key=took.__getitem__)
            torch.set_num_threads(self.quickest)
        while True:
            yield


def _numbers(most: int) -> list[int]:
    """Numbers of threads to try: all, all but one, and half of them.

    >>> _numbers(2), _numbers(8)
    ([2, 1], [8, 7, 4])
    """
    return sorted({most, max(1, most - 1), max(1, most // 2)}, reverse=True)


@cache
def results_are_alike(most: int) -> bool:
    """Whether products of matrices come out the same, bit by bit, with 1 thread and with `most`.

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
        return [x @ weights.T for x in rows] + [x.T @ x for x in rows]

    try:
        few, many = products(1), products(most)
    finally:
        torch.set_num_threads(most)
    return all(map(torch.equal, few, many))


CREW = Crew()  # the process's, as PyTorch's threads are
