"""Exercises of notebook 05, hallucination: entropy of answers, AUROC, a probe, three rates, expected scores."""

import math
from collections import Counter
from functools import partial

import torch

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


def _won(known, absent):
    pairs = _pairs(known, absent)
    return f"of {len(pairs)} pairs the known one is higher in {pairs.count(1.0)}, equal in {pairs.count(0.5)}"


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
            "each score has one partner only: compare every known one with every absent one.",
            lambda known, absent: sum(a > b for a, b in zip(known, absent, strict=False)) / len(known),
        ),
        *(
            Mistake(
                "only the first known score is compared: put `return` behind both loops.",
                lambda known, absent, n=n: sum(_pairs(known[:1], absent)) / (n(known) * len(absent)),
            )
            for n in (len, lambda known: 1)
        ),
        Mistake(
            "`//` drops everything behind the point: divide with `/`.",
            lambda known, absent: sum(_pairs(known, absent)) // (len(known) * len(absent)),
        ),
        Mistake(
            "this is the difference of the two means: count pairs instead, which no outlier can pull.",
            lambda known, absent: sum(known) / len(known) - sum(absent) / len(absent),
        ),
        Mistake(
            "ties are left out: a tie adds a half to the wins, and counts as a pair like any other.",
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
    on_the_way=_won,
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


def _fitted(states, labels, steps, rate, mean=True, bias=1.0, turn=1.0, kept=0.0) -> list[float]:
    """Weights and bias after some steps, the gradient worked out by hand: the mean of (p − label) times the state."""
    x = torch.cat([states, torch.full((len(states), 1), bias)], 1).double()
    found = torch.zeros(x.size(1), dtype=torch.float64)
    slope = torch.zeros_like(found)
    for _ in range(steps):
        p = 1 / (1 + torch.exp(-(x @ found)))
        slope = kept * slope + x.T @ (p - labels) / (len(x) if mean else 1)
        found = found - turn * rate * slope
    return found.tolist()


def _by_other_slope(states, labels, steps, rate, slope) -> list[float]:
    """As `_fitted`, for another loss: `slope` gives it from the weighted sums and the labels, for each state."""
    x = torch.cat([states, torch.ones(len(states), 1)], 1).double()
    found = torch.zeros(x.size(1), dtype=torch.float64)
    for _ in range(steps):
        found = found - rate * x.T @ slope(x @ found, labels) / len(x)
    return found.tolist()


def _slope_without_sigmoid(sums, labels):
    """Of the squared differences of the sums themselves."""
    return 2 * (sums - labels)


def _slope_of_squares(sums, labels):
    p = sums.sigmoid()
    return 2 * (p - labels) * p * (1 - p)


def _slope_of_two_sigmoids(sums, labels):
    p = sums.sigmoid()
    return (p.sigmoid() - labels) * p * (1 - p)


def _one_by_one(states, labels, steps, rate) -> list[float]:
    found = [0.0] * (states.size(1) + 1)
    for _ in range(steps):
        for row, label in zip(states.tolist(), labels.tolist(), strict=True):
            p = 1 / (1 + math.exp(-sum(a * b for a, b in zip(found, [*row, 1.0], strict=True))))
            found = [a - rate * (p - label) * b for a, b in zip(found, [*row, 1.0], strict=True)]
    return found


_FOUR = torch.tensor([[1.0, 0.0], [1.0, 0.5], [0.0, 1.0], [-0.5, 1.0]])
_LABELS = torch.tensor([1.0, 1.0, 0.0, 0.0])

FIT_PROBE = Exercise(
    name="fit_probe",
    signature="fit_probe(states, labels, steps, rate)",
    task="Fit a probe: from weights and a bias of 0, take steps of gradient descent on the mean cross-entropy between "
    "sigmoid(states @ weights + bias) and the labels. Return one tensor: the weights, and the bias behind them.",
    truth=_fitted,
    cases=(
        (_FOUR, _LABELS, 1, 1.0),
        (_FOUR, _LABELS, 3, 0.5),
        (torch.tensor([[2.0, 1.0, -1.0], [1.0, 0.0, 1.0], [0.5, -1.0, 0.0]]), torch.tensor([1.0, 0.0, 1.0]), 4, 0.3),
        (torch.tensor([[1.0], [3.0]]), torch.tensor([0.0, 1.0]), 5, 0.25),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake(
            "the step goes uphill: subtract the gradient, don't add it.",
            lambda x, y, steps, rate: _fitted(x, y, steps, rate, turn=-1.0),
        ),
        Mistake(
            "only one step is taken: repeat all of it `steps` times.", lambda x, y, steps, rate: _fitted(x, y, 1, rate)
        ),
        Mistake(
            "one step too few is taken: `range(steps)` gives as many as it says.",
            lambda x, y, steps, rate: _fitted(x, y, steps - 1, rate),
        ),
        Mistake(
            "the losses are added up: take their mean, or a larger group would make larger steps.",
            lambda x, y, steps, rate: _fitted(x, y, steps, rate, mean=False),
        ),
        Mistake(
            "the bias stays 0: it is learned like the weights, by a step of its own.",
            lambda x, y, steps, rate: _fitted(x, y, steps, rate, bias=0.0),
        ),
        Mistake(
            "the bias is missing: put it behind the weights, `torch.cat([weights, bias])`.",
            lambda x, y, steps, rate: _fitted(x, y, steps, rate)[:-1],
        ),
        Mistake(
            "the bias stands first: the weights come first, and the bias behind them.",
            lambda x, y, steps, rate: [(found := _fitted(x, y, steps, rate))[-1], *found[:-1]],
        ),
        Mistake(
            "the gradients of earlier steps are added in: set `.grad = None` after each step.",
            lambda x, y, steps, rate: _fitted(x, y, steps, rate, kept=1.0),
        ),
        Mistake(
            "the labels are turned round: the probability is that of a label 1.",
            lambda x, y, steps, rate: _fitted(x, 1 - y, steps, rate),
        ),
        Mistake("the step has a length of its own: use `rate`.", lambda x, y, steps, rate: _fitted(x, y, steps, 1.0)),
        Mistake(
            "the sigmoid is missing: squared differences from the label fit a line, not a probability.",
            partial(_by_other_slope, slope=_slope_without_sigmoid),
        ),
        Mistake(
            "this is the squared error of the sigmoid: cross-entropy is asked for, "
            "`F.binary_cross_entropy_with_logits`.",
            partial(_by_other_slope, slope=_slope_of_squares),
        ),
        Mistake(
            "the sigmoid is taken twice: `binary_cross_entropy_with_logits` takes it by itself, so give it the sums.",
            partial(_by_other_slope, slope=_slope_of_two_sigmoids),
        ),
        Mistake("the weights move after each state: take the mean over all states first, then one step.", _one_by_one),
        Mistake(
            "these are the probabilities of the states: return the weights and the bias that give them.",
            lambda x, y, steps, rate: (
                torch.cat([x, torch.ones(len(x), 1)], 1).double() @ torch.tensor(_fitted(x, y, steps, rate)).double()
            ).sigmoid(),
        ),
        Mistake(
            "nothing is learned: change weights and bias in each step, in place (`-=`).",
            lambda x, y, steps, rate: [0.0] * (x.size(1) + 1),
        ),
    ),
    on_the_way=lambda states, labels, steps, rate: (
        "after the first step the numbers are " + ", ".join(f"{x:.4g}" for x in _fitted(states, labels, 1, rate))
    ),
    hint="`F.binary_cross_entropy_with_logits(states @ weights + bias, labels)` is the loss; `loss.backward()` fills "
    "`weights.grad` and `bias.grad`, if both were made with `requires_grad=True`.",
    praise="A probe is a model of one layer, trained on the inside of another.",
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

EXERCISES = (ENTROPY, AUROC, FIT_PROBE, THREE_RATES, EXPECTED_SCORE)
