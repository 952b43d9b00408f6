"""Runs a notebook in a real JupyterLab in a real Chromium, takes pictures of it, and moves its widgets.

    python tools/browser.py notebooks/02_pretraining.ipynb --out /tmp/shots

writes /tmp/shots/02_pretraining.png (the whole notebook) and /tmp/shots/02_pretraining/01.png, 02.png, …
(the same in parts). What it does to the widgets stands in widget_mover.py.
"""

import argparse
import io
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from notebook_runner import TIMEOUT, PeakMemory, Run, learner_environment, problems
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from widget_mover import move_widgets

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# No questions about news; all cells stay in the page, so that a picture shows them all.
JUPYTERLAB_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}
WIDTH, HEIGHT = 1280, 1900
PATIENCE = 300  # seconds; a busy machine must not fail a notebook

# JupyterLab asks for all widgets at once while it is still making the kernel a thread for such questions. On a busy
# machine the question overtakes its own beginning, the kernel says so, and JupyterLab asks again, widget by widget.
# Only the page's own ids have hyphens: a message to a widget of ours that is gone is still reported.
EARLY_QUESTION = re.compile(r"No such comm: [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# JavaScript, in the page.
NOTEBOOK = "window.jupyterapp.shell.currentWidget"
KERNEL_IDLE = f"""() => {{
    const kernel = window.jupyterapp && {NOTEBOOK}?.sessionContext?.session?.kernel;
    return kernel && kernel.connectionStatus === 'connected' && kernel.status === 'idle';
}}"""
# Errors of a widget's callback reach no cell: they are caught on their way from the kernel.
RUN_ALL = f"""() => {{
    window.pocketProblems = [];
    {NOTEBOOK}.sessionContext.session.kernel.iopubMessage.connect((_, message) => {{
        const {{header, content}} = message;
        const failed = header.msg_type === 'error';
        const warned = header.msg_type === 'stream' && content.name === 'stderr';
        if (failed) window.pocketProblems.push(content.ename + ': ' + content.evalue);
        if (warned) window.pocketProblems.push(content.text);
    }});
    window.pocketDone = false;
    const done = () => {{ window.pocketDone = true; }};
    window.jupyterapp.commands.execute('notebook:run-all-cells').finally(done);
}}"""


@dataclass(frozen=True)
class BrowserRun:
    """A Run, and what was wrong with it: outputs, widgets, and requests that left this machine."""

    run: Run
    problems: list[str]


def find_chromium() -> str | None:
    """The browser to use: what the variable CHROMIUM names, else the first one installed, else None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def jupyterlab(folder: Path) -> Iterator[tuple[str, str, int]]:
    """A JupyterLab that shows folder/work, without the user's own settings: address, token, process id."""
    overrides = folder / "config" / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(parents=True)
    overrides.write_text(json.dumps(JUPYTERLAB_SETTINGS), encoding="utf-8")
    port, token, log = free_port(), secrets.token_hex(16), folder / "jupyterlab.log"
    options = [
        "--no-browser",
        "--allow-root",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder / 'work'}",
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",
        "--LabApp.expose_app_in_browser=True",
    ]
    with open(log, "w", encoding="utf-8") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=learner_environment(folder),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for_server(f"{address}/api/status?token={token}", server, log)
        yield address, token, server.pid
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for_server(url: str, server: subprocess.Popen, log: Path) -> None:
    """Return when the server answers; RuntimeError with its log if it ends, or says nothing for a long time."""
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("JupyterLab did not start:\n" + log.read_text(encoding="utf-8"))


@contextmanager
def browser_page(requests: list[str]) -> Iterator[Page]:
    """An empty page; the addresses that it asks for are added to `requests`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_OPTIONS))
        try:
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.set_default_timeout(PATIENCE * 1000)
            page.on("request", lambda request: requests.append(request.url))
            yield page
        finally:
            browser.close()


def open_notebook(page: Page, address: str, token: str, name: str) -> None:
    """Open it, close the side bar, and wait for the kernel itself: the tool bar says idle too early."""
    page.goto(f"{address}/lab/tree/{name}?token={token}")
    wait_for_kernel(page, PATIENCE)
    page.evaluate("window.jupyterapp.shell.collapseLeft()")


def wait_for_kernel(page: Page, seconds: float = TIMEOUT) -> None:
    """Return when the notebook's kernel is connected and has nothing to do."""
    page.wait_for_function(KERNEL_IDLE, timeout=seconds * 1000, polling=50)


def run_all(page: Page) -> float:
    """Run all cells as the menu does; seconds until the last one has ended."""
    started = time.perf_counter()
    page.evaluate(RUN_ALL)
    page.wait_for_function("window.pocketDone", timeout=TIMEOUT * 1000, polling=200)
    wait_for_kernel(page)
    return time.perf_counter() - started


def take_pictures(page: Page, out: Path, name: str) -> None:
    """out/name.png shows the whole notebook, out/name/NN.png its parts: tall pictures are hard to look at."""
    parts = out / name
    shutil.rmtree(parts, ignore_errors=True)
    parts.mkdir(parents=True)
    panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer")
    total, visible = panel.evaluate("panel => [panel.scrollHeight, panel.clientHeight]")
    whole = Image.new("RGB", (round(panel.bounding_box()["width"]), total), "white")
    for number, top in enumerate(range(0, total, visible), start=1):
        scrolled = panel.evaluate("(panel, top) => { panel.scrollTop = top; return panel.scrollTop; }", top)
        page.wait_for_timeout(150)
        part = Image.open(io.BytesIO(panel.screenshot()))
        part.save(parts / f"{number:02}.png")
        whole.paste(part, (0, round(scrolled)))
    whole.save(out / f"{name}.png")


def executed_notebook(page: Page) -> nbformat.NotebookNode:
    """The notebook as the page now holds it, outputs included."""
    model = page.evaluate(f"JSON.stringify({NOTEBOOK}.content.model.toJSON())")
    return nbformat.from_dict(json.loads(model))


def foreign_requests(urls: list[str], address: str) -> list[str]:
    """Requests that left this machine: once installed, nothing is downloaded."""
    return sorted({url[:100] for url in urls if url.startswith("http") and not url.startswith(address)})


def run_in_browser(path: Path, out: Path) -> BrowserRun:
    """Open, run all, take pictures into `out`, move every widget."""
    with tempfile.TemporaryDirectory(prefix="pocketgpt-", ignore_cleanup_errors=True) as folder:
        work, requests = Path(folder, "work"), []
        work.mkdir()
        shutil.copy(path, work)
        with jupyterlab(Path(folder)) as (address, token, pid), browser_page(requests) as page:
            open_notebook(page, address, token, path.name)
            with PeakMemory(pid) as memory:
                seconds = run_all(page)
                notebook = executed_notebook(page)
                take_pictures(page, out, path.stem)
                found = problems(notebook) + move_widgets(page, lambda: wait_for_kernel(page))
            reported = page.evaluate("window.pocketProblems")
            found += [f"the kernel reported: {text}" for text in reported if not EARLY_QUESTION.fullmatch(text.strip())]
            found += [f"the page asked for {url}" for url in foreign_requests(requests, address)]
    return BrowserRun(Run(path.stem, notebook, seconds, memory.mb), found)


def main() -> int:
    """Run the notebooks that are named in a real browser; print what is wrong with each."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("build/screenshots"), help="folder of the pictures")
    arguments = parser.parse_args()
    if not find_chromium():
        sys.exit("There is no Chromium here: install it, or set CHROMIUM to the path of a browser.")
    failed = False
    for path in arguments.notebooks:
        result = run_in_browser(path, arguments.out)
        failed = failed or bool(result.problems)
        print(f"{path.stem}: {result.run.seconds:.1f} s, {result.run.peak_mb:.0f} MB")
        print("".join(f"  {problem}\n" for problem in result.problems), end="")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
