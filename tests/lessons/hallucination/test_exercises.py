"""Exercises on hallucination: right answers of any design pass, typical wrong ones get their own message."""

import collections
import itertools
import math
import statistics

import numpy as np
import torch
import torch.nn.functional as F
from exercise_cases import Cases

from pocketgpt_lessons.hallucination.exercises import EXERCISES
from pocketgpt_lessons.hallucination.own_parts import fit_probe

CASES = Cases(EXERCISES)
right, wrong = CASES.right, CASES.wrong


@right("entropy")
def _(answers):
    shares = [answers.count(answer) / len(answers) for answer in set(answers)]
    return sum(share * math.log2(1 / share) for share in shares)


@right("entropy")
def _(answers):  # the mean surprise
    return np.mean([-math.log2(answers.count(answer) / len(answers)) for answer in answers])


@wrong("entropy", "minus sign")
def _(answers):
    return sum(c / len(answers) * math.log2(c / len(answers)) for c in collections.Counter(answers).values())


@wrong("entropy", "for bits use")
def _(answers):
    return -sum(c / len(answers) * math.log(c / len(answers)) for c in collections.Counter(answers).values())


@wrong("entropy", "added twice")
def _(answers):
    total = 0
    for answer in answers:
        share = answers.count(answer) / len(answers)
        total -= share * math.log2(share)
    return total


@wrong("entropy", "aren't weighted")
def _(answers):
    return sum(-math.log2(answers.count(answer) / len(answers)) for answer in set(answers))


@wrong("entropy", "counts the different answers")
def _(answers):
    return len(set(answers))


@wrong("entropy", "work with shares")
def _(answers):
    return -sum(count * math.log2(count) for count in collections.Counter(answers).values())


@right("auroc")
def _(known, absent):
    wins = 0
    for a in known:
        for b in absent:
            wins += 1 if a > b else 0.5 if a == b else 0
    return wins / len(known) / len(absent)


@right("auroc")
def _(known, absent):
    difference = np.sign(np.subtract.outer(known, absent))
    return (difference.mean() + 1) / 2


@wrong("auroc", "swapped")
def _(known, absent):
    return np.mean([(a < b) + 0.5 * (a == b) for a in known for b in absent])


@wrong("auroc", "as nothing")
def _(known, absent):
    return np.mean([a > b for a in known for b in absent])


@wrong("auroc", "as a whole pair")
def _(known, absent):
    return np.mean([a >= b for a in known for b in absent])


@wrong("auroc", "number of pairs")
def _(known, absent):
    return sum((a > b) + 0.5 * (a == b) for a in known for b in absent)


@wrong("auroc", "one partner only")
def _(known, absent):
    return np.mean([(a > b) + 0.5 * (a == b) for a, b in zip(known, absent)])  # noqa: B905


@wrong("auroc", "two means")
def _(known, absent):
    return np.mean(known) - np.mean(absent)


@right("three_rates")
def three_rates(grades, known):
    of_known = [g for g, k in zip(grades, known) if k]  # noqa: B905
    of_absent = [g for g, k in zip(grades, known) if not k]  # noqa: B905
    return (
        of_known.count("right") / len(of_known),
        of_absent.count("refused") / len(of_absent),
        of_known.count("refused") / len(of_known),
    )


@right("three_rates")
def _(grades, known):
    grades, known = np.array(grades), np.array(known)
    return torch.tensor(
        [(grades[known] == "right").mean(), (grades[~known] == "refused").mean(), (grades[known] == "refused").mean()]
    )


@wrong("three_rates", "divided by all questions")
def _(grades, known):
    pairs, n = list(zip(grades, known)), len(grades)  # noqa: B905
    return (pairs.count(("right", True)) / n, pairs.count(("refused", False)) / n, pairs.count(("refused", True)) / n)


@wrong("three_rates", "these are counts")
def _(grades, known):
    pairs = list(zip(grades, known))  # noqa: B905
    return pairs.count(("right", True)), pairs.count(("refused", False)), pairs.count(("refused", True))


@wrong("three_rates", "swapped")
def _(grades, known):
    right, refused, wrongly = three_rates(grades, known)
    return right, wrongly, refused


@wrong("three_rates", "among the refusals")
def _(grades, known):
    refused = [k for g, k in zip(grades, known) if g == "refused"]  # noqa: B905
    return *three_rates(grades, known)[:2], sum(refused) / len(refused) if refused else 0


@wrong("three_rates", "over all questions: the first")
def _(grades, known):
    return grades.count("right") / len(grades), *three_rates(grades, known)[1:]


@wrong("three_rates", "flat list")
def _(grades, known):
    return [three_rates(grades, known)]


@right("expected_score")
def _(p, penalty):
    return p * 1 + (1 - p) * -penalty


@wrong("expected_score", "whatever happens")
def _(p, penalty):
    return p - penalty


@wrong("expected_score", "is added")
def _(p, penalty):
    return p + (1 - p) * penalty


@wrong("expected_score", "weighted with p")
def _(p, penalty):
    return p - p * penalty


@wrong("expected_score", "right and wrong are swapped")
def _(p, penalty):
    return -p * penalty + (1 - p)


@wrong("expected_score", "no effect")
def _(p, penalty):
    return p


@right("entropy")
def _(answers):  # the entropy of a distribution, from nats to bits
    _, counts = np.unique(answers, return_counts=True)
    return torch.distributions.Categorical(torch.tensor(counts / counts.sum())).entropy() / math.log(2)


@right("entropy")
def _(answers):
    groups = [len(list(group)) for _, group in itertools.groupby(sorted(answers))]
    return math.log2(len(answers)) - sum(n * math.log2(n) for n in groups) / len(answers)


@right("entropy")
def _(answers):  # one answer less with each call
    def part(others):
        if not others:
            return np.float32(0)
        share = answers.count(others[0]) / len(answers)
        return part([other for other in others if other != others[0]]) - share * np.log2(share, dtype=np.float32)

    return part(answers)


@wrong("entropy", "for bits use")
def _(answers):
    shares = [n / len(answers) for n in collections.Counter(answers).values()]
    return -sum(s * math.log10(s) for s in shares)


@wrong("entropy", "number of different answers")
def _(answers):
    counts = collections.Counter(answers)
    return -sum(n / len(counts) * math.log2(n / len(counts)) for n in counts.values())


@wrong("entropy", "this is the mean over the different answers")
def _(answers):
    shares = [n / len(answers) for n in collections.Counter(answers).values()]
    return np.mean([-s * math.log2(s) for s in shares])


@wrong("entropy", "one answer's part only")
def _(answers):
    for n in collections.Counter(answers).values():
        share = n / len(answers)
        return -share * math.log2(share)


@wrong("entropy", "one answer's part only")
def _(answers):
    for n in collections.Counter(answers).values():
        share = n / len(answers)
        total = -share * math.log2(share)
    return total


@wrong("entropy", "squared shares")
def _(answers):
    return 1 - sum((n / len(answers)) ** 2 for n in collections.Counter(answers).values())


@wrong("entropy", "came equally often")
def _(answers):
    return math.log2(len(set(answers)))


@wrong("entropy", "most frequent answer")
def _(answers):
    return 1 - collections.Counter(answers).most_common(1)[0][1] / len(answers)


@wrong("entropy", "one number")
def _(answers):
    return [-n / len(answers) * math.log2(n / len(answers)) for n in collections.Counter(answers).values()]


@wrong("entropy", "")
def _(answers):  # runs of equal answers
    sizes = [len(list(group)) for _, group in itertools.groupby(answers)]
    return -sum(n / len(answers) * math.log2(n / len(answers)) for n in sizes)


@wrong("entropy", "")
def _(answers):  # letters in place of answers
    letters = collections.Counter("".join(answers))
    return -sum(n / letters.total() * math.log2(n / letters.total()) for n in letters.values())


@wrong("entropy", "")
def _(answers):  # a share and one minus the share
    s = answers.count(answers[0]) / len(answers)
    return 0.0 if s == 1 else -s * math.log2(s) - (1 - s) * math.log2(1 - s)


@right("auroc")
def _(known, absent):  # from ranks, where equal scores share the mean of their ranks
    everyone = sorted([*known, *absent])
    ranks = [everyone.index(a) + (everyone.count(a) + 1) / 2 for a in known]
    n = len(known)
    return (sum(ranks) - n * (n + 1) / 2) / (n * len(absent))


@right("auroc")
def _(known, absent):
    difference = torch.tensor(known)[:, None] - torch.tensor(absent)
    return torch.heaviside(difference.double(), torch.tensor(0.5).double()).mean()


@right("auroc")
def _(known, absent):
    return statistics.mean((a > b) - (a < b) for a, b in itertools.product(known, absent)) / 2 + 0.5


@wrong("auroc", "ties are left out")
def _(known, absent):
    pairs = [(a, b) for a in known for b in absent if a != b]
    return sum(a > b for a, b in pairs) / len(pairs)


@wrong("auroc", "size of one group only")
def _(known, absent):
    return sum((a > b) + 0.5 * (a == b) for a in known for b in absent) / len(known)


@wrong("auroc", "size of one group only")
def _(known, absent):
    total = 0
    for a in known:
        for b in absent:
            total += 1 if a > b else 0.5 if a == b else 0
    return total / len(absent)


@wrong("auroc", "multiply the sizes")
def _(known, absent):
    return sum((a > b) + 0.5 * (a == b) for a in known for b in absent) / (len(known) + len(absent))


@wrong("auroc", "mean of the absent")
def _(known, absent):
    middle = np.mean(absent)
    return np.mean([1 if a > middle else 0.5 if a == middle else 0 for a in known])


@wrong("auroc", "")
def _(known, absent):  # pairs that come twice count once
    pairs = {(a, b) for a in known for b in absent}
    return sum((a > b) + 0.5 * (a == b) for a, b in pairs) / len(pairs)


@wrong("auroc", "")
def _(known, absent):  # a tie counts one and a half
    total = 0
    for a in known:
        for b in absent:
            if a >= b:
                total += 1
            if a == b:
                total += 0.5
    return total / (len(known) * len(absent))


@wrong("auroc", "")
def _(known, absent):  # only who leads
    return float(np.mean(known) > np.mean(absent))


@right("three_rates")
def _(grades, known):
    table = collections.Counter(zip(known, grades, strict=True))
    n = collections.Counter(known)
    return [table[k, g] / n[k] for k, g in [(True, "right"), (False, "refused"), (True, "refused")]]


@right("three_rates")
def _(grades, known):
    asked = [(True, "right"), (False, "refused"), (True, "refused")]
    return (statistics.mean(g == grade for g, k in zip(grades, known, strict=True) if k is who) for who, grade in asked)


@right("three_rates")
def _(grades, known):
    known = torch.tensor(known).float()
    right, refused = (torch.tensor([g == grade for g in grades]).float() for grade in ("right", "refused"))
    of = torch.stack([known, 1 - known, known])
    return (of * torch.stack([right, refused, refused])).sum(1) / of.sum(1)


@wrong("three_rates", "the second is the share of absent people among the refusals")
def _(grades, known):
    refused = [k for g, k in zip(grades, known, strict=True) if g == "refused"]
    first, _, third = three_rates(grades, known)
    return first, refused.count(False) / len(refused), third


@wrong("three_rates", "the third is the share of known people among the refusals")
def _(grades, known):
    refused = [k for g, k in zip(grades, known, strict=True) if g == "refused"]
    return *three_rates(grades, known)[:2], sum(refused) / len(refused)


@wrong("three_rates", "the last two are shares of people among the refusals")
def _(grades, known):
    refused = [k for g, k in zip(grades, known, strict=True) if g == "refused"]
    return three_rates(grades, known)[0], refused.count(False) / len(refused), refused.count(True) / len(refused)


@wrong("three_rates", "in all three")
def _(grades, known):
    return three_rates(grades, [not k for k in known])


@wrong("three_rates", "divided by the number of the known")
def _(grades, known):
    pairs, n = list(zip(grades, known, strict=True)), sum(known)
    return pairs.count(("right", True)) / n, pairs.count(("refused", False)) / n, pairs.count(("refused", True)) / n


@wrong("three_rates", "wrong answers, too")
def _(grades, known):
    of_absent = [g for g, k in zip(grades, known, strict=True) if not k]
    first, _, third = three_rates(grades, known)
    return first, sum(g != "right" for g in of_absent) / len(of_absent), third


@wrong("three_rates", "to say nothing are two things")
def _(grades, known):
    first, second, _ = three_rates(grades, known)
    return first, second, 1 - first


@wrong("three_rates", "among those given")
def _(grades, known):
    given = [g for g, k in zip(grades, known, strict=True) if k and g != "refused"]
    return given.count("right") / len(given), *three_rates(grades, known)[1:]


@wrong("three_rates", "")
def _(grades, known):  # per cent
    return [100 * rate for rate in three_rates(grades, known)]


@wrong("three_rates", "")
def _(grades, known):
    return dict(zip(["right", "refused", "wrongly refused"], three_rates(grades, known), strict=True))


@right("expected_score")
def _(p, penalty):
    return np.dot([p, 1 - p], [1, -penalty])


@right("expected_score")
def _(p, penalty):
    return p * (1 + penalty) - penalty


@right("expected_score")
def _(p, penalty):
    return torch.lerp(torch.tensor([-float(penalty)]), torch.tensor([1.0]), p)


@wrong("expected_score", "neither is weighted")
def _(p, penalty):
    return 1 - penalty


@wrong("expected_score", "isn't weighted")
def _(p, penalty):
    return 1 - (1 - p) * penalty


@wrong("expected_score", "brackets are missing around 1 − p")
def _(p, penalty):
    return p * 1 - 1 - p * penalty


@wrong("expected_score", "always costs one point")
def _(p, penalty):
    return p * 1 + (1 - p) * -1


@wrong("expected_score", "divided by 2")
def _(p, penalty):
    return np.mean([p, -(1 - p) * penalty])


@wrong("expected_score", "comes out as 0")
def _(p, penalty):
    return max(0.0, p - (1 - p) * penalty)


@wrong("expected_score", "sign is turned round")
def _(p, penalty):
    return (1 - p) * penalty - p


@wrong("expected_score", "is missing")
def _(p, penalty):
    return (1 - p) * -penalty


@wrong("expected_score", "one number")
def _(p, penalty):
    return p, -(1 - p) * penalty


@wrong("expected_score", "")
def _(p, penalty):  # what will probably happen
    return 1 if p > 0.5 else -penalty


@wrong("expected_score", "")
def _(p, penalty):  # p in per cent
    return p / 100 - (1 - p / 100) * penalty


@right("fit_probe")
def _(states, labels, steps, rate):
    return fit_probe(states, labels, steps, rate)


def _probe(loss_of, states, labels, steps, rate, clear=True, learns_bias=True):
    """Gradient descent on some loss of the weighted sums and the labels."""
    weights, bias = torch.zeros(states.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    for _ in range(steps):
        loss_of(states @ weights + bias, labels).backward()
        for part in (weights, bias) if learns_bias else (weights,):
            part.data -= rate * part.grad
            if clear:
                part.grad.zero_()
    return weights, bias


def _cross_entropy(sums, labels):
    return F.binary_cross_entropy(sums.sigmoid(), labels)


@right("fit_probe")
def _(states, labels, steps, rate):  # a list of numbers
    weights, bias = _probe(_cross_entropy, states, labels, steps, rate)
    return [*weights.tolist(), bias.item()]


@right("fit_probe")
def _(states, labels, steps, rate):  # the bias as a weight of a state that is always 1; the gradient by hand
    x = np.hstack([states.numpy(), np.ones((len(states), 1))])
    w = np.zeros(x.shape[1])
    for _ in range(steps):
        w -= rate * x.T @ (1 / (1 + np.exp(-x @ w)) - labels.numpy()) / len(x)
    return w


@wrong("fit_probe", "uphill")
def _(states, labels, steps, rate):
    return torch.cat(_probe(_cross_entropy, states, labels, steps, -rate))


@wrong("fit_probe", "only one step")
def _(states, labels, steps, rate):
    return torch.cat(_probe(_cross_entropy, states, labels, 1, rate))


@wrong("fit_probe", "take their mean")
def _(states, labels, steps, rate):
    return torch.cat(
        _probe(lambda s, y: F.binary_cross_entropy_with_logits(s, y, reduction="sum"), states, labels, steps, rate)
    )


@wrong("fit_probe", "the bias stays 0")
def _(states, labels, steps, rate):
    return torch.cat(_probe(_cross_entropy, states, labels, steps, rate, learns_bias=False))


@wrong("fit_probe", "the bias is missing")
def _(states, labels, steps, rate):
    return _probe(_cross_entropy, states, labels, steps, rate)[0]


@wrong("fit_probe", "the bias stands first")
def _(states, labels, steps, rate):
    return torch.cat(_probe(_cross_entropy, states, labels, steps, rate)[::-1])


@wrong("fit_probe", "gradients of earlier steps")
def _(states, labels, steps, rate):
    return torch.cat(_probe(_cross_entropy, states, labels, steps, rate, clear=False))


@wrong("fit_probe", "turned round")
def _(states, labels, steps, rate):
    return torch.cat(_probe(_cross_entropy, states, 1 - labels, steps, rate))


@wrong("fit_probe", "a length of its own")
def _(states, labels, steps, rate):
    return torch.cat(_probe(_cross_entropy, states, labels, steps, 1.0))


@wrong("fit_probe", "the sigmoid is missing")
def _(states, labels, steps, rate):
    return torch.cat(_probe(F.mse_loss, states, labels, steps, rate))


@wrong("fit_probe", "probabilities of the states")
def _(states, labels, steps, rate):
    weights, bias = _probe(_cross_entropy, states, labels, steps, rate)
    return (states @ weights + bias).sigmoid()


@wrong("fit_probe", "nothing is learned")
def _(states, labels, steps, rate):
    weights, bias = torch.zeros(states.shape[1]), torch.zeros(1)
    for _ in range(steps):
        gradient = states.T @ ((states @ weights + bias).sigmoid() - labels) / len(states)
        weights - rate * gradient  # noqa: B018
    return torch.cat([weights, bias])


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
