"""Exercises on RLHF: right answers of any design pass, typical wrong ones get their own message."""

import math

import numpy as np
import torch
from exercise_cases import Cases
from torch.nn import functional as F

from pocketgpt_lessons.rlhf.exercises import EXERCISES

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


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
