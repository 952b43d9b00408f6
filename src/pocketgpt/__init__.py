"""Pocket ChatGPT: every stage of a ChatGPT-like system, small enough to be built on a laptop's CPU.

The notebooks teach; this package holds the code that they share. Importing it loads nothing: take what you need from
its modules, e.g. ``from pocketgpt.tokenizer import Tokenizer``. It only says how PyTorch's threads are to wait and to
add up, which must be said before torch is imported.
"""

from pocketgpt.threads import prepare

__version__ = "0.1.0"

prepare()
