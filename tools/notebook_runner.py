"""Runs a notebook as a learner would, and says what is wrong with what it shows.

A fresh kernel starts in an empty folder, with a folder of its own for the learner's models; seconds and the
peak memory of the kernel and all its children are measured. This file works without a browser (nbclient);
browser.py does the same in a real JupyterLab.

    python tools/notebook_runner.py notebooks/02_pretraining.ipynb
"""

import argparse
import os
import re
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode, v4

REPOSITORY = Path(__file__).resolve().parent.parent
TIMEOUT = 1200  # seconds that one cell, or in the browser one notebook, may take
ANSI_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Run:
    """One executed notebook: its outputs, and what they cost."""

    name: str
    notebook: NotebookNode
    seconds: float
    peak_mb: float


class PeakMemory:
    """Within `with PeakMemory(pid) as memory:`, memory.mb is the most that all descendants of pid have held.

    It is the sum of their resident sets, looked at four times a second; memory that they share counts twice.
    """

    def __init__(self, pid: int):
        self.mb = 0.0
        self._parent = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self._stop.wait(0.25):
            self.mb = max(self.mb, sum(map(resident_mb, self._parent.children(recursive=True))))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def resident_mb(process: psutil.Process) -> float:
    """Resident memory in MB; 0 for a process that has just ended."""
    try:
        return process.memory_info().rss / 1e6
    except psutil.NoSuchProcess:
        return 0.0


def learner_environment(home: Path) -> dict[str, str]:
    """Environment variables of a learner who has just arrived: no models, no settings, no history."""
    folders = {
        "POCKETGPT_OWN": home / "own",
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
    }
    return os.environ | {name: str(folder) for name, folder in folders.items()}


def run_cells(client: NotebookClient, environment: dict[str, str]) -> None:
    """Run a client's cells up to the first that fails; why is then an output, which problems() reports."""
    try:
        client.execute(env=environment)
    except CellExecutionError:
        pass  # its traceback is there
    except (CellTimeoutError, DeadKernelError) as error:
        code = [cell for cell in client.nb.cells if cell.cell_type == "code"]
        running = next((cell for cell in code if not cell.get("execution_count")), code[-1])
        told = {"ename": type(error).__name__, "evalue": str(error), "traceback": [str(error)]}
        running.outputs.append(v4.new_output("error", **told))


def execute(path: Path) -> Run:
    """Run all cells; after an error the cells that follow stay unexecuted, as with "Run All"."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory(prefix="pocketgpt-", ignore_cleanup_errors=True) as folder:
        work = Path(folder, "work")
        work.mkdir()
        client = NotebookClient(notebook, timeout=TIMEOUT, resources={"metadata": {"path": str(work)}})
        started = time.perf_counter()
        with PeakMemory(os.getpid()) as memory:
            run_cells(client, learner_environment(Path(folder)))
        seconds = time.perf_counter() - started
    notebook.metadata.pop("widgets", None)
    return Run(path.stem, notebook, seconds, memory.mb)


def problems(notebook: NotebookNode) -> list[str]:
    """What a learner should not see in an executed notebook, one sentence each; empty if all is well."""
    found = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if cell.source.strip() and not cell.get("execution_count"):
            found.append(f"cell {number} was not executed")
        for output in cell.outputs:
            found += [f"cell {number} {problem}" for problem in output_problems(output)]
    return found


def output_problems(output: NotebookNode) -> list[str]:
    """The same for one output of a cell."""
    if output.output_type == "error":
        return ["raised: " + ANSI_COLOUR.sub("", "\n".join(output.traceback))]
    if output.output_type == "stream":
        shown = {"text/plain": output.text}
    else:
        shown = {kind: text for kind, text in output.data.items() if isinstance(text, str)}
    found = []
    if output.get("name") == "stderr":
        found.append(f"wrote to stderr: {output.text}")
    if "image/png" in shown and "text/html" not in shown:
        found.append("shows a picture without alt text (use an <img alt=…> in HTML)")
    if pictures_without_alt(shown.get("text/html", "")):
        found.append("shows an <img> without alt text")
    for secret in ("ipykernel_", str(Path.home()) + os.sep, str(REPOSITORY)):
        if any(secret in text for kind, text in shown.items() if kind.startswith("text/")):
            found.append(f"shows a path of this machine: {secret}")
    return found


def pictures_without_alt(html: str) -> int:
    """How many <img> in some HTML lack a description.

    >>> pictures_without_alt('<img src="a.png" alt="a loss curve"><img src="b.png" alt="">')
    1
    """
    missing = []

    class Pictures(HTMLParser):
        def handle_starttag(self, tag, attributes):
            if tag == "img" and not (dict(attributes).get("alt") or "").strip():
                missing.append(tag)

    Pictures().feed(html)
    return len(missing)


def table(runs: list[Run]) -> str:
    """Seconds and peak memory of each notebook, and their sum and maximum."""
    lines = [f"{'notebook':<32}{'seconds':>9}{'peak MB':>9}"]
    lines += [f"{run.name:<32}{run.seconds:>9.1f}{run.peak_mb:>9.0f}" for run in runs]
    if len(runs) > 1:
        most = max(run.peak_mb for run in runs)
        lines.append(f"{'together':<32}{sum(run.seconds for run in runs):>9.1f}{most:>9.0f}")
    return "\n".join(lines)


def main() -> int:
    """Execute the notebooks that are named, print what is wrong with each, then the table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path)
    runs, failed = [], 0
    for path in parser.parse_args().notebooks:
        run = execute(path)
        runs.append(run)
        for problem in problems(run.notebook):
            failed += 1
            print(f"{run.name}: {problem}", file=sys.stderr)
    print(table(runs))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
