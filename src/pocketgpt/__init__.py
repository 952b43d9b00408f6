"""Pocket ChatGPT: every stage of a ChatGPT-like system, small enough to be built on a laptop's CPU.

The notebooks teach; this package holds the code that they share. Importing it runs nothing and loads nothing:
take what you need from its modules, e.g. ``from pocketgpt.tokenizer import Tokenizer``.
"""

__version__ = "0.1.0"
