"""Exercises of notebook 09: calibration error, a bootstrap interval, a majority, a vote's update, an allow-list."""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from statistics import fmean, median

from pocketgpt_lessons.classroom import answer_values
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake

LONGEST_INPUT = 100  # characters that a call may give to a tool


def _bins(confidences, right, bins, place=None) -> list[list[tuple[float, bool]]]:
    """The answers by bin, empty ones left out."""
    place = place or (lambda sure: min(int(sure * bins), bins - 1))
    found: dict[int, list[tuple[float, bool]]] = {}
    for sure, mark in zip(confidences, right, strict=True):
        found.setdefault(place(sure), []).append((sure, mark))
    return [found[key] for key in sorted(found)]


def _gap(answers) -> float:
    return fmean(mark for _, mark in answers) - fmean(sure for sure, _ in answers)


def _weighted(confidences, right, bins, gap=lambda answers: abs(_gap(answers)), place=None) -> float:
    groups = _bins(confidences, right, bins, place)
    return sum(len(each) * gap(each) for each in groups) / len(confidences)


def _without(lost, confidences, right, bins) -> float:
    """Answers with the confidence `lost` are in no bin, and yet the sum is divided by the number of all."""
    kept = [pair for pair in zip(confidences, right, strict=True) if pair[0] != lost]
    sures, marks = zip(*kept, strict=True)
    return _weighted(sures, marks, bins) * len(kept) / len(confidences)


def _from_lowest(confidences, right, bins) -> float:
    low, width = min(confidences), max(confidences) - min(confidences) or 1.0
    return _weighted(confidences, right, bins, place=lambda sure: min(int((sure - low) / width * bins), bins - 1))


def _to_middle(answers, bins) -> float:
    middle = (min(int(answers[0][0] * bins), bins - 1) + 0.5) / bins
    return abs(fmean(mark for _, mark in answers) - middle)


_UNEVEN = ([0.125, 0.25, 0.375, 0.75, 0.875, 1.0], [False, True, False, True, True, False], 2)


def _gaps(confidences, right, bins):
    groups = _bins(confidences, right, bins)
    return "; ".join(f"a bin of {len(each)} lies {abs(_gap(each)):.4g} off" for each in groups)


ECE = Exercise(
    name="ece",
    signature="ece(confidences, right, bins)",
    task="Sort the answers into equally wide bins of confidence from 0 to 1; exactly 1 belongs to the last. Return "
    "the mean distance between a bin's mean confidence and its share of right answers, weighted with its answers.",
    truth=_weighted,
    cases=(
        ([0.75, 0.75], [True, False], 2),
        ([0.25, 0.75, 0.875, 0.625], [False, True, True, False], 2),
        _UNEVEN,
        ([0.1, 0.9, 0.95, 0.3, 0.55, 0.65], [False, True, True, True, False, True], 5),
        ([1.0, 1.0, 0.0], [True, False, True], 10),
        ([0.3, 0.3, 0.35, 0.9], [True, True, True, False], 4),
        ([0.6, 0.7, 0.8, 0.9], [True, False, False, True], 4),
        ([1.0, 1.0, 0.0, 0.05], [False, True, False, True], 10),
    ),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "every bin counts alike: weight each with its number of answers.",
            lambda c, r, bins: fmean(abs(_gap(each)) for each in _bins(c, r, bins)),
        ),
        Mistake(
            "the sum is divided by the number of bins: divide by the number of answers, after weighting.",
            lambda c, r, bins: sum(abs(_gap(each)) for each in _bins(c, r, bins)) / bins,
        ),
        Mistake(
            "the distances have signs, and cancel each other out: take `abs` of each bin's.",
            lambda c, r, bins: _weighted(c, r, bins, _gap),
        ),
        Mistake(
            "the distances have signs, and cancel each other out: take `abs` of each bin's.",
            lambda c, r, bins: _weighted(c, r, bins, lambda each: -_gap(each)),
        ),
        Mistake(
            "`abs` comes too late, on the whole sum: distances of different bins cancel each other out.",
            lambda c, r, bins: abs(_weighted(c, r, bins, _gap)),
        ),
        Mistake(
            "each answer is compared with its own confidence: an answer is right or wrong, only a bin has a share.",
            lambda c, r, bins: fmean(abs(mark - sure) for sure, mark in zip(c, r, strict=True)),
        ),
        Mistake(
            "the middle of the bin stands for its confidence: take the mean of the confidences in it.",
            lambda c, r, bins: _weighted(c, r, bins, lambda each: _to_middle(each, bins)),
        ),
        Mistake(
            "the distances are squared: this is the mean of the distances themselves.",
            lambda c, r, bins: _weighted(c, r, bins, lambda each: _gap(each) ** 2),
        ),
        Mistake(
            "this is the weighted sum: divide it by the number of answers.",
            lambda c, r, bins: len(c) * _weighted(c, r, bins),
        ),
        Mistake(
            "only the bins' shares of right answers are averaged: subtract the mean confidence first.",
            lambda c, r, bins: _weighted(c, r, bins, lambda each: fmean(mark for _, mark in each)),
        ),
        Mistake("these are percent: leave the shares from 0 to 1.", lambda c, r, bins: 100 * _weighted(c, r, bins)),
        Mistake(
            "a confidence of exactly 1 has a bin of its own: it belongs to the last, `min(int(c * bins), bins - 1)`.",
            lambda c, r, bins: _weighted(c, r, bins, place=lambda sure: int(sure * bins)),
        ),
        Mistake("answers with a confidence of exactly 1 are lost: they belong to the last bin.", partial(_without, 1)),
        Mistake("an answer with a confidence of exactly 0 is lost: it belongs to the first bin.", partial(_without, 0)),
        Mistake(
            "the bins reach from the lowest to the highest confidence: let them reach from 0 to 1, with `np.histogram` "
            "by `range=(0, 1)`.",
            _from_lowest,
        ),
        Mistake(
            "of answers equally sure only the first is looked up: `index` finds the first place, so go by `zip`.",
            lambda c, r, bins: _weighted(c, [r[c.index(sure)] for sure in c], bins),
        ),
    ),
    on_the_way=_gaps,
    hint="The bin of c is `min(int(c * bins), bins - 1)`. For each bin: |mean confidence − share right| × its answers; "
    "add up, and divide by all answers.",
    praise="0 is perfect, but a few answers in a bin are never exact: compare with what chance gives.",
)


def _means(values, draws, mean: Callable = fmean) -> list[float]:
    return sorted(mean(values[i] for i in draw) for draw in draws)


def _ends(means, cut) -> tuple[float, float]:
    return means[cut], means[len(means) - 1 - cut]


_DRAWS = [[0, 0, 1], [2, 1, 0], [2, 2, 2], [1, 1, 0], [0, 2, 2], [0, 0, 0]]
_MANY = [[3, 1, 0, 0], [2, 2, 1, 3], [0, 1, 2, 3], [3, 3, 3, 1], [0, 0, 2, 1], [1, 1, 1, 0], [2, 0, 3, 3], [1, 2, 2, 2]]

INTERVAL = Exercise(
    name="interval",
    signature="interval(values, draws, cut)",
    task="Each of `draws` is a list of places in `values`, drawn with replacement. Take the mean of each draw; "
    "leave out the `cut` lowest and the `cut` highest of these means; return the lowest and highest that are left.",
    truth=lambda values, draws, cut: _ends(_means(values, draws), cut),
    cases=(
        ([0.0, 6.0, 3.0], _DRAWS, 1),
        ([1.0, 0.0, 0.0, 1.0], _MANY, 2),
        ([5.0, 2.0, 9.0, 1.0], _MANY, 1),
        ([0.0, 6.0, 3.0], _DRAWS, 2),
        ([4.0, 8.0], [[0, 1], [1, 1], [0, 0]], 0),
        ([4.0, 8.0], [[0, 1], [1, 1], [0, 0]], 1),
        ([6.0, 0.0, 3.0], [[0, 1], [2, 2], [1, 1], [0, 0], [0, 2]], 1),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake(
            "nothing is left out: drop the `cut` lowest and the `cut` highest means.",
            lambda values, draws, cut: (_means(values, draws)[0], _means(values, draws)[-1]),
        ),
        Mistake(
            "only the high end is cut: leave out as many at the low end.",
            lambda values, draws, cut: (_means(values, draws)[0], _means(values, draws)[len(draws) - 1 - cut]),
        ),
        Mistake(
            "only the low end is cut: leave out as many at the high end.",
            lambda values, draws, cut: (_means(values, draws)[cut], _means(values, draws)[-1]),
        ),
        Mistake(
            "the means aren't sorted: the first and last draws are no lower and higher than others.",
            lambda values, draws, cut: _ends([fmean(values[i] for i in draw) for draw in draws], cut),
        ),
        Mistake(
            "these are sums: divide each draw's by its length.",
            lambda values, draws, cut: _ends(_means(values, draws, sum), cut),
        ),
        Mistake(
            "the sums are divided by the number of values: a draw may be longer or shorter, so divide by its length.",
            lambda values, draws, cut: _ends(sorted(sum(values[i] for i in draw) / len(values) for draw in draws), cut),
        ),
        Mistake(
            "the values are sorted, so that the places in `draws` point to others: sort the means only.",
            lambda values, draws, cut: _ends(_means(sorted(values), draws), cut),
        ),
        Mistake(
            "a place that comes twice in a draw counts once: drawing with replacement means that it counts twice.",
            lambda values, draws, cut: _ends(_means(values, map(set, draws)), cut),
        ),
        Mistake(
            "this is the median of each draw: take the mean.",
            lambda values, draws, cut: _ends(_means(values, draws, median), cut),
        ),
        Mistake(
            "the higher end comes first: return the lower one, then the higher.",
            lambda values, draws, cut: _ends(_means(values, draws), cut)[::-1],
        ),
        Mistake(
            "one mean too many is left out at the high end: the index of the last is `len(draws) - 1 - cut`.",
            lambda values, draws, cut: (
                _means(values, draws)[cut],
                _means(values, draws)[max(0, len(draws) - 2 - cut)],
            ),
        ),
        Mistake(
            "the index of the highest that is left is `-1 - cut`: the last of a list has -1, and `-0` is the first.",
            lambda values, draws, cut: (_means(values, draws)[cut], _means(values, draws)[-cut]),
        ),
        Mistake(
            "with a cut of 0 nothing is left: `-0` is the first place. Count the end from the front, "
            "`means[cut : len(means) - cut]`.",
            lambda values, draws, cut: (_means(values, draws)[cut:-cut][0], _means(values, draws)[cut:-cut][-1]),
        ),
        Mistake(
            "equal means are kept only once: each draw's mean counts, so make a list of them, no set.",
            lambda values, draws, cut: _ends(sorted(set(_means(values, draws))), cut),
        ),
        Mistake(
            "the draws are taken for the values themselves: they are places in `values`.",
            lambda values, draws, cut: _ends(sorted(map(fmean, draws)), cut),
        ),
        Mistake(
            "all means that are left come back: only the lowest and the highest of them are asked for.",
            lambda values, draws, cut: _means(values, draws)[cut : len(draws) - cut],
        ),
    ),
    hint="`means = sorted(sum(values[i] for i in draw) / len(draw) for draw in draws)`; then two of them by index.",
    praise="It works for any number that you can compute from a sample, also where no formula is known.",
)


_LETTERS = "qwertyuiopasdfghjklzxcvbnm"
_NO_ORDER = "a set has no order, so a tie is settled by chance: go through the list, in which the first comes first."


def _voted(answers: Sequence) -> list:
    return [answer for answer in answers if answer]


def _majority(answers: Sequence) -> str:
    votes = _voted(answers)
    return max(votes, key=lambda answer: (votes.count(answer), -votes.index(answer)))


MAJORITY = Exercise(
    name="majority",
    signature="majority(answers)",
    task="Return the answer that comes most often. Of several that come equally often, the one that came first wins. "
    'An empty text, "", is no answer and has no vote.',
    truth=_majority,
    cases=(
        (["82", "72", "82"],),
        (["72", "82", "82", "72"],),
        (["9", "100", "100", "9", "20"],),
        (["3", "3", "8"],),
        (["", "", "7", ""],),
        (["b", "a", "c"],),
        (["1", "", "2", "", "2", ""],),
        (["x", "y", "y", "z", "z"],),
        ([*_LETTERS],),  # so many that no set holds them in this order by chance
        ([*_LETTERS[::-1]],),
        (["", "", "", "", "7"],),
        (["7", "82", "82", "82"],),
        (["a", "a", "a", "b", "c", "c"],),
    ),
    read=answer_values.text,
    mistakes=(
        *(
            Mistake(
                "of answers that tie, the last one wins: the one that came first should.",
                lambda answers, each=each: max(reversed(each(votes := _voted(answers))), key=votes.count),
            )
            for each in (list, dict.fromkeys)
        ),
        Mistake(
            "a tie is settled by the alphabet: the answer that came first should win.",
            lambda answers: min(set(votes := _voted(answers)), key=lambda each: (-votes.count(each), each)),
        ),
        Mistake(
            "a tie is settled by the alphabet, backwards: the answer that came first should win.",
            lambda answers: max(set(votes := _voted(answers)), key=lambda each: (votes.count(each), each)),
        ),
        Mistake(_NO_ORDER, lambda answers: max(set(votes := _voted(answers)), key=votes.count)),
        Mistake(
            f"{_NO_ORDER} And the empty text has a vote: leave it out.",
            lambda answers: max(set(answers), key=answers.count),
        ),
        Mistake(
            "the empty text has a vote: leave it out before you count.",
            lambda answers: max(answers, key=lambda each: (answers.count(each), -answers.index(each))),
        ),
        *(
            Mistake(
                "only an answer with more than half of the votes wins here: the most frequent one wins, with fewer "
                "votes, too.",
                lambda answers, every=every: next(
                    (each for each in answers if each and 2 * answers.count(each) > len(every(answers))),
                    _voted(answers)[0],
                ),
            )
            for every in (_voted, list)
        ),
        Mistake("this is the first answer, whatever comes after it: count.", lambda answers: _voted(answers)[0]),
        Mistake("this is the last answer, whatever came before it: count.", lambda answers: _voted(answers)[-1]),
        Mistake(
            "this is how often it comes: return the answer itself.",
            lambda answers: max(Counter(_voted(answers)).values()),
        ),
        Mistake(
            "this is the rarest answer: take the largest count.",
            lambda answers: min(votes := _voted(answers), key=votes.count),
        ),
        Mistake("this is the largest answer: count how often each comes.", lambda answers: max(_voted(answers))),
        Mistake(
            "answer and count come back together: return the answer alone.",
            lambda answers: Counter(_voted(answers)).most_common(1)[0],
        ),
    ),
    hint="`Counter(…).most_common(1)` keeps the order of first appearance among equals; drop empty ones first.",
    praise="It mends slips that differ from each other, and no mistake that comes each time.",
)


def _chance(winner: float, loser: float) -> float:
    return 1 / (1 + math.exp(loser - winner))


BT_UPDATE = Exercise(
    name="bt_update",
    signature="bt_update(winner, loser, step)",
    task="The winner's chance was sigmoid(winner − loser), of their ratings. Return both new ratings, the winner's "
    "first: it rises by step × (1 − chance), and the loser falls by as much.",
    truth=lambda winner, loser, step: (
        winner + step * (1 - _chance(winner, loser)),
        loser - step * (1 - _chance(winner, loser)),
    ),
    cases=((0.0, 0.0, 1.0), (1.0, 0.0, 0.5), (-1.0, 2.0, 0.5), (3.0, -1.0, 2.0), (0.5, 0.25, 0.0)),
    read=answer_values.vector,
    mistakes=(
        Mistake(
            "the step grows with the winner's chance: use 1 − sigmoid(winner − loser): a surprise counts more.",
            lambda a, b, step: (a + step * _chance(a, b), b - step * _chance(a, b)),
        ),
        Mistake(
            "both rise: the loser must fall by as much as the winner rises.",
            lambda a, b, step: (a + step * (1 - _chance(a, b)), b + step * (1 - _chance(a, b))),
        ),
        Mistake(
            "only the winner's rating changes: the loser falls by as much.",
            lambda a, b, step: (a + step * (1 - _chance(a, b)), b),
        ),
        Mistake(
            "only the loser's rating changes: the winner rises by as much.",
            lambda a, b, step: (a, b - step * (1 - _chance(a, b))),
        ),
        Mistake(
            "every vote moves the ratings alike: a surprise should move them more, by 1 − chance.",
            lambda a, b, step: (a + step, b - step),
        ),
        Mistake(
            "the difference itself is used: turn it into a chance first, by the sigmoid.",
            lambda a, b, step: (a + step * (1 - (a - b)), b - step * (1 - (a - b))),
        ),
        Mistake(
            "the winner falls and the loser rises: the signs are turned round.",
            lambda a, b, step: (a - step * (1 - _chance(a, b)), b + step * (1 - _chance(a, b))),
        ),
        Mistake(
            "the loser's rating comes first: return the winner's, then the loser's.",
            lambda a, b, step: (b - step * (1 - _chance(a, b)), a + step * (1 - _chance(a, b))),
        ),
        Mistake(
            "these are the changes alone: add them to the ratings.",
            lambda a, b, step: (step * (1 - _chance(a, b)), -step * (1 - _chance(a, b))),
        ),
        Mistake(
            "the step is missing: multiply by `step`.",
            lambda a, b, step: (a + 1 - _chance(a, b), b - 1 + _chance(a, b)),
        ),
        Mistake(
            "the loser's chance is computed from the winner's new rating: work both out from the old ones.",
            lambda a, b, step: (new := a + step * (1 - _chance(a, b)), b - step * (1 - _chance(new, b))),
        ),
    ),
    hint="`change = step * (1 - 1 / (1 + math.exp(loser - winner)))`; add it to one, subtract it from the other.",
    praise="It is the step of notebook 07's loss, for two numbers in place of a model.",
)


def _allowed(call: str, tools, least: int = 1, most: int = LONGEST_INPUT) -> bool:
    name, _, given = call.partition(" ")
    return name in tools and least <= len(given) <= most


_TOOLS = ["search", "calculate"]

ALLOWED = Exercise(
    name="allowed",
    signature="allowed(call, tools)",
    task="A call is a tool's name, one space, and an input. Return True only if the name is exactly one of the list "
    "`tools` and the input has 1 to 100 characters.",
    truth=_allowed,
    cases=(
        ("search Ada Byte", _TOOLS),
        ("delete all files", _TOOLS),
        ("searches Ada", _TOOLS),
        ("calculate 47 + 35", _TOOLS),
        ("sea Ada", _TOOLS),
        ("search", _TOOLS),
        ("search ", _TOOLS),
        ("calculate " + 100 * "1", _TOOLS),
        ("calculate " + 101 * "1", _TOOLS),
        ("calculate " + 95 * "1", _TOOLS),
        ("please search Ada", _TOOLS),
        ("Search Ada", _TOOLS),
        ("calculate 1 + 1", ["search"]),
        ("run search", _TOOLS),
        (" search Ada", _TOOLS),
        ("search\tAda", _TOOLS),
        ("search  ", _TOOLS),
        ("search A", _TOOLS),
        ("search a " + 99 * "b", _TOOLS),
        ("search Ada\nByte", _TOOLS),
        ("calculate " + 100 * "1" + "\n", _TOOLS),
    ),
    read=answer_values.boolean,
    mistakes=(
        Mistake(
            "the call only has to begin with a tool's name: “searches Ada” is let through. Compare the whole name.",
            lambda call, tools: any(call.startswith(t) for t in tools) and 1 <= len(call.partition(" ")[2]) <= 100,
        ),
        Mistake(
            "the call only has to begin with a tool's name, and the input isn't looked at: check both.",
            lambda call, tools: any(call.startswith(tool) for tool in tools),
        ),
        Mistake(
            "a tool's name anywhere in the call is enough: it must be the name, the part before the first space.",
            lambda call, tools: any(tool in call for tool in tools),
        ),
        Mistake(
            "a tool's name anywhere among the words is enough: it must come first.",
            lambda call, tools: any(tool in call.split() for tool in tools),
        ),
        *(
            Mistake(
                "the input isn't looked at: it needs 1 to 100 characters.",
                lambda call, tools, at=at: call.split(at)[0] in tools,
            )
            for at in (" ", None)
        ),
        Mistake(
            "an empty input is let through: it needs at least 1 character.",
            lambda call, tools: _allowed(call, tools, least=0),
        ),
        Mistake(
            "an overlong input is let through: 100 characters are the most.",
            lambda call, tools: _allowed(call, tools, most=10**9),
        ),
        Mistake(
            "an input of exactly 100 characters is refused: it is still allowed (`<=`).",
            lambda call, tools: _allowed(call, tools, most=99),
        ),
        Mistake(
            "an input of a single character is refused: it is still allowed (`1 <=`).",
            lambda call, tools: _allowed(call, tools, least=2),
        ),
        Mistake(
            "only the second word is measured: the input is all behind the first space.",
            lambda call, tools: _allowed(" ".join(call.split(" ")[:2]), tools),
        ),
        *(
            Mistake(
                "spaces are taken off: the name must stand at the very beginning, and a space in the input counts like "
                'any character. Use no `strip`, and `split(" ", 1)` with the space.',
                lambda call, tools, bare=bare: _allowed(bare(call), tools),
            )
            for bare in (
                str.strip,
                str.lstrip,
                str.rstrip,
                lambda call: " ".join(call.split(None, 1)),
                lambda call: " ".join(call.strip().split(None, 1)),
                lambda call: " ".join(part.strip() for part in call.split(" ", 1)),
            )
        ),
        Mistake(
            "a tab, or another white space, stands for the space: it must be one space.",
            lambda call, tools: _allowed(re.sub(r"\s", " ", call, count=1), tools),
        ),
        Mistake(
            "one of the two is enough here: both must hold, so join them by `and`.",
            lambda call, tools: call.partition(" ")[0] in tools or 1 <= len(call.partition(" ")[2]) <= LONGEST_INPUT,
        ),
        Mistake(
            "the whole call is measured: only the input counts towards the 100 characters.",
            lambda call, tools: _allowed(call, tools) and len(call) <= 100,
        ),
        Mistake(
            "capital letters don't count: the name must be exactly as in the list.",
            lambda call, tools: _allowed(call.lower(), tools),
        ),
        Mistake(
            "part of a tool's name is enough: “sea” is no tool. Use `in` on the list, not on its names.",
            lambda call, tools: (
                any(call.partition(" ")[0] in tool for tool in tools) and 1 <= len(call.partition(" ")[2]) <= 100
            ),
        ),
        Mistake(
            "this is a list of what is forbidden: whatever it forgets is let through. Say what is allowed.",
            lambda call, tools: (
                call.partition(" ")[0] not in ("delete", "run") and 1 <= len(call.partition(" ")[2]) <= 100
            ),
        ),
        Mistake(
            "True and False are swapped: True lets the call through.", lambda call, tools: not _allowed(call, tools)
        ),
        Mistake(
            "the tools are fixed: go by the list `tools`, which may hold fewer.",
            lambda call, tools: _allowed(call, _TOOLS),
        ),
    ),
    hint='`name, _, given = call.partition(" ")`, then two conditions joined by `and`.',
    praise="An allow-list refuses what nobody thought of; a list of forbidden things lets it through.",
)

EXERCISES = (ECE, INTERVAL, MAJORITY, BT_UPDATE, ALLOWED)
