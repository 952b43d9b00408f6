"""The questions of a notebook's predictions, read from its cells."""

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

from pocketgpt.errors import PocketError
from pocketgpt_lessons.classroom.predictions import Prediction
from pocketgpt_lessons.classroom.submissions import code_cells

_ARGUMENTS = ("key", "question", "options", "slider")


def questions_in(notebooks: Iterable[Path]) -> dict[str, Prediction]:
    """What each `predict(…)` asks, by its key, as far as the cell says so in plain text; computed options are left out.

    A notebook that can't be read is passed over.
    """
    found = {}
    for path in notebooks:
        try:
            cells = code_cells(path)
        except PocketError:
            continue
        for prediction in (each for cell in cells for each in _predictions(cell)):
            found[prediction.key] = prediction
    return found


def _predictions(source: str) -> Iterable[Prediction]:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return
    values: dict[str, object] = {}  # of the cell's variables, as in `question = "…"`
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id] = _literal(node.value, {})
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "predict":
            told = dict(zip(_ARGUMENTS, node.args, strict=False))
            told |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg in _ARGUMENTS}
            read = {name: _literal(value, values) for name, value in told.items()}
            if isinstance(read.get("key"), str):
                yield _prediction(**read)


def _prediction(key: str, question: object = "", options: object = None, slider: object = None) -> Prediction:
    text = question if isinstance(question, str) else ""
    try:
        return Prediction(key, text, tuple(map(str, options or ())), tuple(slider or ()))
    except (PocketError, TypeError):
        return Prediction(key, text)


def _literal(node: ast.expr, values: Mapping[str, object]) -> object:
    """The value that a piece of code stands for; what a text computes becomes "…", anything else None."""
    if isinstance(node, ast.Name):
        return values.get(node.id)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
