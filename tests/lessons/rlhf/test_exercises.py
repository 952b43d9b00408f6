"""Exercises on RLHF: right answers of any design pass, typical wrong ones get their own message."""

import decimal
import math

import numpy as np
import torch
from exercise_cases import Cases
from torch.nn import functional as F

from pocketgpt_lessons.rlhf.exercises import EXERCISES, yours_or_ours

CASES = Cases(EXERCISES)
right, wrong = CASES.right, CASES.wrong


@right("chance_to_win")
def _(score, other):
    return torch.sigmoid(torch.tensor(score - other))


@right("chance_to_win")
def _(score, other):
    return math.exp(score) / (math.exp(score) + math.exp(other))


@wrong("chance_to_win", "sides are swapped")
def _(score, other):
    return math.exp(other) / (math.exp(score) + math.exp(other))


@wrong("chance_to_win", "plays no part")
def _(score, other):
    return 1 / (1 + math.exp(-score))


@wrong("chance_to_win", "between 0 and 1")
def _(score, other):
    return 1.0 if score > other else 0.0


@wrong("chance_to_win", "minus the logarithm")
def _(score, other):
    return -F.logsigmoid(torch.tensor(score - other))


@wrong("chance_to_win", "share of the two scores")
def _(score, other):
    return score / (score + other)


@right("learn_taste")
def _(rows, won, steps, rate):
    weights = [0.0] * len(rows[0])
    for _ in range(steps):
        surprises = [
            y - 1 / (1 + math.exp(-sum(w * x for w, x in zip(weights, row, strict=True))))
            for row, y in zip(rows, won, strict=True)
        ]
        for place in range(len(weights)):
            steep = sum(s * row[place] for s, row in zip(surprises, rows, strict=True))
            weights[place] += rate * steep / len(rows)
    return weights


@right("learn_taste")
def _(rows, won, steps, rate):
    x, y = torch.tensor(rows), torch.tensor(won, dtype=torch.float32)
    weights = torch.zeros(x.size(1), requires_grad=True)
    for _ in range(steps):
        F.binary_cross_entropy_with_logits(x @ weights, y).backward()
        with torch.no_grad():
            weights -= rate * weights.grad
        weights.grad = None
    return weights.detach()


def gradient(rows, surprises):
    return [sum(s * row[i] for s, row in zip(surprises, rows, strict=True)) / len(rows) for i in range(len(rows[0]))]


def learner(surprise, divide=True, sign=1):
    """A learner's function whose surprise is computed from won and the score."""

    def learn(rows, won, steps, rate):
        weights = [0.0] * len(rows[0])
        for _ in range(steps):
            scores = [sum(w * x for w, x in zip(weights, row, strict=True)) for row in rows]
            changes = gradient(rows, [surprise(y, score) for y, score in zip(won, scores, strict=True)])
            size = rate * (1 if divide else len(rows))
            weights = [w + sign * size * change for w, change in zip(weights, changes, strict=True)]
        return weights

    return learn


def chance(score):
    return 1 / (1 + math.exp(-score))


wrong("learn_taste", "run the wrong way")(learner(lambda y, score: chance(score) - y))
wrong("learn_taste", "added up, not averaged")(learner(lambda y, score: y - chance(score), divide=False))
wrong("learn_taste", "second story's chance")(learner(lambda y, score: y - chance(-score)))
wrong("learn_taste", "through the sigmoid")(learner(lambda y, score: y - score))
wrong("learn_taste", "the chance plays no part")(learner(lambda y, score: y))
wrong("learn_taste", "stays at a half")(learner(lambda y, score: y - 0.5))
wrong("learn_taste", "asks who is ahead")(learner(lambda y, score: y - (score >= 0)))
wrong("learn_taste", "teach nothing here")(learner(lambda y, score: y * (1 - chance(score))))
wrong("learn_taste", "sign of the surprise")(learner(lambda y, score: abs(y - chance(score))))


@wrong("learn_taste", "after each pair")
def _(rows, won, steps, rate):
    weights = [0.0] * len(rows[0])
    for _ in range(steps):
        for row, y in zip(rows, won, strict=True):
            surprise = y - chance(sum(w * x for w, x in zip(weights, row, strict=True)))
            weights = [w + rate * surprise * x for w, x in zip(weights, row, strict=True)]
    return weights


@wrong("learn_taste", "only one step")
def _(rows, won, steps, rate):
    weights = [0.0] * len(rows[0])
    for _ in range(steps):
        changes = gradient(rows, [y - 0.5 for y in won])
        return [w + rate * change for w, change in zip(weights, changes, strict=True)]
    return weights


@wrong("learn_taste", "the rate plays no part")
def _(rows, won, steps, rate):
    return learner(lambda y, score: y - chance(score))(rows, won, steps, 1)


@wrong("learn_taste", "still 0")
def _(rows, won, steps, rate):
    weights = [0] * len(rows[0])
    for _ in range(steps):
        changes = gradient(rows, [y - 0.5 for y in won])
        for w, change in zip(weights, changes, strict=True):
            w += rate * change
    return weights


@right("best_of")
def _(scores, truths):
    return truths[int(np.argmax(scores))]


@right("best_of")
def _(scores, truths):
    return max(zip(scores, truths, strict=True))[1]


@wrong("best_of", "this is the best score")
def _(scores, truths):
    return sorted(scores)[-1]


@wrong("best_of", "only the reward model may choose")
def _(scores, truths):
    return sorted(truths)[-1]


@wrong("best_of", "worst-scored")
def _(scores, truths):
    return min(zip(scores, truths, strict=True))[1]


@wrong("best_of", "the place of the best answer")
def _(scores, truths):
    return int(np.argmax(scores))


@wrong("best_of", "only one answer is chosen")
def _(scores, truths):
    return np.mean(truths)


@right("leashed_reward")
def _(score, logprobs, reference, weight):
    return score - weight * sum(a - b for a, b in zip(logprobs, reference, strict=True))


@right("leashed_reward")
def _(score, logprobs, reference, weight):
    return torch.tensor(score) - weight * (torch.tensor(logprobs) - torch.tensor(reference)).sum()


@wrong("leashed_reward", "wrong way")
def _(score, logprobs, reference, weight):
    return score + weight * (sum(logprobs) - sum(reference))


@wrong("leashed_reward", "multiply the gap")
def _(score, logprobs, reference, weight):
    return score + sum(reference) - sum(logprobs)


@wrong("leashed_reward", "mean over the tokens")
def _(score, logprobs, reference, weight):
    return score - weight * (np.mean(logprobs) - np.mean(reference))


@wrong("leashed_reward", "absolute gap")
def _(score, logprobs, reference, weight):
    return score - weight * abs(sum(logprobs) - sum(reference))


@wrong("leashed_reward", "score alone")
def _(score, logprobs, reference, weight):
    return score


@right("dpo_chance")
def _(better, worse, reference_better, reference_worse, beta):
    scores = beta * (better - reference_better), beta * (worse - reference_worse)
    return 1 / (1 + math.exp(scores[1] - scores[0]))


@wrong("dpo_chance", "reference plays no part")
def _(better, worse, reference_better, reference_worse, beta):
    return 1 / (1 + math.exp(-beta * (better - worse)))


@wrong("dpo_chance", "beta plays no part")
def _(better, worse, reference_better, reference_worse, beta):
    return 1 / (1 + math.exp(-(better - worse - reference_better + reference_worse)))


@wrong("dpo_chance", "swapped")
def _(better, worse, reference_better, reference_worse, beta):
    return 1 / (1 + math.exp(beta * (better - worse - reference_better + reference_worse)))


@wrong("dpo_chance", "minus the logarithm")
def _(better, worse, reference_better, reference_worse, beta):
    return math.log(1 + math.exp(-beta * (better - worse - reference_better + reference_worse)))


@right("chance_to_win")
def _(score, other):
    return (1 + math.tanh((score - other) / 2)) / 2


@right("chance_to_win")
def _(score, other):
    return torch.softmax(torch.tensor([score, other]), dim=0)[:1]


@right("chance_to_win")
def _(score, other):
    return np.exp(-np.logaddexp(0, other - score))


@right("chance_to_win")
def _(score, other):
    return float(1 / (1 + decimal.Decimal(other - score).exp()))


@wrong("chance_to_win", "the minus is missing")
def _(score, other):
    return 1 / (1 + math.exp(score - other))


@wrong("chance_to_win", "the two are added")
def _(score, other):
    return 1 / (1 + math.exp(-score - other))


@wrong("chance_to_win", "below the line")
def _(score, other):
    return 1 / 1 + math.exp(other - score)


@wrong("chance_to_win", "the odds")
def _(score, other):
    return math.exp(score) / math.exp(other)


@wrong("chance_to_win", "sign of the difference is lost")
def _(score, other):
    return torch.sigmoid(torch.tensor(abs(score - other)))


@wrong("chance_to_win", "a sigmoid of its own")
def _(score, other):
    a, b = torch.sigmoid(torch.tensor([score, other]))
    return a - b


@wrong("chance_to_win", "between 0 and 1")
def _(score, other):
    return 1.0 if score >= other else 0.0


@wrong("chance_to_win", "between 0 and 1")
def _(score, other):
    return 0.5 if score == other else int(score > other)


@wrong("chance_to_win", "this is the difference")
def _(score, other):
    return score - other


@wrong("chance_to_win", "")
def _(score, other):  # to the power of 2, or of 10 as in chess
    return 1 / (1 + 10 ** ((other - score) / 400))


@wrong("chance_to_win", "")
def _(score, other):
    return math.tanh(score - other)


@wrong("chance_to_win", "")
def _(score, other):  # a straight line
    return min(1.0, max(0.0, 0.5 + (score - other) / 4))


@right("best_of")
def _(scores, truths):  # recursion
    def better(place, others):
        if not others:
            return place
        return better(others[0] if scores[others[0]] > scores[place] else place, others[1:])

    return truths[better(0, list(range(1, len(scores))))]


@right("best_of")
def _(scores, truths):
    return torch.tensor(truths)[torch.tensor(scores).topk(1).indices]


@right("best_of")
def _(scores, truths):
    return dict(sorted(zip(scores, truths, strict=True))).popitem()[1]


def searches_from(start, place_of_best):
    """A learner's function whose search begins with this score; it keeps the place of the best, or its true score."""

    def best_of(scores, truths):
        best, place, true = start, 0, 0
        for i, score in enumerate(scores):
            if score > best:
                best, place, true = score, i, truths[i]
        return truths[place] if place_of_best else true

    return best_of


for start in (0, -1, -10, -100, -999, -1000):
    for place_of_best in (True, False):
        wrong("best_of", "may be above all others")(searches_from(start, place_of_best))


@wrong("best_of", "two lists are swapped")
def _(scores, truths):
    return scores[truths.index(max(truths))]


@wrong("best_of", "signs of the scores are lost")
def _(scores, truths):
    return truths[int(np.argmax(np.abs(scores)))]


@wrong("best_of", "always the first")
def _(scores, truths):
    return truths[0]


@wrong("best_of", "always the last")
def _(scores, truths):
    return truths[-1]


@wrong("best_of", "one number")
def _(scores, truths):
    return max(zip(scores, truths, strict=True))


@wrong("best_of", "")
def _(scores, truths):  # weighed by the scores
    return torch.softmax(torch.tensor(scores), 0) @ torch.tensor(truths)


@wrong("best_of", "")
def _(scores, truths):  # both together
    return max(s + t for s, t in zip(scores, truths, strict=True))


@wrong("best_of", "")
def _(scores, truths):  # the second best
    return truths[scores.index(sorted(scores)[-2:][0])] if len(scores) > 1 else truths[0]


@right("leashed_reward")
def _(score, logprobs, reference, weight):
    return np.float32(score) - np.dot(np.subtract(logprobs, reference), np.full(len(logprobs), weight))


@right("leashed_reward")
def leashed_reward(score, logprobs, reference, weight):  # one token after the other
    if len(logprobs) == 0:
        return score
    return leashed_reward(score - weight * (logprobs[0] - reference[0]), logprobs[1:], reference[1:], weight)


@right("leashed_reward")
def _(score, logprobs, reference, weight):
    return [score + weight * math.log(math.exp(math.fsum(reference) - math.fsum(logprobs)))]


@wrong("leashed_reward", "wrong way")
def _(score, logprobs, reference, weight):
    return score - weight * (sum(reference) - sum(logprobs))


@wrong("leashed_reward", "brackets are missing around the gap")
def _(score, logprobs, reference, weight):
    return score - weight * sum(logprobs) - sum(reference)


@wrong("leashed_reward", "brackets are missing around the gap")
def _(score, logprobs, reference, weight):
    return score - (weight * sum(logprobs) - sum(reference))


@wrong("leashed_reward", "the reference is added")
def _(score, logprobs, reference, weight):
    return score - weight * sum(logprobs) - weight * sum(reference)


@wrong("leashed_reward", "the start plays no part")
def _(score, logprobs, reference, weight):
    return score - weight * np.sum(logprobs)


@wrong("leashed_reward", "the model of now plays no part")
def _(score, logprobs, reference, weight):
    return score - weight * sum(reference)


@wrong("leashed_reward", "only one token counts")
def _(score, logprobs, reference, weight):
    return score - weight * (logprobs[-1] - reference[-1])


@wrong("leashed_reward", "only one token counts")
def _(score, logprobs, reference, weight):
    for now, start in zip(logprobs, reference, strict=True):
        return score - weight * (now - start)


@wrong("leashed_reward", "counts as 0")
def _(score, logprobs, reference, weight):
    return score - weight * max(0, sum(logprobs) - sum(reference))


@wrong("leashed_reward", "once for each token")
def _(score, logprobs, reference, weight):
    return sum(score - weight * (a - b) for a, b in zip(logprobs, reference, strict=True))


@wrong("leashed_reward", "weighted by probabilities")
def _(score, logprobs, reference, weight):
    return score - weight * F.kl_div(*torch.tensor([reference, logprobs]), reduction="sum", log_target=True)


@wrong("leashed_reward", "weight belongs to the leash")
def _(score, logprobs, reference, weight):
    return (score - (sum(logprobs) - sum(reference))) * weight


@wrong("leashed_reward", "probabilities are compared")
def _(score, logprobs, reference, weight):
    return score - weight * (math.exp(sum(logprobs)) - math.exp(sum(reference)))


@wrong("leashed_reward", "one number")
def _(score, logprobs, reference, weight):
    return [score - weight * (a - b) for a, b in zip(logprobs, reference, strict=True)]


@wrong("leashed_reward", "")
def _(score, logprobs, reference, weight):  # how many times likelier
    return score - weight * sum(logprobs) / sum(reference)


@wrong("leashed_reward", "")
def _(score, logprobs, reference, weight):  # squares
    return score - weight * (sum(logprobs) - sum(reference)) ** 2


@right("dpo_chance")
def _(better, worse, reference_better, reference_worse, beta):
    scores = beta * (torch.tensor([better, worse]) - torch.tensor([reference_better, reference_worse]))
    return scores.softmax(0)[0]


@right("dpo_chance")
def _(better, worse, reference_better, reference_worse, beta):
    return np.exp(-np.logaddexp(0, beta * np.dot([-1, 1, 1, -1], [better, worse, reference_better, reference_worse])))


@right("dpo_chance")
def _(*numbers):
    b, w, rb, rw, beta = map(np.float64, numbers)
    return (1 + math.tanh(beta * (b - w - rb + rw) / 2)) / 2


@wrong("dpo_chance", "brackets are missing around the worse answer's part")
def _(better, worse, reference_better, reference_worse, beta):
    return 1 / (1 + math.exp(-beta * (better - reference_better - worse - reference_worse)))


@wrong("dpo_chance", "beta multiplies the first score only")
def _(better, worse, reference_better, reference_worse, beta):
    gap = beta * (better - reference_better) - (worse - reference_worse)
    return 1 / (1 + math.exp(-gap))


@wrong("dpo_chance", "beta multiplies the model's part only")
def _(better, worse, reference_better, reference_worse, beta):
    gap = (beta * better - reference_better) - (beta * worse - reference_worse)
    return 1 / (1 + math.exp(-gap))


@wrong("dpo_chance", "belong to the other answer")
def _(better, worse, reference_better, reference_worse, beta):
    return 1 / (1 + math.exp(-beta * ((better - reference_worse) - (worse - reference_better))))


@wrong("dpo_chance", "the model plays no part")
def _(better, worse, reference_better, reference_worse, beta):
    return 1 / (1 + math.exp(-beta * (reference_better - reference_worse)))


@wrong("dpo_chance", "below the line")
def _(better, worse, reference_better, reference_worse, beta):
    return 1 / 1 + math.exp(-beta * ((better - reference_better) - (worse - reference_worse)))


@wrong("dpo_chance", "who is ahead")
def _(better, worse, reference_better, reference_worse, beta):
    return better - reference_better > worse - reference_worse


@wrong("dpo_chance", "model and reference")
def _(better, worse, reference_better, reference_worse, beta):
    return 1 / (1 + math.exp(-beta * ((reference_better - better) - (reference_worse - worse))))


@wrong("dpo_chance", "the worse answer plays no part")
def _(better, worse, reference_better, reference_worse, beta):
    return 1 / (1 + math.exp(-beta * (better - reference_better)))


@wrong("dpo_chance", "the scores are added")
def _(better, worse, reference_better, reference_worse, beta):
    return torch.sigmoid(torch.tensor(beta * (better + worse - reference_better - reference_worse)))


@wrong("dpo_chance", "difference of the scores")
def _(better, worse, reference_better, reference_worse, beta):
    return beta * (better - reference_better) - beta * (worse - reference_worse)


@wrong("dpo_chance", "")
def _(better, worse, reference_better, reference_worse, beta):  # beta below the line
    return 1 / (1 + math.exp(-((better - reference_better) - (worse - reference_worse)) / beta))


@wrong("dpo_chance", "")
def _(better, worse, reference_better, reference_worse, beta):  # a sigmoid for each
    a, b = torch.sigmoid(beta * torch.tensor([better - reference_better, worse - reference_worse]))
    return a - b


@wrong("dpo_chance", "")
def _(better, worse, reference_better, reference_worse, beta):  # probabilities
    gap = math.exp(better) - math.exp(reference_better) - math.exp(worse) + math.exp(reference_worse)
    return 1 / (1 + math.exp(-beta * gap))


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()


def test_a_run_takes_the_learners_function_once_it_is_right(capsys):
    def best_of(scores, truths):
        return torch.tensor(truths)[torch.tensor(scores).argmax()]

    assert yours_or_ours(best_of)([1.0, 2.0], [3.0, 4.0]) == 4.0
    assert "Yours: best_of." in capsys.readouterr().out

    def best_of(scores, truths): ...

    assert yours_or_ours(best_of)([2.0, 1.0], [3.0, 4.0]) == 3.0
    assert "Ours, until yours pass: best_of." in capsys.readouterr().out
