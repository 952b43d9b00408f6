"""Closed-book questions: every option has its own explanation, shown in words and by a symbol once chosen."""

import dataclasses
from collections.abc import Sequence

from pocketgpt.errors import PocketError
from pocketgpt_lessons.classroom import markup, progress
from pocketgpt_lessons.classroom.markup import paragraph, prose
from pocketgpt_lessons.display.html import card

# Long options wrap over several lines instead of being cut off.
_STYLE = (
    "<style>.pocket-quiz button {white-space: normal; height: auto; min-height: 28px; line-height: 1.4; "
    "padding: 4px 12px; text-align: left; max-width: 60em}</style>"
)


@dataclasses.dataclass(frozen=True)
class Option:
    """One answer of a question, and what to say to a learner who chooses it."""

    text: str
    explanation: str
    right: bool = False


@dataclasses.dataclass(frozen=True)
class Question:
    """A question with at least two options, exactly one of them right.

    >>> Question("What follows 1?", [Option("2", "Yes: 1 + 1.", True), Option("3", "It follows 2.")]).right
    0
    """

    text: str
    options: Sequence[Option]

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", tuple(self.options))
        if not self.text.strip():
            raise PocketError("A quiz question has no text: give it one.")
        if len({option.text for option in self.options}) < max(2, len(self.options)):
            raise PocketError(f"Give the question “{self.text}” at least two options, no two alike.")
        if sum(option.right for option in self.options) != 1:
            raise PocketError(f"Mark exactly one option of “{self.text}” as right.")
        for option in self.options:
            if not option.text.strip() or not option.explanation.strip():
                raise PocketError(f"Give every option of “{self.text}” a text and an explanation of its own.")

    @property
    def right(self) -> int:
        """Index of the right option."""
        return next(i for i, option in enumerate(self.options) if option.right)


def quiz(key: str, questions: Sequence[Question]) -> None:
    """Show the questions with a button for each option; the first choices are kept in the learner's progress.

    The key, such as "02.start", names the quiz there.
    """
    if not questions:
        raise PocketError(f"Quiz {key} has no questions: give it at least one.")
    if not markup.in_notebook():
        print(quiz_text(questions))
        return
    from pocketgpt_lessons.display.viewer import display_with_fallback

    display_with_fallback(build_quiz(key, questions), quiz_html(questions), quiz_text(questions))


def feedback_html(option: Option) -> str:
    """What is shown once an option is chosen."""
    words = "✓ Right" if option.right else "✗ Not this one"
    return f'<div role="status">{paragraph(f"{words} (“{option.text}”): {option.explanation}")}</div>'


def score_text(asked: int, answered: int, right: int) -> str:
    """One line on how far the learner is; what counts is the first choice.

    >>> score_text(3, 3, 2)
    '2 of 3 right at the first choice.'
    """
    if answered < asked:
        return f"{answered} of {asked} answered."
    return f"{right} of {asked} right at the first choice."


def quiz_html(questions: Sequence[Question]) -> str:
    """The questions for a page without a kernel: options as a list, the answers folded away below each."""
    parts = []
    for number, question in enumerate(questions, 1):
        options = "".join(f"<li>{prose(option.text)}</li>" for option in question.options)
        answers = "".join(
            f"<li>{'✓ Right' if option.right else '✗ Not this one'}: {prose(option.explanation)}</li>"
            for option in question.options
        )
        parts.append(
            f'<p><strong>Question {number}.</strong> {prose(question.text)}</p><ol type="A">{options}</ol>'
            f'<details><summary>Answer to question {number}</summary><ol type="A">{answers}</ol></details>'
        )
    return card("".join(parts), "Quiz")


def quiz_text(questions: Sequence[Question]) -> str:
    """The questions and options as text, without the answers."""
    lines = []
    for number, question in enumerate(questions, 1):
        lines.append(f"Question {number}. {question.text}")
        lines += [f"  {chr(65 + i)}. {option.text}" for i, option in enumerate(question.options)]
    return "\n".join(lines)


def record_choices(key: str, questions: Sequence[Question], first: dict[int, int]) -> str:
    """Keep the first choices (question index → option index); returns a sentence if that can't be done."""
    answers = []
    for i, j in sorted(first.items()):
        chosen = questions[i].options[j]
        answers.append({"question": questions[i].text, "chosen": chosen.text, "right": chosen.right})
    right = sum(answer["right"] for answer in answers)
    return progress.record("quizzes", key, {"asked": len(questions), "right": right, "answers": answers})


def stored_choices(key: str, questions: Sequence[Question]) -> dict[int, int]:
    """The first choices (question index → option index) that the learner's progress holds, of an earlier day too."""
    places = {(q.text, option.text): (i, j) for i, q in enumerate(questions) for j, option in enumerate(q.options)}
    answers = progress.recall("quizzes", key).get("answers", [])
    chosen = [(answer["question"], answer["chosen"]) for answer in answers]
    return dict(places[pair] for pair in chosen if pair in places)


def build_quiz(key: str, questions: Sequence[Question]):
    """The ipywidgets form: for each question its text, a button for each option, and room for feedback."""
    import ipywidgets as W

    first = stored_choices(key, questions)

    def so_far() -> str:
        right = sum(j == questions[i].right for i, j in first.items())
        return paragraph(score_text(len(questions), len(first), right))

    score = W.HTML(so_far())

    def choose(number: int, chosen: int, feedback) -> None:
        feedback.value = feedback_html(questions[number].options[chosen])
        first.setdefault(number, chosen)
        note = record_choices(key, questions, first)
        score.value = so_far() + paragraph(note)

    blocks = [_question_block(W, number, question, choose) for number, question in enumerate(questions)]
    form = W.VBox([W.HTML(_STYLE), *blocks, score])
    form.add_class("pocket-widget")
    form.add_class("pocket-quiz")
    return form


def _question_block(W, number: int, question: Question, choose):
    feedback = W.HTML()
    buttons = []
    for index, option in enumerate(question.options):
        button = W.Button(description=option.text, layout=W.Layout(width="auto", height="auto"))
        button.on_click(lambda _, index=index: choose(number, index, feedback))
        buttons.append(button)
    text = W.HTML(f"<strong>Question {number + 1}.</strong> {prose(question.text)}")
    return W.VBox([text, *buttons, feedback], layout=W.Layout(margin="0 0 1em 0", align_items="flex-start"))
