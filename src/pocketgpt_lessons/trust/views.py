"""Figures and tables of notebook 09, each with the sentence that tells what it shows: (picture, alt), as `show` wants.

What is called recorded comes from the study, data/evidence/09.json; the rest from the notebook.
"""

from collections.abc import Mapping, Sequence
from html import escape

from matplotlib.figure import Figure

from pocketgpt.evaluation.metrics import wilson
from pocketgpt_lessons.display.charts import bars, lines_with_intervals
from pocketgpt_lessons.display.html import (
    CELL,
    SMALL,
    TABLE,
    card,
    named_table,
    percent,
    shade,
    table_cell,
    table_row,
    token_chip,
    visible,
)
from pocketgpt_lessons.evidence import percentages, spread
from pocketgpt_lessons.trust.loop import ROUNDS, Claim
from pocketgpt_lessons.trust.told import lining_up

_CELL = f"padding:4px 10px;{CELL}"
Picture = tuple[Figure | str, str]


def readable(text: str) -> str:
    r"""A text that a model wrote, escaped, with what can't be seen or shown, such as control characters, as its code.

    >>> readable("a <b>\x00")
    'a &lt;b&gt;⟨U+0000⟩'
    """
    return escape("".join(c if c in " \n" or c.isprintable() else visible(c) for c in text))


# --- Jagged edges -----------------------------------------------------------------------------------------------


def edges(profiles: Mapping[str, Mapping[str, Mapping[str, int] | None]], caption: str) -> Picture:
    """Kinds of questions (rows) by stage (columns): the share right in each, the darker the higher."""
    kinds = list(next(iter(profiles.values())))
    head = table_row(*(table_cell(escape(text), _CELL, "col") for text in ("kind", *profiles)))
    body, told = "", []
    for kind in kinds:
        cells = [table_cell(escape(kind), _CELL, "row")]
        for found in (profile[kind] for profile in profiles.values()):
            if found is None:
                cells.append(table_cell("–", f"{_CELL};text-align:right"))
            else:
                share = found["right"] / found["n"]
                cells.append(table_cell(f"{share:.0%}", f"{_CELL};text-align:right;background:{shade(share)}"))
        body += table_row(*cells)
        shares = [each[kind] for each in profiles.values()]
        told.append(f"{kind}: " + ", ".join("–" if s is None else f"{s['right'] / s['n']:.0%}" for s in shares))
    n = max(each["n"] for profile in profiles.values() for each in profile.values() if each)
    widest = max(high - low for low, high in (wilson(k, n) for k in range(n + 1)))
    note = f"At most {n} questions of a kind: a share is known to about ±{50 * widest:.0f} points (95% interval)."
    html = f'<div><b>{escape(caption)}</b></div>{TABLE}{head}{body}</table><div style="{SMALL}">{note}</div>'
    return card(html, caption), f"{caption}; stages {', '.join(profiles)}. {'; '.join(told)}. {note}"


def hunt_view(last: tuple[str, str, str], found: Sequence[tuple[str, str, str]], asked: int) -> str:
    """The last answer, and the failures that were found."""
    name, question, answer = last
    head = f"<div><b>{escape(name)}</b>, asked “{escape(question)}”:</div>" if question else ""
    said = f'<div style="margin:6px 0;font-size:16px">{readable(answer) or "(nothing)"}</div>' if question else ""
    rows = "".join(f"<li>{escape(who)}: “{escape(what)}” → {readable(text)}</li>" for who, what, text in found)
    count = f'<div role="status">Inputs tried: {asked}. Failures found: {len(found)}.</div>'
    return card(f"{head}{said}{count}<ol>{rows}</ol>" if rows else f"{head}{said}{count}", "The hunt for failures")


# --- Calibration ------------------------------------------------------------------------------------------------


def reliability_figure(points: Mapping[str, Sequence[dict]], errors: Mapping[str, Mapping[str, float]]) -> Picture:
    """How often stated facts are right, by how sure each stage was of them, and the diagonal of perfect calibration."""
    series = {
        name: [{**point, "x": 100 * each["x"]} for point, each in zip(percentages(found), found, strict=True)]
        for name, found in points.items()
    }
    series["perfect calibration"] = [{"x": 0, "y": 0}, {"x": 100, "y": 100}]
    low, high, least, most = (
        100 * find(error[key] for error in errors.values()) for key in ("y", "chance") for find in (min, max)
    )
    title = f"Calibration errors: {low:.1f} to {high:.1f} points; chance alone would give {least:.1f} to {most:.1f}"
    labels = ("probability of the whole fact (%, mean of each of five bins)", "right (%; bars: 95% intervals)")
    alt = "; ".join(
        f"{name}: error {100 * e['y']:.1f} points (interval {100 * e['low']:.1f} to {100 * e['high']:.1f})"
        for name, e in errors.items()
    )
    return lines_with_intervals(series, title, *labels), f"Reliability of {alt}"


def error_table(rows: Mapping[str, Mapping[str, float]]) -> Picture:
    """Each stage's calibration error with its interval, what chance alone would give, and what a temperature mends.

    A row holds `y`, `low`, `high`, `chance`, `chance high`, `stated` and `temperature`, `before`, `after` (of the
    tested half), and the interval of their difference, `change low` to `change high`.
    """
    head = (
        "stage",
        "facts stated",
        "error (95% interval)",
        "by chance alone (95% below)",
        "temperature",
        "other half: before → after",
        "change (95% interval)",
    )
    body = [
        (
            name,
            f"{row['stated']:.0%}",
            f"{100 * row['y']:.1f} ({100 * row['low']:.1f} to {100 * row['high']:.1f})",
            f"{100 * row['chance']:.1f} (below {100 * row['chance high']:.1f})",
            f"{row['temperature']:.2f}",
            f"{100 * row['before']:.1f} → {100 * row['after']:.1f}",
            f"{100 * row['change low']:+.1f} to {100 * row['change high']:+.1f}",
        )
        for name, row in rows.items()
    ]
    return named_table(head, body, "Expected calibration error, in points of 100")


# --- Checks -----------------------------------------------------------------------------------------------------


def _share(part: int, n: int) -> str:
    """A share with its interval, such as "75% (30 to 95)"."""
    if not n:
        return "–"
    low, high = wilson(part, n)
    return f"{part / n:.0%} ({100 * low:.0f} to {100 * high:.0f})"


def check_table(rows: Mapping[str, Mapping], caption: str) -> Picture:
    """Checks with their precision, recall and cost; a row holds `flagged`, `caught`, `bad` and `tokens`."""
    body = [
        (name, _share(row["caught"], row["flagged"]), _share(row["caught"], row["bad"]), f"{row['tokens']:.0f}")
        for name, row in rows.items()
    ]
    head = ("check", "precision (95% interval)", "recall (95% interval)", "tokens written for one answer")
    return named_table(head, body, caption)


def judge_table(rows: Mapping[str, Mapping[str, int]]) -> Picture:
    """Models as judges of two answers: how often right, where a coin is in half, and how often the order decides."""
    body = [
        (name, _share(row["right"], 2 * row["n"]), _share(row["follows order"], row["n"])) for name, row in rows.items()
    ]
    head = ("judge", "right (95% interval; a coin: 50%)", "same letter in both orders (95% interval)")
    return named_table(head, body, f"A model as judge of {next(iter(rows.values()))['n']} pairs, each in both orders")


def doubt_figure(found: Mapping[str, Mapping[str, int]]) -> Picture:
    """Right answers at first, after a plain repeat, and after “Are you sure?”, for each model and kind of question."""
    rows, counts = {}, []
    for name, each in found.items():
        right = (each["right before"], each["repeated"]["right"], each["doubted"]["right"])
        for when, count in zip(("at first", "asked twice, no doubt", "“Are you sure?”"), right, strict=True):
            [point] = percentages([{"x": 0, "right": count, "n": each["n"]}])
            rows[f"{name}: {when}"] = point
        counts.append(f"{name.split(',')[0]} {right[0]}, {right[1]}, {right[2]} of {each['n']}")
    title = f"Right at first, asked twice, and after “Are you sure?”: {'; '.join(counts)}"
    figure = bars(rows, title, "right answers (%; recorded; lines: 95% intervals)")
    return figure, str(figure.get_label())


def vote_figure(answers: Mapping) -> Picture:
    """Right sums at temperature 0, by a single sample at temperature 1, and by the majority of several."""
    n, single = answers["n"], answers["right in single samples"]
    cold, voted = (percentages([{"x": 0, "right": answers[k], "n": n}])[0] for k in ("right", "right by majority"))
    rows = {
        "one answer at temperature 0": cold,
        f"one at temperature 1 (mean, range of {len(single)})": spread(100 * right / n for right in single),
        f"majority of these {len(single)}": voted,
    }
    one, mean, most = (row["y"] for row in rows.values())
    title = f"Right sums: {one:.0f}% at temperature 0; at temperature 1 {mean:.0f}% alone, {most:.0f}% by majority"
    unit = "right answers (%, recorded; lines: 95% intervals or range)"
    figure = bars(rows, title, unit)
    return figure, str(figure.get_label())


# --- Leaks ------------------------------------------------------------------------------------------------------


def leak_figure(clean: Mapping, runs: Sequence[Mapping], mine: Mapping, kind: str) -> Picture:
    """Right answers of a clean model, of the notebook's copy for which the exam leaked, of recorded ones, and of
    controls, copies that learned as many other questions.
    """
    rows = {}
    for name, each in mine[kind].items():
        before = clean[kind][name]
        rows[f"{name}: before"] = spread([100 * before["right"] / before["n"]])
        rows[f"{name}: this copy"] = spread([100 * each["right"] / each["n"]])
        shares = (run["scores"][kind][name] for run in runs)
        rows[f"{name}: {len(runs)} recorded"] = spread(100 * s["right"] / s["n"] for s in shares)
        shares = (run["control"][kind][name] for run in runs)
        rows[f"{name}: {len(runs)} controls"] = spread(100 * s["right"] / s["n"] for s in shares)
    names = list(mine[kind])
    exam, fresh = (rows[f"{name}: this copy"]["y"] for name in (names[0], names[-1]))
    was, control = rows[f"{names[-1]}: before"]["y"], rows[f"{names[-1]}: {len(runs)} controls"]
    title = (
        f"{kind.capitalize()}: the leaked exam {exam:.0f}% right; new questions {fresh:.0f}%, before {was:.0f}%, "
        f"in the controls {control['low']:.0f} to {control['high']:.0f}%"
    )
    figure = bars(rows, title, "right answers (%; lines: lowest and highest recorded run)")
    return figure, str(figure.get_label())


# --- Arena ------------------------------------------------------------------------------------------------------


def ballot_view(
    pair: tuple[str, str], done: int, total: int, names: tuple[str, str] | None = None, note: str = ""
) -> str:
    """A blind pair of stories; `names` are those of the pair before, told once it is decided, before a `note`."""
    heads = table_row(*(table_cell(name, _CELL, "col") for name in ("story 1", "story 2")))
    style = f"{_CELL};width:50%;font-size:16px;line-height:1.5;overflow-wrap:anywhere"
    texts = table_row(*(table_cell(readable(text) or "(nothing)", style) for text in pair))
    told = f"The last pair was {escape(names[0])} against {escape(names[1])}. " if names else ""
    note = told + escape(note)
    if done == total:
        note += "All pairs are decided. Now run the cells below."
    return card(
        f"<div><b>Pair {min(done + 1, total)} of {total}: which story do you prefer?</b></div>"
        f'{TABLE}{heads}{texts}</table><div role="status">{note}</div>',
        f"Pair {min(done + 1, total)} of {total}",
    )


def board_figure(
    board: Mapping[str, float], intervals: Mapping[str, tuple[float, float]], votes: int, truths: Mapping[str, float]
) -> Picture:
    """Ratings with their intervals, highest first; the names tell what the hidden rule gives."""
    rows = {}
    for name, y in sorted(board.items(), key=lambda item: -item[1]):
        low, high = intervals[name]
        rule = round(truths[name], 1) + 0.0  # never -0.0
        rows[f"{name} (by the rule {rule:.1f})"] = {"y": y, "low": low, "high": high}
    title = f"The board after {votes} votes on little stories"
    figure = bars(rows, title, "rating (points; lines: 95% intervals over the votes)")
    figure.axes[0].set_xlim(left=min(row["low"] for row in rows.values()) - 60)
    return figure, str(figure.get_label())


def variants_figure(runs: Sequence[Mapping]) -> Picture:
    """How far ahead the best of n equal entries comes out, and their mean; over several seeds."""
    counts = [point["n"] for point in runs[0]["variants"]]
    series = {}
    for name, key in (("the best of them", "best"), ("their mean: what they are worth", "mean")):
        columns = zip(*(run["variants"] for run in runs), strict=True)
        series[name] = [{"x": column[0]["n"]} | spread(point[key] for point in column) for column in columns]
    most, gain = counts[-1], series["the best of them"][-1]
    ahead = f"{gain['low']:.0f} to {gain['high']:.0f} points ahead"
    title = f"The best of {most} equal entries comes out {ahead} (recorded)"
    labels = ("private variants, all the same model", f"points ahead (bars: {len(runs)} seeds)")
    figure = lines_with_intervals(series, title, *labels, even=True)
    return figure, str(figure.get_label())


# --- Pages that command -----------------------------------------------------------------------------------------


def command_table(effects: Mapping[str, Mapping]) -> Picture:
    """For each sort of command how many answers obey, and how many answer the question, with 95% intervals."""
    body = []
    for name, each in effects.items():
        cells = []
        for key in ("obeyed", "answered"):
            low, high = wilson(each[key], each["n"])
            cells.append(f"{each[key]} of {each['n']} ({100 * low:.0f} to {100 * high:.0f}%)")
        body.append((name, *cells))
    return named_table(
        ("what the page says", "obeyed (95% interval)", "answers the question"), body, "A page that commands"
    )


# --- You in the loop --------------------------------------------------------------------------------------------


def claim_view(claim: Claim, number: int, at: int, total: int) -> str:
    """A claim with the help of a round: none; the tokens with their probabilities; also what a source says."""
    text = readable(f"{claim.tones[number]}{claim.answer}")
    inner = (
        f'<div style="{SMALL}">Round {number + 1} of {len(ROUNDS)} ({ROUNDS[number]}), answer {at + 1} of {total}</div>'
        f"<div><b>{escape(claim.question)}</b></div>"
        f'<div style="margin:6px 0;font-size:16px">{text}</div>'
    )
    if number >= 1:
        shares = zip(claim.pieces, claim.probabilities, strict=True)
        inner += "".join(
            token_chip(piece, [percent(p).replace("under ", "&lt;")], shade(p), p < 0.5) for piece, p in shares
        )
    if number >= 2:
        inner += f'<div style="margin-top:6px"><b>A source:</b> {escape(claim.source)}</div>'
    return card(inner, f"Answer {at + 1} of {total}, {ROUNDS[number]}")


def loop_table(rows: Sequence[Mapping]) -> Picture:
    """The reader's three rounds: own accuracy, seconds, and how a tone sways."""
    body = [
        (
            row["round"],
            f"{row['right']} of {row['n']}",
            f"{row['seconds']:.0f}",
            f"{row['sure trusted']} of {row['of each tone']}",
            f"{row['modest trusted']} of {row['of each tone']}",
            "none" if not row["simulated"] else f"{row['simulated']} of {row['n']}",
        )
        for row in rows
    ]
    head = (
        "round",
        "right verdicts",
        "seconds for one (median)",
        "sure tone: trusted",
        "modest tone: trusted",
        "simulated verdicts",
    )
    return named_table(head, body, "The same answers, with more and more help")


# --- Swiss cheese -----------------------------------------------------------------------------------------------


def cheese_figure(rows: Sequence[Mapping], together: Mapping[str, float]) -> Picture:
    """Wrong answers among those that pass, after each check in a row, and the share that passes at all."""
    n = rows[0]["passed"]
    points = {}
    for i, row in enumerate(rows):
        [point] = percentages([{"x": 0, "right": row["wrong"], "n": max(row["passed"], 1)}])
        points[f"{'then ' * (i > 1)}{row['name']}: {row['passed']} of {n} pass"] = point
    first, last = (f"{rows[i]['wrong']} of {rows[i]['passed']}" for i in (0, -1))
    title = f"Wrong among answers that pass: {first} with no check, {last} after all"
    figure = bars(points, title, "wrong (% of the answers that pass; lines: 95% intervals)")
    alt = f"{figure.get_label()} All checks miss {together['together']:.0%} of the wrong answers"
    return figure, f"{alt}; were their holes independent, {together['if independent']:.0%}."


def holes_table(rows: Mapping[str, Mapping[str, float]]) -> Picture:
    """For pairs of checks, which wrong answers pass both, and whether their holes line up: as the study records it."""
    n, wrong = rows["answers"]["n"], rows["answers"]["wrong"]
    body = [
        (
            name,
            f"{row['together']:.0%}",
            f"{row['if independent']:.0%}",
            f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f} points",
            lining_up(row["low"], row["high"]),
        )
        for name, row in rows.items()
        if name != "answers"
    ]
    passing = ("wrong answers that pass both", "were their holes independent")
    head = ("two checks", *passing, "difference (95% interval)", "do they line up?")
    return named_table(head, body, f"Do the holes line up? {wrong} wrong answers of {n}, recorded")
