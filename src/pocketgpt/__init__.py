"""Pocket ChatGPT: every stage of a ChatGPT-like system, small enough to be built on a laptop's CPU.

The notebooks teach; this package holds the code that they share. Importing it loads nothing: take what you need from
its modules, e.g. ``from pocketgpt.tokenizer import Tokenizer``. It only says how PyTorch's threads are to wait, which
must be said before torch is imported.
"""

from pocketgpt.threads import wait_briefly

__version__ = "0.1.0"

wait_briefly()
