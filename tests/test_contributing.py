"""What README.md and CONTRIBUTING.md name exists."""

import re

import pytest
from notebook_runner import REPOSITORY

PAGES = ("README.md", "CONTRIBUTING.md")
MADE_LATER = ("build", ".venv", "data/own")  # named, but not in the repository
LOOKS_LIKE_A_PATH = re.compile(r"[\w.-]+(/[\w.-]+)*(/|/[\w-]+\.\w+)")


def paths_of(text: str) -> set[str]:
    """Targets of links to files, and what stands in backquotes and looks like a path."""
    links = {target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target}
    quoted = {name for name in re.findall(r"`([^`\n]+)`", text) if LOOKS_LIKE_A_PATH.fullmatch(name)}
    return {path for path in links | quoted if path and not path.startswith(MADE_LATER)}


def test_paths_are_found():
    text = "[a](b/c.md#d) [e](https://example.org/f.md) `g/h.py` `i()` `j.py` `data/own/k.json` `l/` `m/n`"
    assert paths_of(text) == {"b/c.md", "g/h.py", "l/"}


@pytest.mark.parametrize("page", PAGES)
def test_each_path_named_exists(page):
    paths = paths_of((REPOSITORY / page).read_text(encoding="utf-8"))
    assert len(paths) > 5
    assert sorted(path for path in paths if not (REPOSITORY / path).exists()) == []


def test_the_page_for_contributors_is_short():
    assert len((REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_each_idea_stands_where_the_map_says():
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| .+ \| `(src/\S+\.py)` \| `(\w+)` \|$", text, flags=re.MULTILINE)
    assert len(rows) >= 20
    sources = {path: (REPOSITORY / path).read_text(encoding="utf-8") for path, _ in rows}
    lost = [(path, name) for path, name in rows if not re.search(rf"^\s*(def|class) {name}\b", sources[path], re.M)]
    assert lost == []
