"""Runs every notebook as Colab would: its versions, an empty folder, a clone made by the set-up cell.

`make colab` starts this file in an environment with Colab's versions (tools/colab/requirements.txt), in which
the course isn't installed. git is told to look for the repository on this machine, so nothing needs a network;
what it clones is the last commit.
"""

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from notebook_runner import REPOSITORY, TIMEOUT, PeakMemory, Run, learner_environment, problems, run_cells, table
from setup_cells import REF, REPO
from side_by_side import pool

# Colab's kernel has imported this module before the first cell runs.
FAKE_COLAB = """\
import sys
import types

for name in ("google", "google.colab"):
    sys.modules.setdefault(name, types.ModuleType(name))
"""


def bare_repository(source: Path, folder: Path) -> dict[str, str]:
    """Put the last commit of source, as REF, into a bare repository; return the variables that make git use it.

    With them `git clone https://github.com/OWNER/NAME` reads from the folder. The commit is fetched, not
    pushed, as that also works where source is a shallow clone.
    """
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "--quiet", "--bare"], check=True)
    subprocess.run(
        [*git, "fetch", "--quiet", "--depth=1", source.resolve().as_uri(), f"+HEAD:refs/heads/{REF}"], check=True
    )
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{folder.resolve().as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": f"https://github.com/{REPO}",
    }


def execute_as_colab(path: Path, git_settings: dict[str, str]) -> tuple[Run, list[str]]:
    """Run all cells of a notebook as a newcomer to Colab; return what they showed, and what is wrong with it."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory(prefix="colab-", ignore_cleanup_errors=True) as home:
        work = Path(home, "content")
        work.mkdir()
        startup = Path(home, "ipython", "profile_default", "startup")
        startup.mkdir(parents=True)
        (startup / "colab.py").write_text(FAKE_COLAB, encoding="utf-8")
        environment = learner_environment(Path(home)) | git_settings
        for name in ("POCKETGPT_OWN", "PYTHONPATH"):  # on Colab the learner's models lie in the clone
            environment.pop(name, None)
        client = NotebookClient(notebook, timeout=TIMEOUT, resources={"metadata": {"path": str(work)}})
        started = time.perf_counter()
        with PeakMemory(os.getpid()) as memory:
            run_cells(client, environment)
        seconds = time.perf_counter() - started
        source = work / "pocket-chatgpt" / "src"
        cloned = all((source / package).is_dir() for package in ("pocketgpt", "pocketgpt_lessons"))
    found = problems(notebook) + ([] if cloned else ["the set-up cell made no clone"])
    return Run(path.stem, notebook, seconds, memory.mb), found


def uncommitted() -> bool:
    """Whether a clone of the last commit lacks something that lies here."""
    command = ["git", "status", "--porcelain", "--", "src", "data", "notebooks"]
    return bool(subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True, text=True).stdout)


def main() -> int:
    """Run all notebooks; print their problems, their costs, and how many passed; return 1 if one failed."""
    shown = ("ipython", "ipywidgets", "ipykernel", "traitlets", "matplotlib", "numpy", "torch")
    print("As Colab, with " + ", ".join(f"{name} {version(name)}" for name in shown), flush=True)
    if uncommitted():
        print("Not all is committed here: the clone holds the last commit only.", flush=True)
    runs, failed = [], 0
    with tempfile.TemporaryDirectory(prefix="bare-", ignore_cleanup_errors=True) as folder, pool() as processes:
        execute = partial(execute_as_colab, git_settings=bare_repository(REPOSITORY, Path(folder)))
        for run, found in processes.map(execute, sorted((REPOSITORY / "notebooks").glob("*.ipynb"))):
            runs.append(run)
            failed += bool(found)
            for problem in found:
                print(f"{run.name}: {problem}", flush=True)
    print(table(runs) + "\nTwo ran at a time.")
    print(f"{len(runs) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
