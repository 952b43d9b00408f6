"""What lies in the repository: small, portable, pinned, in layers, and only what Colab's older widgets know, too."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from notebook_runner import REPOSITORY

BINARY = {".safetensors", ".png", ".gif"}

# In ipywidgets 8 but not in Colab's 7.7.1, which swallows unknown arguments without a word.
NEWER_WIDGETS = re.compile(
    r"\b(TagsInput|ColorsInput|FloatsInput|IntsInput|Stack|TimePicker|DatetimePicker|NaiveDatetimePicker)\("
    r"|\b(tooltip|description_allow_html|tabbable|border_(top|right|bottom|left))\s*="
    r"|\b(Tab|Accordion)\([^()]*titles\s*="
    r"|\bPlay\([^()]*playing\s*=|\.playing\b"
)


@cache
def tracked() -> list[Path]:
    """Files that git knows, and those that it will know; a test that needs them is skipped without git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listing = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this folder is not a git clone")
    paths = [REPOSITORY / name for name in sorted(set(listing.split("\0"))) if name]
    return [path for path in paths if path.is_file()]


def texts() -> list[tuple[str, bytes]]:
    return [
        (path.relative_to(REPOSITORY).as_posix(), path.read_bytes()) for path in tracked() if path.suffix not in BINARY
    ]


def source_of(folder: str) -> list[tuple[str, str]]:
    """Name and text of each module or notebook in a folder."""
    files = sorted([*(REPOSITORY / folder).rglob("*.py"), *(REPOSITORY / folder).glob("*.ipynb")])
    return [(path.relative_to(REPOSITORY).as_posix(), path.read_text(encoding="utf-8")) for path in files]


def imports_of(text: str) -> set[str]:
    """Each import of a module, wherever it stands in it: the module that is named, and after a blank what of it."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{'.' * node.level}{node.module or ''} {alias.name}" for alias in node.names}
    return found


def pins(name: str) -> list[str]:
    lines = (REPOSITORY / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_no_file_is_large_or_a_pickle():
    large = [path.name for path in tracked() if path.stat().st_size > 10_000_000]
    pickles = [path.name for path in tracked() if path.suffix in {".pt", ".pth", ".pkl", ".pickle"}]
    assert large == [] and pickles == []


def test_no_file_names_a_folder_of_this_machine():
    folders = {str(REPOSITORY).encode(), str(Path.home()).encode() + b"/"}
    assert [name for name, text in texts() if any(folder in text for folder in folders)] == []


def test_lines_end_in_lf():
    assert [name for name, text in texts() if b"\r\n" in text] == []


def test_text_is_utf8():
    for name, text in texts():
        assert text.decode("utf-8") is not None, name


@pytest.mark.parametrize(
    "name",
    ["requirements.txt", "tests/requirements.txt", "tools/benchmarks/requirements.txt", "tools/colab/requirements.txt"],
)
def test_requirements_are_exact(name):
    assert [line for line in pins(name) if line != "-e .[lessons]" and not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


def test_the_commands_of_the_readme_exist():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    commands = set(re.findall(r"\bmake ([a-z-]+)", readme))
    assert {"lab", "test"} <= commands
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    assert commands <= targets
    assert set(re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)[1].split()) == targets


def test_the_system_knows_neither_lessons_nor_what_shows_them():
    foreign = re.compile(r"(pocketgpt_lessons|IPython|ipywidgets|matplotlib)\b")
    modules = source_of("src/pocketgpt")
    assert modules
    assert [(name, known) for name, text in modules for known in imports_of(text) if foreign.match(known)] == []


@pytest.mark.parametrize("folder", ["src", "tools"])
def test_imports_are_absolute_and_of_public_names(folder):
    relative_or_private = re.compile(r"^\.| _(?!_)")
    found = [(name, known) for name, text in source_of(folder) for known in imports_of(text)]
    assert found
    assert [(name, known) for name, known in found if relative_or_private.search(known)] == []


@pytest.mark.parametrize("folder", ["src", "notebooks", "tools"])
def test_widgets_are_those_of_colab(folder):
    newer = {name: match[0] for name, text in source_of(folder) if (match := NEWER_WIDGETS.search(text))}
    assert newer == {}
