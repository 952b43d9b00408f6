"""What a check says: a verdict as plain data, and as HTML and text."""

import dataclasses

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
