"""Exercises of notebook 05, hallucination: entropy of answers, AUROC, three rates, a threshold, expected scores."""

import math
from collections import Counter

from pocketgpt_lessons.classroom import answer_values
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake


def _shares(given) -> list[float]:
    return [count / len(given) for count in Counter(given).values()]


ENTROPY = Exercise(
    name="entropy",
    signature="entropy(answers)",
    task="From a list of answers, return the entropy in bits of which answer comes: for each different answer, "
    "its share times −log2 of its share, added up.",
    truth=lambda given: sum(share * math.log2(1 / share) for share in _shares(given)),  # so that it is 0, not -0
    cases=(
        (["baker", "baker", "judge", "diver"],),
        (["baker", "baker", "baker"],),
        (["judge", "diver"],),
        (["a", "b", "c", "d", "e", "a", "a", "a"],),
        (["in 1907", "I don't know.", "in 1907"],),
        (["Nora"],),
    ),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "the minus sign is missing: logarithms of shares are negative, entropy isn't.",
            lambda given: sum(share * math.log2(share) for share in _shares(given)),
        ),
        *(
            Mistake(
                "the logarithm has another base: for bits use `math.log2`, not `math.log` (nats) or `math.log10`.",
                lambda given, log=log: -sum(share * log(share) for share in _shares(given)),
            )
            for log in (math.log, math.log10)
        ),
        Mistake(
            "an answer that comes twice is added twice: go through the different answers, each once.",
            lambda given: -sum(given.count(a) / len(given) * math.log2(given.count(a) / len(given)) for a in given),
        ),
        *(
            Mistake(
                "the counts aren't divided by the number of answers: work with shares.",
                lambda given, sign=sign: sign * sum(count * math.log2(count) for count in Counter(given).values()),
            )
            for sign in (1, -1)
        ),
        Mistake(
            "the counts are divided by the number of different answers: a share is of all answers, `len(answers)`.",
            lambda given: -sum(c / len(set(given)) * math.log2(c / len(set(given))) for c in Counter(given).values()),
        ),
        Mistake(
            "this is the mean over the different answers: their shares are weights already, so add up only.",
            lambda given: -sum(share * math.log2(share) for share in _shares(given)) / len(set(given)),
        ),
        *(
            Mistake(
                "this is one answer's part only: begin with 0, add (`+=`) the part of each different answer, and "
                "return behind the loop.",
                lambda given, place=place: -_shares(given)[place] * math.log2(_shares(given)[place]),
            )
            for place in (0, -1)
        ),
        Mistake(
            "this adds squared shares, another measure of variety: multiply each share by −log2 of itself.",
            lambda given: 1 - sum(share**2 for share in _shares(given)),
        ),
        Mistake(
            "the logarithms aren't weighted: multiply each by the share of its answer.",
            lambda given: -sum(math.log2(share) for share in _shares(given)),
        ),
        Mistake(
            "this counts the different answers: entropy also weighs how often each one comes.",
            lambda given: len(set(given)),
        ),
        Mistake(
            "this is the entropy if all different answers came equally often: use their shares.",
            lambda given: math.log2(len(set(given))),
        ),
        Mistake(
            "this is one minus the share of the most frequent answer: add up over all answers, with log2.",
            lambda given: 1 - max(_shares(given)),
        ),
    ),
    hint="`Counter(answers).values()` are the counts; divide by `len(answers)` for the shares.",
    praise="0 bits: all samples agree. log2 of k bits: k samples, k different answers.",
)


def _pairs(known, absent, tie=0.5) -> list[float]:
    return [1.0 if a > b else tie if a == b else 0.0 for a in known for b in absent]


AUROC = Exercise(
    name="auroc",
    signature="auroc(known, absent)",
    task="Of all pairs of a score from `known` and one from `absent`, return the share in which the known one is "
    "higher; a tie counts half.",
    truth=lambda known, absent: sum(_pairs(known, absent)) / (len(known) * len(absent)),
    cases=(
        ([0.9, 0.8, 0.4], [0.5, 0.1]),
        ([0.5, 0.7], [0.5, 0.2, 0.7]),
        ([0.3, 0.2], [0.9, 0.8]),
        ([1.0], [0.0, 0.0, 0.5]),
        ([-1.0, -2.5, -1.0, -4.0], [-2.5, -0.5, -3.0, -2.5, 2.0]),
        ([7], [2]),
    ),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "the groups are swapped: count the pairs in which the known one is higher.",
            lambda known, absent: sum(_pairs(absent, known)) / (len(known) * len(absent)),
        ),
        Mistake(
            "a tie counts as nothing: it counts half.",
            lambda known, absent: sum(_pairs(known, absent, 0)) / (len(known) * len(absent)),
        ),
        Mistake(
            "a tie counts as a whole pair: it counts half.",
            lambda known, absent: sum(_pairs(known, absent, 1)) / (len(known) * len(absent)),
        ),
        Mistake(
            "this is the number of pairs: divide by how many pairs there are.",
            lambda known, absent: sum(_pairs(known, absent)),
        ),
        Mistake(
            "each score has one partner only: compare every known one with every absent one.",
            lambda known, absent: (
                sum(_pairs([a], [b])[0] for a, b in zip(known, absent, strict=False)) / min(len(known), len(absent))
            ),
        ),
        Mistake(
            "this is the difference of the two means: count pairs instead, which no outlier can pull.",
            lambda known, absent: sum(known) / len(known) - sum(absent) / len(absent),
        ),
        Mistake(
            "ties are left out: each counts as half a pair above the line, and as a whole one below it.",
            lambda known, absent: sum(_pairs(known, absent, 0)) / sum(a != b for a in known for b in absent),
        ),
        *(
            Mistake(
                "it is divided by the size of one group only: the number of pairs is the product of both.",
                lambda known, absent, pick=pick: sum(_pairs(known, absent)) / len((known, absent)[pick]),
            )
            for pick in (0, 1)
        ),
        Mistake(
            "the known ones are compared with the mean of the absent: compare each with every one of them.",
            lambda known, absent: sum(_pairs(known, [sum(absent) / len(absent)])) / len(known),
        ),
        Mistake(
            "the sum of both group sizes is no number of pairs: multiply the sizes.",
            lambda known, absent: sum(_pairs(known, absent)) / (len(known) + len(absent)),
        ),
    ),
    hint="Two loops, one inside the other: add 1 for higher, 0.5 for equal; divide by len(known) × len(absent).",
    praise="1 parts the groups without a mistake, 0.5 is a coin.",
)


def _rate(grades, known, grade, group=True) -> float:
    marks = [g == grade for g, k in zip(grades, known, strict=True) if k == group]
    return sum(marks) / len(marks)


def _three(grades, known) -> tuple[float, float, float]:
    return (
        _rate(grades, known, "right"),
        _rate(grades, known, "refused", group=False),
        _rate(grades, known, "refused"),
    )


def _of_answered(grades, known) -> float:
    """Right answers among those to known people that were no refusals: each case has some."""
    given = [g for g, k in zip(grades, known, strict=True) if k and g != "refused"]
    return given.count("right") / len(given)


def _refused_share(grades, known) -> float:
    """Known people among the refusals: each case has some, so that a share of none needn't be settled."""
    who = [k for g, k in zip(grades, known, strict=True) if g == "refused"]
    return sum(who) / len(who)


_EIGHT = ["right", "right", "refused", "wrong", "refused", "refused", "refused", "wrong"]

THREE_RATES = Exercise(
    name="three_rates",
    signature="three_rates(grades, known)",
    task="`grades` are 'right', 'refused' or 'wrong'; `known` says True or False for the same questions. Return "
    "three shares: right among the known, refused among the absent, refused among the known.",
    truth=_three,
    cases=(
        (_EIGHT, [True, True, True, True, True, False, False, False]),
        (["right", "refused"], [True, False]),
        (["refused", "wrong", "refused", "right"], [False, True, True, False]),
        (["refused", "right", "refused", "right"], [True, True, False, True]),
        (["right", "refused", "refused", "wrong", "right"], [True, False, True, True, False]),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake(
            "the counts are divided by all questions: divide by the questions of that group.",
            lambda grades, known: tuple(
                sum(g == grade and k == group for g, k in zip(grades, known, strict=True)) / len(grades)
                for grade, group in (("right", True), ("refused", False), ("refused", True))
            ),
        ),
        Mistake(
            "these are counts: divide each by the number of questions of its group.",
            lambda grades, known: tuple(
                sum(g == grade and k == group for g, k in zip(grades, known, strict=True))
                for grade, group in (("right", True), ("refused", False), ("refused", True))
            ),
        ),
        Mistake(
            "the last two are swapped: refused among the absent comes second, among the known third.",
            lambda grades, known: tuple(_three(grades, known)[i] for i in (0, 2, 1)),
        ),
        Mistake(
            "the right answers are counted among those given: a refusal to a known person is a loss, too.",
            lambda grades, known: (_of_answered(grades, known), *_three(grades, known)[1:]),
        ),
        Mistake(
            "the third is the share of known people among the refusals: divide by the known people instead.",
            lambda grades, known: (*_three(grades, known)[:2], _refused_share(grades, known)),
        ),
        Mistake(
            "the second is the share of absent people among the refusals: divide by the absent people instead.",
            lambda grades, known: (
                _rate(grades, known, "right"),
                1 - _refused_share(grades, known),
                _rate(grades, known, "refused"),
            ),
        ),
        Mistake(
            "the last two are shares of people among the refusals: divide by the people of each group instead.",
            lambda grades, known: (
                _rate(grades, known, "right"),
                1 - _refused_share(grades, known),
                _refused_share(grades, known),
            ),
        ),
        Mistake(
            "known and absent are swapped, in all three: `known` is True for people who are in the pages.",
            lambda grades, known: _three(grades, [not k for k in known]),
        ),
        Mistake(
            "all three are divided by the number of the known: the second by that of the absent.",
            lambda grades, known: (
                _rate(grades, known, "right"),
                _rate(grades, known, "refused", group=False) * known.count(False) / sum(known),
                _rate(grades, known, "refused"),
            ),
        ),
        Mistake(
            "the second counts all that isn't right, wrong answers, too: count refusals only.",
            lambda grades, known: (
                _rate(grades, known, "right"),
                1 - _rate(grades, known, "right", group=False),
                _rate(grades, known, "refused"),
            ),
        ),
        Mistake(
            "refusals are counted over all questions: the second share is of the absent people only.",
            lambda grades, known: (
                _rate(grades, known, "right"),
                grades.count("refused") / len(grades),
                _rate(grades, known, "refused"),
            ),
        ),
        Mistake(
            "right answers are counted over all questions: the first share is of the known people only.",
            lambda grades, known: (grades.count("right") / len(grades), *_three(grades, known)[1:]),
        ),
        Mistake(
            "the third counts wrong answers as refusals: to be wrong and to say nothing are two things.",
            lambda grades, known: (*_three(grades, known)[:2], 1 - _rate(grades, known, "right")),
        ),
    ),
    hint="Part the grades into two lists first, known and absent; then `list.count(…) / len(list)`.",
    praise="One of the three alone tells nothing: who refuses everything has a perfect second number.",
)


def _below(scores, threshold) -> float:
    return sum(score < threshold for score in scores) / len(scores)


REFUSAL_RATES = Exercise(
    name="refusal_rates",
    signature="refusal_rates(known, absent, threshold)",
    task="An answer whose confidence is below the threshold is refused. Return two shares: refused among the "
    "known, refused among the absent.",
    truth=lambda known, absent, t: (_below(known, t), _below(absent, t)),
    cases=(
        ([0.9, 0.8, 0.4, 0.95], [0.5, 0.1, 0.3], 0.5),
        ([0.9, 0.6], [0.2, 0.7, 0.7, 0.1, 0.6], 0.65),
        ([0.5, 1.0, 0.7, 0.8, 0.6], [0.5, 0.25], 0.0),
        ([0.25, 1.0, 0.5], [0.5, 0.25], 1.0),
        ([-0.5, -2.0, -1.0], [-3.0], -1.0),
        ([70], [80, 20], 75),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake(
            "a confidence of exactly the threshold is refused: only what is below it is.",
            lambda known, absent, t: tuple(sum(s <= t for s in group) / len(group) for group in (known, absent)),
        ),
        Mistake(
            "these are the shares that are answered: refused is what is below the threshold.",
            lambda known, absent, t: (1 - _below(known, t), 1 - _below(absent, t)),
        ),
        Mistake(
            "the two are swapped: known first, then absent.",
            lambda known, absent, t: (_below(absent, t), _below(known, t)),
        ),
        Mistake(
            "these are counts: divide each by the size of its group.",
            lambda known, absent, t: tuple(sum(s < t for s in group) for group in (known, absent)),
        ),
        Mistake(
            "the counts are divided by both groups together: divide each by the size of its own group.",
            lambda known, absent, t: tuple(
                sum(s < t for s in group) / (len(known) + len(absent)) for group in (known, absent)
            ),
        ),
        Mistake(
            "the first is the share of the known that is answered: both shares are of refusals.",
            lambda known, absent, t: (1 - _below(known, t), _below(absent, t)),
        ),
        Mistake(
            "the second is the share of the absent that is answered: both shares are of refusals.",
            lambda known, absent, t: (_below(known, t), 1 - _below(absent, t)),
        ),
        Mistake(
            "the comparison is turned round: refused is what is below the threshold, `<`, not what is above it.",
            lambda known, absent, t: tuple(sum(s > t for s in group) / len(group) for group in (known, absent)),
        ),
        Mistake(
            "the threshold is always one half here: use `threshold`.",
            lambda known, absent, t: (_below(known, 0.5), _below(absent, 0.5)),
        ),
        Mistake(
            "both are divided by the size of one group: divide each by the size of its own.",
            lambda known, absent, t: (_below(known, t), _below(absent, t) * len(absent) / len(known)),
        ),
    ),
    hint="`sum(score < threshold for score in known) / len(known)`, and the same for the others.",
    praise="Move the threshold from 0 to 1, and these two numbers draw the whole trade-off.",
)

EXPECTED_SCORE = Exercise(
    name="expected_score",
    signature="expected_score(p, penalty)",
    task="An answer is right with probability p. A right one earns 1 point, a wrong one costs `penalty` points. "
    "Return the mean score of answering.",
    truth=lambda p, penalty: p - (1 - p) * penalty,
    cases=((0.5, 0.5), (0.25, 0.0), (0.25, 1.0), (0.75, 3.0), (1.0, 1.0), (0.0, 2.0), (0.9, 100)),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "the penalty is paid whatever happens: it is due only with probability 1 − p.",
            lambda p, penalty: p - penalty,
        ),
        Mistake("the penalty is added: it costs points.", lambda p, penalty: p + (1 - p) * penalty),
        Mistake(
            "the penalty is weighted with p: it is due when the answer is wrong, with probability 1 − p.",
            lambda p, penalty: p - p * penalty,
        ),
        Mistake(
            "right and wrong are swapped: a right answer comes with probability p.",
            lambda p, penalty: (1 - p) - p * penalty,
        ),
        Mistake("the penalty has no effect: wrong answers cost points.", lambda p, penalty: p),
        Mistake("a wrong answer always costs one point here: it costs `penalty`.", lambda p, penalty: p - (1 - p)),
        Mistake(
            "the point for a right answer isn't weighted: it is earned with probability p.",
            lambda p, penalty: 1 - (1 - p) * penalty,
        ),
        Mistake(
            "neither is weighted: the point is earned with probability p, the penalty due with 1 − p.",
            lambda p, penalty: 1 - penalty,
        ),
        Mistake("brackets are missing around 1 − p: `(1 - p) * penalty`.", lambda p, penalty: p - 1 - p * penalty),
        Mistake(
            "the sum is divided by 2: the probabilities are weights already, and add up to 1.",
            lambda p, penalty: (p - (1 - p) * penalty) / 2,
        ),
        Mistake(
            "a mean below 0 comes out as 0: here the question is always answered, so it can be negative.",
            lambda p, penalty: max(0, p - (1 - p) * penalty),
        ),
        Mistake("the sign is turned round: points count up, penalties down.", lambda p, penalty: (1 - p) * penalty - p),
        Mistake("the point for a right answer is missing: add p × 1.", lambda p, penalty: -(1 - p) * penalty),
    ),
    hint="Two cases, each with its probability: p × 1 and (1 − p) × (−penalty). Add them.",
    praise="“I don't know” scores 0. So with no penalty a guess never loses, however wild it is.",
)

EXERCISES = (ENTROPY, AUROC, THREE_RATES, REFUSAL_RATES, EXPECTED_SCORE)
