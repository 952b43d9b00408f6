"""What a check says: a verdict as plain data, and as HTML and text; and what an exception means."""

import dataclasses
import re
from collections.abc import Collection

from pocketgpt.errors import PocketError
from pocketgpt_lessons.classroom.markup import BLUE, GREEN, VERMILION, labelled, panel, paragraph

PASSED, FAILED, NOT_ATTEMPTED = "passed", "failed", "not attempted"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The result of one check; every field is plain text, empty where it has nothing to say."""

    name: str  # of the exercise
    status: str  # PASSED, FAILED or NOT_ATTEMPTED
    case: str = ""  # the call that was tried
    expected: str = ""
    seen: str = ""
    likely: str = ""  # the likely mistake, or why the answer is right
    hint: str = ""
    printed: str = ""  # what the learner's function printed
    note: str = ""  # about the progress file, if it couldn't be written

    @property
    def passed(self) -> bool:
        return self.status == PASSED


_LINES = 6  # of what the learner's function printed
_LOOKS = {PASSED: ("✓ Right", GREEN), FAILED: ("✗ Not yet", VERMILION), NOT_ATTEMPTED: ("○ Not attempted yet", BLUE)}


def _parts(verdict: Verdict) -> list[tuple[str, str]]:
    """Label and preformatted text, in the order in which they are read."""
    parts = [("Tried", verdict.case), ("Expected", verdict.expected), ("Yours", verdict.seen)]
    lines = verdict.printed.rstrip().splitlines()
    parts.append(("Your function printed", "\n".join(lines[:_LINES] + ["…"] * (len(lines) > _LINES))))
    return [(label, text) for label, text in parts if text]


def _sentences(verdict: Verdict) -> list[str]:
    likely = verdict.likely
    if likely and verdict.status == FAILED:
        likely = f"Likely mistake: {likely}"
    hint = f"Hint: {verdict.hint}" if verdict.hint else ""
    return [text for text in (likely, hint, verdict.note) if text]


def verdict_text(verdict: Verdict) -> str:
    """The verdict as plain text, one line for each part.

    >>> print(verdict_text(Verdict("merge", FAILED, "merge([1], (1, 2), 9)", "[1]", "[]", "ids are lost.")))
    ✗ Not yet: merge
    Tried: merge([1], (1, 2), 9)
    Expected: [1]
    Yours: []
    Likely mistake: ids are lost.
    """
    lines = [f"{_LOOKS[verdict.status][0]}: {verdict.name}"]
    lines += [f"{label}: {text}" for label, text in _parts(verdict)]
    return "\n".join(lines + _sentences(verdict))


def verdict_html(verdict: Verdict) -> str:
    """The verdict as one HTML block; all of the learner's text is escaped."""
    words, colour = _LOOKS[verdict.status]
    body = "".join(labelled(label, text) for label, text in _parts(verdict))
    return panel(f"{words}: {verdict.name}", body + "".join(map(paragraph, _sentences(verdict))), colour)


_IMPORTS = {
    name: f"import {name}" for name in ("math", "torch", "re", "random", "collections", "itertools", "functools")
}
_IMPORTS |= {name: f"import {name}" for name in ("copy", "heapq", "operator", "statistics", "numpy", "cmath", "urllib")}
_IMPORTS |= {name: f"from math import {name}" for name in ("sqrt", "exp", "log", "log2", "comb", "inf", "nan")}
_IMPORTS |= {name: f"from collections import {name}" for name in ("Counter", "defaultdict", "deque", "OrderedDict")}
_IMPORTS |= {name: f"from itertools import {name}" for name in ("pairwise", "chain", "accumulate")}
_IMPORTS |= {name: f"from urllib.parse import {name}" for name in ("urlsplit", "urlparse")}
_IMPORTS |= {"np": "import numpy as np", "F": "from torch.nn import functional as F", "nn": "from torch import nn"}
_IMPORTS |= {"reduce": "from functools import reduce"}

_SHAPES = "shapes or types of tensors don't fit: print their `.shape` just above that line."
_LIST_ARITHMETIC = (
    r"can't multiply sequence|unsupported operand .*'list'|can only concatenate list|"
    r"'list' object has no attribute '(max|min|sum|mean|std|arg\w+|exp|log|softmax|float|long|shape|size|T|clone)'"
)
_TYPE = "a value has another type than that line expects."
_AUTOGRAD = (  # as _ERRORS
    (RuntimeError, "a leaf Variable", "weights that learn are changed there: put that into `with torch.no_grad():`."),
    (
        RuntimeError,
        "does not require grad",
        "the loss depends on nothing that learns: make the weights with `requires_grad=True`, change them in place "
        "(`w -= …`, since `w = w - …` makes new ones), and work out the loss outside `torch.no_grad()`.",
    ),
    (RuntimeError, "a second time", "`backward()` works once for each loss: work out the loss anew in each step."),
    (RuntimeError, "call numpy", "numpy takes no tensor that learns: write `.detach()` before `.numpy()`."),
    (RuntimeError, "only for scalar", "`backward()` wants one number: take the mean or the sum of the losses first."),
    (RuntimeError, "between 0 and 1", "chances from 0 to 1 are wanted there: is a sigmoid missing?"),
)
_ERRORS = (  # exception, part of its words, what it means; the first that fits
    (UnboundLocalError, "", "a variable is used before it has a value: set it before the loop, and in every branch."),
    (
        NameError,
        "",
        "a name is used that doesn't exist there: look for a typing error, or for a variable set elsewhere.",
    ),
    (
        StopIteration,
        "",
        "`next(…)` finds nothing there: does its condition ever hold? `next(…, default)` has a default.",
    ),
    (re.error, "", "that is no valid pattern: are all its brackets closed? The order is pattern, replacement, text."),
    (SystemExit, "", "`exit()` ends the whole notebook: leave a function with `return`."),
    (EOFError, "", "there is nobody to answer `input()`: what the function needs stands in its parameters."),
    (
        Exception,
        "oolean value of Tensor|truth value of an (array|empty)",
        "`if`, `while`, `and`, `or` and `not` ask for one yes or no, and a tensor holds several: look at one number "
        "at a time, or use `&`, `|`, `~`, `.any()`, `.all()` or `torch.where`.",
    ),
    (
        IndexError,
        "Dimension out of range|for array of dimension",
        "`dim` names a direction that the tensor doesn't have: a flat one has `dim=0` only.",
    ),
    (
        IndexError,
        "too many indices|0-dim",
        "there are more indices than the tensor has dimensions: print its `.shape` just above that line.",
    ),
    (
        (IndexError, TypeError),
        "used as indices|only integers|indices must be",
        "an index must be a whole number, or for a tensor also a mask of True and False.",
    ),
    (IndexError, "shape of the mask|boolean index", "the mask and what it is applied to differ in length."),
    (IndexError, "no such group", "the pattern has no group of that number: count its round brackets."),
    (
        Exception,
        "pop from|is empty|empty sequence|empty iterable|is an empty|numel\\(\\) == 0|zero-size",
        "something is taken from what is empty: mind very short input.",
    ),
    (
        IndexError,
        "",
        "an index goes past the end: mind the last position, and very short input. Or does the list get shorter while "
        "the loop goes on?",
    ),
    (KeyError, "", "a dictionary is asked for a key that it hasn't got yet: `counts.get(key, 0)` has a default."),
    (ZeroDivisionError, "", "something is divided by a sum or a length that can be zero."),
    (OverflowError, "", "a number grows beyond what a float can hold."),
    (RuntimeError, "allocate memory|out of memory", "far too large a list or tensor is asked for."),
    (RecursionError, "", "the function calls itself without end."),
    (MemoryError, "", "far too large a list or tensor is asked for."),
    (ImportError, "", "that can't be imported: look for a typing error."),
    (AssertionError, "", "one of your own `assert` lines doesn't hold."),
    (
        TypeError,
        "'(float|int|Tensor)' and 'NoneType'",
        "a value there is None: a weight's `.grad` is None until `backward()` is called, and again after `w = w - …`, "
        "which makes a new `w`; `append`, `sort` and a function without `return` give None, too.",
    ),
    (
        (TypeError, AttributeError),
        "NoneType",
        "a value there is None: methods such as `append` and `sort` change a list and return None, and so does a "
        "function without `return`.",
    ),
    (
        TypeError,
        "unhashable",
        "a list, set or dictionary can be no key and no member of a set: make a tuple of it first, `tuple(…)`.",
    ),
    (
        TypeError,
        "not callable",
        "what is called there is no function: are the brackets wrong, or is a variable named like a function?",
    ),
    (
        TypeError,
        r"(positional|keyword|exactly one|at most \d+) argument",
        "a function is called with other arguments than it takes.",
    ),
    (TypeError, "0-d tensor|unsized", "a tensor of one number is used as if it were a list."),
    (
        Exception,
        "converted to (a )?(Python )?[Ss]calar",
        "a tensor of several numbers is used as one number: which of them is meant, or their sum or mean?",
    ),
    (
        TypeError,
        "must be Tensor",
        "torch's functions want a tensor: `torch.tensor(…)` makes one of a number or a list.",
    ),
    (
        TypeError,
        "does not support item assignment",
        "a text or a tuple can't be changed in place: change a list of its items, `list(…)`, or build a new one.",
    ),
    (
        (TypeError, AttributeError),
        _LIST_ARITHMETIC,
        "lists know no arithmetic: go through them item by item, or make a tensor first, `torch.tensor(…)`.",
    ),
    (
        TypeError,
        "must be str, not tuple",
        "with groups in the pattern `findall` gives tuples: write `(?:…)`, or use `re.sub`.",
    ),
    (TypeError, r"\bstr\b", "a text is used as a number, or a number as a text: `int(…)` and `str(…)` convert."),
    (AttributeError, "^module", "that module has nothing of this name: look for a typing error."),
    (
        ValueError,
        "is not in|not found|not in (list|tuple)",
        "something is looked for that isn't there: ask with `in` first.",
    ),
    (ValueError, "unpack", "the names on the left are more or fewer than the values on the right."),
    (ValueError, "invalid literal|could not convert", "a text that is no number is turned into one."),
    (
        UnicodeDecodeError,
        "",
        'these bytes are no whole character: put all bytes together before you decode, with `errors="replace"`.',
    ),
    (
        ValueError,
        "bytes must be in range",
        "`bytes` holds numbers from 0 to 255 only: take larger ids apart first, or keep them in a list.",
    ),
    (ValueError, "negative", "that function takes no number below 0: look what could make it one."),
    (
        ValueError,
        "math domain|positive input",
        "a logarithm or root is taken of a number that has none, such as log(0).",
    ),
    (ValueError, "argument \\d+ is (short|long)er", "two lists of different lengths are walked through together."),
    (ValueError, "expected sequence|inhomogeneous", "the rows differ in length: a tensor needs rows that are alike."),
    (ValueError, "broadcast|mismatch|must be the same as input size", _SHAPES),
    (
        (RuntimeError, TypeError),
        "with a bool tensor|boolean (subtract|negative)",
        "True and False can't be subtracted: make numbers of them first, by `.float()`, in numpy by `.astype(float)`.",
    ),
    (TypeError, "builtin_function_or_method|'method'", "brackets are missing behind a method."),
    (
        TypeError,
        "unsupported operand .*'set'",
        "only numbers can be added or divided, sets can't: `len(…)` counts the members of `a & b` and of `a | b`.",
    ),
    ((TypeError, AttributeError), "", _TYPE),
    (
        RuntimeError,
        "dtype|scalar type|not implemented for|desired output type",
        "the tensor's type of number doesn't fit: `.float()` makes fractions of whole numbers, `.long()` the reverse.",
    ),
    (
        RuntimeError,
        "changed size",
        "a dictionary or set changes while a loop walks over it: loop over `list(…)` of it.",
    ),
    *_AUTOGRAD,
    (NotImplementedError, "", "this part isn't written yet."),
    (RuntimeError, "", _SHAPES),
    (BaseException, "", "that line can't do what it is asked."),
)


def error_advice(error: BaseException, words: str, earlier: Collection[str] = ()) -> str:
    """What an exception with these words likely means, as a sentence for a learner.

    `earlier` are names of functions that the learner wrote in cells above.

    >>> error_advice(NameError("name 'math' is not defined", name="math"), "")
    '`math` is used, but not imported: put `import math` above the function.'
    """
    if isinstance(error, PocketError):
        return str(error)  # one of our own sentences, with what to do
    missing = _IMPORTS.get(getattr(error, "name", None)) if type(error) is NameError else None
    if missing:
        return f"`{error.name}` is used, but not imported: put `{missing}` above the function."
    if type(error) is NameError and error.name in earlier:
        return f"`{error.name}` isn't there yet: run the cell above in which it is made."
    return next(text for kind, part, text in _ERRORS if isinstance(error, kind) and re.search(part, words))
