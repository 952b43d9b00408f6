"""How long PyTorch's threads wait for each other in a busy loop, before they let others have the core.

A model of our size asks its threads for thousands of small pieces of work a second, and between two pieces each of
them waits. To wait in a busy loop is fastest on a machine with nothing else to do. Beside another program it is the
slowest of all: the thread that should work is waiting for a core, and the others spin on theirs until it has got one.
So we let them spin some microseconds only. Measured on two cores (`tools/benchmarks/bench_busy.py`), as multiples of
the time alone: practice takes 2.6 beside a busy core and 2.6 beside its like, instead of 3.4 and 5.2; training 2.0
and 2.2, instead of 2.9 and 2.3. Alone, practice is 8% slower for it, and training isn't.
"""

import os
from collections.abc import MutableMapping

BRIEFLY = {  # what the libraries that start PyTorch's threads read when they are loaded
    "GOMP_SPINCOUNT": "1000",  # rounds of the loop; GNU's, on Linux
    "KMP_BLOCKTIME": "1",  # milliseconds, 200 if not set; LLVM's and Intel's, on macOS and Windows
}
CHOSEN = (*BRIEFLY, "OMP_WAIT_POLICY")


def wait_briefly(environment: MutableMapping[str, str] = os.environ) -> None:
    """Ask for short waits, unless the environment says how to wait; of no effect once torch is loaded.

    >>> environment = {"OMP_NUM_THREADS": "2"}
    >>> wait_briefly(environment)
    >>> environment["KMP_BLOCKTIME"]
    '1'
    """
    if not any(name in environment for name in CHOSEN):
        environment.update(BRIEFLY)
