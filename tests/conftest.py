"""What all tests share: a folder for a learner's models, no deadlines, the notebooks' costs."""

import os
import shutil
import sys
import tempfile

import pytest
from hypothesis import settings

# A busy machine must not fail a test.
settings.register_profile("pocketgpt", deadline=None)
settings.load_profile("pocketgpt")

# jsonschema, which nbformat imports, compiles a grammar of web addresses if it finds this package: seconds in each
# process, and no notebook's schema asks for such an address. None stands for "not installed".
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

# Its assertions show what they compared, as those of the tests themselves do.
pytest.register_assert_rewrite("exercise_cases")

NOTEBOOK_RUNS = pytest.StashKey[list]()


def pytest_configure(config):
    """No test, doctest or notebook may touch the models and notes of the person who runs it."""
    config.own_folder = tempfile.mkdtemp(prefix="pocketgpt-own-")
    os.environ["POCKETGPT_OWN"] = config.own_folder
    config.stash[NOTEBOOK_RUNS] = []


def pytest_unconfigure(config):
    shutil.rmtree(config.own_folder, ignore_errors=True)


@pytest.fixture
def notebook_runs(request):
    """The list of executed notebooks, whose costs stand in the summary."""
    return request.config.stash[NOTEBOOK_RUNS]


def pytest_terminal_summary(terminalreporter, config):
    if config.stash[NOTEBOOK_RUNS]:
        from notebook_runner import table

        terminalreporter.section("notebooks")
        terminalreporter.write_line(table(config.stash[NOTEBOOK_RUNS]))
