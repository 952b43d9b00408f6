"""What a notebook holds of an exercise: the cell with the answer, and as much of the cells above as it needs."""

import ast
import builtins
import json
import re
from pathlib import Path

from pocketgpt.errors import PocketError

_LARGEST = 50_000_000  # bytes of a notebook with all its pictures
_MARK = r"^# Exercise: (\w+)"
# Lines for the shell or for Jupyter, which are no Python.
_MAGIC = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?+[ \t]*)$", re.MULTILINE)
_KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.AugAssign)


def code_cells(path: Path) -> list[str]:
    """The source of each code cell, without lines for the shell; PocketError if the file is no notebook."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("it is larger than 50 MB")
        cells = json.loads(path.read_text(encoding="utf-8-sig"))["cells"]
        sources = [_text(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        why = "a part of it is missing" if isinstance(error, (KeyError, TypeError)) else error
        raise PocketError(f"{path.name} can't be read as a notebook: {why}.") from None
    return [source if _parsed(source) else _MAGIC.sub(r"\1pass", source) for source in sources]


def _text(source: object) -> str:
    """A cell's source, which a notebook holds as one text or as a list of lines."""
    text = "".join(source) if isinstance(source, list) else source
    if not isinstance(text, str):
        raise ValueError("a cell's source is no text")
    return text.encode("utf-8", "replace").decode("utf-8")


def exercises_in(cells: list[str]) -> list[str]:
    r"""The names of the exercises that have a cell.

    >>> exercises_in(["import torch", "# Exercise: merge\ndef merge(ids): ..."])
    ['merge']
    """
    return [name for cell in cells for name in re.findall(_MARK, cell, re.MULTILINE)]


def answer_source(cells: list[str], name: str) -> str | None:
    r"""The code of an exercise's answer: its cell, and before it all that it uses from the cells above.

    None if there is no such cell. Above, only imports, functions, classes and assignments are looked at.

    >>> print(answer_source(["import re, torch", "model = 1", "# Exercise: f\ndef f(x): return re.escape(x)"], "f"))
    import re, torch
    # Exercise: f
    def f(x): return re.escape(x)
    """
    found = [i for i, cell in enumerate(cells) if name in exercises_in([cell])]
    if not found:
        return None
    at = found[-1]
    return "\n".join([*_needed(cells[:at], _names(_parsed(cells[at]))), cells[at]])


def _needed(cells: list[str], wanted: set[str]) -> list[str]:
    """The statements that bind the names wanted, and what these need in turn, in their order.

    What a function needs may stand below it: so all is looked through again until nothing is added.
    """
    statements = [statement for cell in cells for statement in _parsed(cell) if isinstance(statement, _KEPT)]
    kept: set[int] = set()
    wanted, before = wanted - vars(builtins).keys(), -1
    while before < len(kept):
        before = len(kept)
        kept |= {i for i, statement in enumerate(statements) if _bound(statement) & (wanted | {"*"})}
        wanted |= _names([statements[i] for i in kept]) - vars(builtins).keys()
    return [ast.unparse(statements[i]) for i in sorted(kept)]


def _parsed(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _names(statements: list[ast.stmt]) -> set[str]:
    return {node.id for statement in statements for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement gives a value; "*" for `from x import *`, which may give any."""
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
