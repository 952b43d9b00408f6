"""Cells for a CSV file that a spreadsheet shows as they are."""

import re

_FORMULA = ("=", "+", "-", "@", "|", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}")
_FORMULA += ("\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def cell(value: object) -> object:
    """A value for a CSV file: numbers as they are; texts on one line, never to be taken for a formula.

    >>> cell(-3), cell("=1+1"), cell(" @SUM(A1)"), cell("Ada")
    (-3, "'=1+1", "' @SUM(A1)", 'Ada')
    """
    if isinstance(value, (int, float)):
        return value
    text = _CONTROL.sub(" ", str(value))
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
