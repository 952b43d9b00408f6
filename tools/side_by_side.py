"""Runs notebooks two at a time, each on half of the cores.

That is faster than one after the other on all of them: much of a notebook uses a single core, and while a browser or
a kernel starts, or a widget waits for its answer, none is busy. Seconds measured so are longer than a learner's:
`make notebooks` measures those.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def pool() -> ProcessPoolExecutor:
    """Two processes, or one on a single core; what they start uses half of the cores, if nothing else is said."""
    cores = os.cpu_count() or 1
    # spawned, not forked: JupyterLab, a browser and an event loop start in them
    return ProcessPoolExecutor(min(2, cores), get_context("spawn"), limit_threads, (max(1, cores // 2),))


def limit_threads(threads: int) -> None:
    """PyTorch, in all that this process starts, uses so many cores; a number that is set already stays."""
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
