"""The task of notebook 09: a learner's own order of checks, with what it catches and what it costs."""

from collections.abc import Callable, Mapping, Sequence

from pocketgpt.errors import PocketError
from pocketgpt_lessons.classroom import sandbox
from pocketgpt_lessons.trust.checks import AGAIN, MAJORITY, SEARCH, SECOND, Caught, Flags, caught

Check = Callable[[Callable[[str], bool]], bool]
"""A function that may ask single checks by name, and says whether to flag the answer."""

NAMES = {"search": SEARCH, "second": SECOND, "majority": MAJORITY, "again": AGAIN}  # as a learner asks for them
LIMIT = 10.0  # seconds for all answers


def asked_for(check: Check, found: Mapping[str, Flags], answer: int) -> tuple[bool | None, float]:
    """Whether a learner's check flags an answer, None if it gives nothing, and the tokens that those checks cost that
    it asked for.

    >>> found = {SEARCH: ([True], 0.0), SECOND: ([False], 9.0)}
    >>> asked_for(lambda ask: ask("search") and ask("second"), found, 0)
    (False, 9.0)
    """
    costs: dict[str, float] = {}

    def ask(name: str) -> bool:
        if NAMES.get(name) not in found:
            raise PocketError(f"There is no check {name!r}: ask for one of {', '.join(map(repr, NAMES))}.")
        flags, costs[name] = found[NAMES[name]]  # asked for twice, it costs once
        return flags[answer]

    flag = check(ask)
    return None if flag is None or flag is Ellipsis else bool(flag), sum(costs.values())


def marked(check: Check, found: Mapping[str, Flags], bad: Sequence[bool]) -> Caught | None:
    """What a check flags of all answers, of which some are `bad`; None if it gives nothing for any of them."""
    told = [asked_for(check, found, answer) for answer in range(len(bad))]
    if all(flag is None for flag, _ in told):
        return None
    return caught([bool(flag) for flag, _ in told], bad, sum(cost for _, cost in told) / len(bad))


def try_check(check: Check, found: Mapping[str, Flags], bad: Sequence[bool]) -> str:
    """A learner's check in words, with all four checks beside it."""
    all_four = in_words("all four, any flag", marked(lambda ask: max(map(ask, NAMES)), found, bad))
    ran = sandbox.run(lambda: marked(check, found, bad), LIMIT)
    if ran.nothing:
        mine = "yours: not attempted yet, `my_check` returns nothing."
    elif ran.timed_out:
        mine = f"yours: it takes longer than {LIMIT:.0f} seconds."
    else:
        mine = f"yours: {ran.failure}" if ran.failure else in_words("yours", ran.value)
    return f"{all_four}\n{mine}"


def in_words(name: str, row: Caught) -> str:
    """A row of the table of checks as a line.

    >>> in_words("yours", Caught(flagged=4, caught=3, bad=6, n=20, tokens=2.5))
    'yours: 4 of 20 flagged, precision 75%, recall 50%, 2.5 tokens for one answer'
    """
    precision, recall = (f"{share:.0%}" if share is not None else "none" for share in (row.precision, row.recall))
    return (
        f"{name}: {row.flagged} of {row.n} flagged, precision {precision}, recall {recall}, "
        f"{row.tokens:.1f} tokens for one answer"
    )
