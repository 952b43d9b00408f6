"""Every notebook runs as a learner would run it.

Where a Chromium is installed it runs in a real JupyterLab, where each widget is moved too; elsewhere in
nbclient. Pictures of the pages are left in build/screenshots, and the summary ends with a table of costs. As two
notebooks run at a time, their seconds are more than a learner's.
"""

from functools import partial

import pytest
import side_by_side
from browser import BrowserRun, find_chromium, run_in_browser
from executed_notebooks import fingerprint, keep
from notebook_runner import REPOSITORY, execute, problems

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def running(request):
    """For each notebook that is to be run, what it is made from and what comes of it; two run at a time."""
    items = [item for item in request.session.items if item.name.startswith("test_runs_as_a_learner")]
    run = partial(run_in_browser, out=REPOSITORY / "build" / "screenshots") if find_chromium() else execute
    with side_by_side.pool() as processes:
        paths = [item.callspec.params["path"] for item in items]
        yield {path: (fingerprint(path), processes.submit(run, path)) for path in paths}
        processes.shutdown(cancel_futures=True)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_as_a_learner_would_run_it(path, running, notebook_runs):
    made_from, started = running[path]
    result = started.result()
    if isinstance(result, BrowserRun):
        run, found = result.run, result.problems
    else:
        run, found = result, problems(result.notebook)
    notebook_runs.append(run)
    assert not found, "\n".join(found)
    keep(path, run, made_from)  # for the book
