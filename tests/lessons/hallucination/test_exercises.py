"""Exercises on hallucination: right answers of any design pass, typical wrong ones get their own message."""

import collections
import math

import numpy as np
import torch
from exercise_cases import Cases

from pocketgpt_lessons.hallucination.exercises import EXERCISES

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


@wrong("entropy", "nat")
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


@right("refusal_rates")
def refusal_rates(known, absent, threshold):
    return [sum(score < threshold for score in group) / len(group) for group in (known, absent)]


@right("refusal_rates")
def _(known, absent, threshold):
    return (np.array(known) < threshold).mean(), (np.array(absent) < threshold).mean()


@wrong("refusal_rates", "exactly the threshold")
def _(known, absent, threshold):
    return (np.array(known) <= threshold).mean(), (np.array(absent) <= threshold).mean()


@wrong("refusal_rates", "shares that are answered")
def _(known, absent, threshold):
    return (np.array(known) >= threshold).mean(), (np.array(absent) >= threshold).mean()


@wrong("refusal_rates", "swapped")
def _(known, absent, threshold):
    return refusal_rates(absent, known, threshold)


@wrong("refusal_rates", "these are counts")
def _(known, absent, threshold):
    return sum(s < threshold for s in known), sum(s < threshold for s in absent)


@wrong("refusal_rates", "first is the share of the known that is answered")
def _(known, absent, threshold):
    return (np.array(known) >= threshold).mean(), (np.array(absent) < threshold).mean()


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


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
