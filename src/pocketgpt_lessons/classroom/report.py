"""The class report: one page that needs nothing else, and one CSV file, from the files that learners handed in."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from pocketgpt import files
from pocketgpt.errors import PocketError
from pocketgpt_lessons.classroom import spreadsheet
from pocketgpt_lessons.classroom.class_files import REPORT, Learner, read_class
from pocketgpt_lessons.classroom.class_summary import (
    Bar,
    ExerciseSummary,
    PredictionSummary,
    QuestionSummary,
    exercise_summaries,
    prediction_summaries,
    question_summaries,
)
from pocketgpt_lessons.classroom.markup import number_text
from pocketgpt_lessons.classroom.predictions import Prediction

_MOST_MISTAKES = 3  # shown of one exercise
_STYLE = """
body { font: 16px/1.5 system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; color: #111; background: #fff;
  max-width: 70rem; margin: 0 auto; padding: 0 1rem 3rem; }
h2 { margin-top: 2.5rem; border-top: 1px solid #bbb; padding-top: 1rem; }
h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
nav a { margin-right: 1rem; white-space: nowrap; }
a { color: #004a80; }
code { background: #eee; padding: 0 0.2em; }
p { margin: 0.4rem 0; }
ul { margin: 0.2rem 0; padding-left: 1.2rem; overflow-wrap: anywhere; }
.columns { columns: 28rem; column-gap: 2.5rem; }
.item { break-inside: avoid; padding: 0.5rem 0; }
table { border-collapse: collapse; }
th, td { border: 1px solid #bbb; padding: 0.2rem 0.5rem; text-align: left; vertical-align: top; }
thead th { background: #eee; }
tbody th { font-weight: normal; background: #fff; }
.number { text-align: right; white-space: nowrap; }
.wide { overflow-x: auto; }
.wide:focus-visible { outline: 3px solid #0072B2; }
.wide tbody th { position: sticky; left: 0; min-width: 6.5rem; max-width: 16rem; overflow-wrap: break-word; }
.bars { width: 100%; table-layout: fixed; }
.bars th { width: 32%; overflow-wrap: anywhere; }
.bars .number { width: 2.6rem; }
.bars .seen { width: 5.6rem; }
.bar { height: 1.1rem; background: #56B4E9; border: 1px solid #004a80; box-sizing: border-box;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
@media (max-width: 40rem) { body { font-size: 15px; padding: 0 0.6rem 2rem; } }
@media print { body { max-width: none; font-size: 9pt; } nav { display: none; } .wide { overflow: visible; }
  h2 { break-after: avoid; } tr { break-inside: avoid; } }
@page { size: A4 landscape; margin: 12mm; }
"""


@dataclass(frozen=True)
class Course:
    """What there is to be done: each notebook's exercises, and the questions of the predictions by their key."""

    exercises: Mapping[str, Sequence[str]]
    predictions: Mapping[str, Prediction]

    @property
    def all_exercises(self) -> list[str]:
        """The names of all exercises, in the order of the notebooks."""
        return [name for names in self.exercises.values() for name in names]


def write_report(folder: str | os.PathLike, out: str | os.PathLike, course: Course) -> list[str]:
    """Write `class_report.html` and `class_report.csv` into the folder `out`; returns lines on what was done.

    `folder` holds the learners' files. PocketError if there is nothing to report or `out` can't be written to.
    """
    learners, troubles = read_class(folder)
    page, table = (Path(out) / name for name in REPORT)
    try:
        files.write_text(page, report_page(learners, troubles, course))
        files.write_text(table, report_csv(learners, course))
    except OSError as error:
        raise PocketError(f"{out} can't be written to ({error.strerror}): choose another folder with --out.") from None
    told = [f"Read {_counted(len(learners), 'file')}, left out {len(troubles)}."]
    return [*told, *map(_one_line, troubles), f"The page: {page}", f"The table: {table}"]


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def report_csv(learners: Sequence[Learner], course: Course) -> str:
    """A table for a spreadsheet: one row a learner, with every exercise, quiz and guess."""
    quizzes = sorted({key for one in learners for key in one.quizzes})
    predictions = sorted({key for one in learners for key in one.predictions})
    heads = ["name", "exercises passed", "quiz questions right", "quiz questions answered", "guesses"]
    heads += [f"exercise {name}" for name in course.all_exercises]
    heads += [f"quiz {key}, right" for key in quizzes] + [f"guess {key}" for key in predictions]
    text = io.StringIO()
    text.write("\N{ZERO WIDTH NO-BREAK SPACE}")  # tells Excel that this is UTF-8
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(spreadsheet.cell, heads))
    for one in learners:
        row: list[object] = [one.name, _passed(one, course.all_exercises), *_quiz_marks(one), _guesses(one)]
        row += [_state(one, name) for name in course.all_exercises]
        row += [sum(answer.right for answer in one.quizzes[key]) if key in one.quizzes else "" for key in quizzes]
        row += [_guess_cell(one, key) for key in predictions]
        writer.writerow(map(spreadsheet.cell, row))
    return text.getvalue()


def _passed(one: Learner, names: Sequence[str]) -> int:
    return sum(name in one.exercises and one.exercises[name].passed for name in names)


def _quiz_marks(one: Learner) -> tuple[int, int]:
    answers = [answer for quiz in one.quizzes.values() for answer in quiz]
    return sum(answer.right for answer in answers), len(answers)


def _guesses(one: Learner) -> int:
    return sum(entry.guess is not None for entry in one.predictions.values())


def _state(one: Learner, name: str) -> str:
    if name not in one.exercises:
        return ""
    return "passed" if one.exercises[name].passed else "tried"


def _guess_cell(one: Learner, key: str) -> object:
    entry = one.predictions.get(key)
    return "" if entry is None or entry.guess is None else entry.guess


def report_page(learners: Sequence[Learner], troubles: Sequence[str], course: Course) -> str:
    """The page as HTML: who did what, exercises, predictions, quiz questions; all names and texts are escaped."""
    summaries = {n: exercise_summaries(learners, names) for n, names in course.exercises.items()}
    predictions = prediction_summaries(learners, course.predictions)
    parts = (
        _section("learners", "Who did what", _class_table(learners, course)),
        _section("exercises", "Exercises and wrong answers", _exercise_parts(summaries)),
        _section("guesses", "Guesses and outcomes", _prediction_parts(predictions)),
        _section("quizzes", "Quiz questions, the hardest first", _question_parts(question_summaries(learners))),
    )
    unread = ""
    if troubles:
        unread = f"<p>Files left out: {len(troubles)}.</p><ul>{''.join(f'<li>{_text(t)}</li>' for t in troubles)}</ul>"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Class report</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Class report</h1>
<p>{_counted(len(learners), "learner")}. Names are those of the files. Nothing on this page leaves it.</p>
{unread}
<nav aria-label="Sections"><a href="#learners">Who did what</a> <a href="#exercises">Exercises</a>
<a href="#guesses">Guesses</a> <a href="#quizzes">Quiz questions</a></nav>
{"".join(parts)}
</main>
</body>
</html>
"""


def _counted(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"


def _text(text: str) -> str:
    """A text of a learner's or of the course as HTML: escaped, with `code` in backticks as code."""
    parts = escape(_one_line(text)).split("`")
    if len(parts) % 2 == 0:  # a lonely backtick
        return "`".join(parts)
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def _section(anchor: str, title: str, body: str) -> str:
    return f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{escape(title)}</h2>{body}</section>\n'


def _class_table(learners: Sequence[Learner], course: Course) -> str:
    """A table, which may scroll sideways, with a row for each learner."""
    heads = ["name", *course.exercises, "exercises", "quiz", "guesses"]
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(_class_row(one, course) for one in learners)
    return (
        "<p>Exercises passed in each notebook and in all; quiz questions right at the first choice, of those answered; "
        'guesses made. A dash: nothing yet.</p><div class="wide" role="region" tabindex="0" '
        f'aria-labelledby="learners"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>'
    )


def _class_row(one: Learner, course: Course) -> str:
    right, answered = _quiz_marks(one)
    cells = [_share(_passed(one, names), len(names)) for names in course.exercises.values()]
    cells += [_share(_passed(one, course.all_exercises), len(course.all_exercises))]
    cells += [f"{right} of {answered}" if answered else "–", str(_guesses(one) or "–")]
    row = "".join(f'<td class="number">{cell}</td>' for cell in cells)
    return f'<tr><th scope="row">{_text(one.name)}</th>{row}</tr>\n'


def _share(done: int, most: int) -> str:
    return f"{done} of {most}" if done else "–"


def _exercise_parts(summaries: Mapping[str, Sequence[ExerciseSummary]]) -> str:
    tried = [_exercise_item(number, one) for number, several in summaries.items() for one in several if one.tried]
    untried = [f"{one.name} ({number})" for number, several in summaries.items() for one in several if not one.tried]
    note = "<p>Below each exercise: the commonest wrong answers, and how many learners gave them.</p>"
    listed = f'{note}<div class="columns">{"".join(tried)}</div>' if tried else ""
    return listed + (f"<p>Tried by nobody: {escape(', '.join(untried))}.</p>" if untried else "")


def _exercise_item(number: str, one: ExerciseSummary) -> str:
    shown = [f"{_text(text)} ({count})" for text, count, _ in one.mistakes[:_MOST_MISTAKES]]
    rest = len(one.mistakes) - len(shown)
    told = f"Tried by {one.tried}, passed by {one.passed}; {one.tries:.1f} tries each."
    title = f"{escape(number)} <code>{escape(one.name)}</code>"
    return _item(title, told, shown + [f"{_counted(rest, 'other kind')} of wrong answer"] * (rest > 0))


def _item(title: str, told: str, points: Sequence[str]) -> str:
    """A heading, a line and a list; all of them HTML."""
    listed = "".join(f"<li>{point}</li>" for point in points)
    return f'<div class="item"><h3>{title}</h3><p>{told}</p>{f"<ul>{listed}</ul>" if points else ""}</div>\n'


def _prediction_parts(summaries: Sequence[PredictionSummary]) -> str:
    if not summaries:
        return "<p>Nobody has made a guess yet.</p>"
    return (
        "<p>A bar counts guesses that were made before the outcome was shown. The last column counts the learners "
        f'whose own run came out so.</p><div class="columns">{"".join(map(_prediction_item, summaries))}</div>'
    )


def _prediction_item(one: PredictionSummary) -> str:
    told = "1 guess" if one.guesses == 1 else f"{one.guesses} guesses"
    if one.compared:
        told += f"; {one.right} of {one.compared} in the same row as the learner's own outcome"
    told += f"; {one.late} more made too late" if one.late else ""
    most = max((bar.guesses for bar in one.bars), default=0)
    rows = "".join(_bar_row(bar, most) for bar in one.bars)
    return (
        f'<div class="item"><h3>{_text(f"{one.key} {one.question}")}</h3><p>{told}.</p><table class="bars"><thead>'
        '<tr><th scope="col">guess</th><th scope="col" class="number">n</th><td></td>'
        f'<th scope="col" class="seen">outcome</th></tr></thead><tbody>{rows}</tbody></table></div>\n'
    )


def _bar_row(bar: Bar, most: int) -> str:
    width = 100 * bar.guesses / most if most else 0
    drawn = f'<div class="bar" style="width:{width:.1f}%"></div>' if bar.guesses else ""
    seen = f"<strong>◀ {number_text(bar.outcomes)}</strong>" if bar.outcomes else ""
    return (
        f'<tr><th scope="row">{_text(bar.label)}</th><td class="number">{bar.guesses}</td><td>{drawn}</td>'
        f'<td class="seen">{seen}</td></tr>'
    )


def _question_parts(summaries: Sequence[QuestionSummary]) -> str:
    if not summaries:
        return "<p>Nobody has answered one yet.</p>"
    note = "<p>First choices only. Below each question: the wrong options, and how many learners chose them.</p>"
    return f'{note}<div class="columns">{"".join(map(_question_item, summaries))}</div>'


def _question_item(one: QuestionSummary) -> str:
    told = f"{one.share:.0%} right, {one.right} of {one.answered} (quiz {_text(one.quiz)})."
    return _item(_text(one.question), told, [f"{_text(text)} ({count})" for text, count in one.wrong])
