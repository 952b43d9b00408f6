"""What all tests share: a learner's folder of their own, and hypothesis without deadlines."""

import os
import shutil
import tempfile

from hypothesis import settings

# A busy machine must not fail a test.
settings.register_profile("pocketgpt", deadline=None)
settings.load_profile("pocketgpt")

# Importing a benchmark imports its peers, which takes seconds; `make bench` runs them.
collect_ignore = ["benchmarks"]


def pytest_configure(config):
    """No test, doctest or notebook may touch the models and notes of the person who runs it."""
    config.own_folder = tempfile.mkdtemp(prefix="pocketgpt-own-")
    os.environ["POCKETGPT_OWN"] = config.own_folder


def pytest_unconfigure(config):
    shutil.rmtree(config.own_folder, ignore_errors=True)
