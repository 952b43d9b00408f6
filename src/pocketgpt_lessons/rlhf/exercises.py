"""Exercises of notebook 07, RLHF: a chance to win, best of n, a leash, and the score that DPO has built in."""

import math

from pocketgpt_lessons.classroom import answer_values
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


CHANCE_TO_WIN = Exercise(
    name="chance_to_win",
    signature="chance_to_win(score, other)",
    task="Return the chance with which an answer with this score is preferred to one with the score `other`: "
    "1 / (1 + e to the power of minus their difference).",
    truth=lambda score, other: _sigmoid(score - other),
    cases=((1.0, 1.0), (2.0, 0.5), (0.5, 2.0), (-1.0, -4.0), (7.0, 6.0)),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "the sides are swapped: the higher the answer's own score, the likelier it wins.",
            lambda score, other: _sigmoid(other - score),
        ),
        Mistake(
            "the other's score plays no part: only the difference of the two counts.",
            lambda score, other: _sigmoid(score),
        ),
        Mistake("this is the difference: put it through the sigmoid.", lambda score, other: score - other),
        Mistake(
            "this says who is ahead: a chance lies between 0 and 1, and close scores give one near 0.5.",
            lambda score, other: float(score > other),
        ),
        Mistake(
            "the share of the two scores fails below 0, and changes if both rise alike: use their difference.",
            lambda score, other: score / (score + other),
        ),
        Mistake(
            "this is the loss, minus the logarithm of the chance: return the chance itself.",
            lambda score, other: -math.log(_sigmoid(score - other)),
        ),
        Mistake(
            "the two are added: the chance depends on how far apart they are.",
            lambda score, other: _sigmoid(score + other),
        ),
    ),
    hint="`import math`, then `1 / (1 + math.exp(-(score - other)))`.",
    praise="Only differences count: 7 against 6 is the same as 1 against 0.",
)


def _best(scores, truths, pick=max) -> float:
    return truths[scores.index(pick(scores))]


BEST_OF = Exercise(
    name="best_of",
    signature="best_of(scores, truths)",
    task="`scores` are the reward model's for n answers, `truths` their true scores. Return the true score of the "
    "answer that the reward model likes best.",
    truth=_best,
    cases=(
        ([0.2, 1.5, 0.9], [3.0, 1.0, 4.0]),
        ([2.0], [0.5]),
        ([-3.0, -1.0, -2.0, -4.0], [0.0, 2.5, 3.0, 1.0]),
        ([1.0, 0.0, 3.0], [2.0, -1.0, -6.0]),
    ),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "this is the best score: asked is what the same answer is truly worth.", lambda scores, truths: max(scores)
        ),
        Mistake(
            "you looked at the true scores to choose: only the reward model may choose.",
            lambda scores, truths: max(truths),
        ),
        Mistake("this is the worst-scored answer.", lambda scores, truths: _best(scores, truths, min)),
        Mistake(
            "this is the place of the best answer: return its true score.",
            lambda scores, truths: scores.index(max(scores)),
        ),
        Mistake("this is the mean: only one answer is chosen.", lambda scores, truths: sum(truths) / len(truths)),
        Mistake("this is always the first answer.", lambda scores, truths: truths[0]),
        Mistake("this is always the last answer.", lambda scores, truths: truths[-1]),
    ),
    hint="`scores.index(max(scores))` is the place of the favourite; look up that place in `truths`.",
    praise="Nothing was trained here, and yet the answers change: choosing is a way to optimise, too.",
)


def _gap(logprobs, reference) -> float:
    return sum(logprobs) - sum(reference)


LEASHED_REWARD = Exercise(
    name="leashed_reward",
    signature="leashed_reward(score, logprobs, reference, weight)",
    task="`logprobs` and `reference` hold the log-probability of each token of one answer, under the model and under "
    "the model at the start. Return the score minus weight × (sum of logprobs − sum of reference).",
    truth=lambda score, logprobs, reference, weight: score - weight * _gap(logprobs, reference),
    cases=(
        (2.0, [-1.0, -0.5], [-2.0, -1.5], 0.5),
        (1.0, [-3.0], [-1.0], 0.25),
        (3.0, [-0.5, -0.25, -1.0], [-0.5, -2.25, -3.0], 0.0),
        (-1.0, [-2.0, -2.0, -1.0], [-4.0, -3.0, -5.0], 1.0),
    ),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "the leash pulls the wrong way: to leave the start must cost something, so subtract.",
            lambda score, logprobs, reference, weight: score + weight * _gap(logprobs, reference),
        ),
        Mistake(
            "the weight plays no part: multiply the gap by it.",
            lambda score, logprobs, reference, weight: score - _gap(logprobs, reference),
        ),
        Mistake(
            "the gap is a mean over the tokens: here it is their sum, the gap of the whole answer.",
            lambda score, logprobs, reference, weight: score - weight * _gap(logprobs, reference) / len(logprobs),
        ),
        Mistake(
            "the start plays no part: compare with what the model at the start would have said.",
            lambda score, logprobs, reference, weight: score - weight * sum(logprobs),
        ),
        Mistake(
            "the absolute gap is taken: with its sign, the mean over many answers is the KL divergence.",
            lambda score, logprobs, reference, weight: score - weight * abs(_gap(logprobs, reference)),
        ),
        Mistake(
            "probabilities are compared: stay with the logarithms.",
            lambda score, logprobs, reference, weight: (
                score - weight * (math.exp(sum(logprobs)) - math.exp(sum(reference)))
            ),
        ),
        Mistake(
            "the score is multiplied, too: the weight belongs to the leash alone.",
            lambda score, logprobs, reference, weight: weight * (score - _gap(logprobs, reference)),
        ),
        Mistake("this is the score alone: there is no leash in it.", lambda score, logprobs, reference, weight: score),
    ),
    hint="`gap = sum(logprobs) - sum(reference)`, then `score - weight * gap`.",
    praise="An answer that only the new model would give pays for it; with weight 0 the leash is off.",
)

DPO_CHANCE = Exercise(
    name="dpo_chance",
    signature="dpo_chance(better, worse, reference_better, reference_worse, beta)",
    task="All four are log-probabilities of whole answers. An answer's built-in score is beta × (model − reference). "
    "Return the chance of the better one to win: the sigmoid of the difference of both scores.",
    truth=lambda b, w, rb, rw, beta: _sigmoid(beta * ((b - rb) - (w - rw))),
    cases=(
        (-10.0, -12.0, -10.0, -12.0, 0.5),
        (-9.0, -13.0, -10.0, -12.0, 0.5),
        (-12.0, -11.0, -10.0, -12.0, 0.25),
        (-20.0, -8.0, -22.0, -9.0, 1.0),
    ),
    read=answer_values.scalar,
    mistakes=(
        Mistake(
            "the reference plays no part: what counts is how much likelier an answer has become.",
            lambda b, w, rb, rw, beta: _sigmoid(beta * (b - w)),
        ),
        Mistake(
            "beta plays no part: each score is multiplied by it.",
            lambda b, w, rb, rw, beta: _sigmoid((b - rb) - (w - rw)),
        ),
        Mistake("better and worse are swapped.", lambda b, w, rb, rw, beta: _sigmoid(beta * ((w - rw) - (b - rb)))),
        Mistake(
            "this is the difference of the scores: put it through the sigmoid.",
            lambda b, w, rb, rw, beta: beta * ((b - rb) - (w - rw)),
        ),
        Mistake(
            "this is the loss, minus the logarithm of the chance: return the chance itself.",
            lambda b, w, rb, rw, beta: -math.log(_sigmoid(beta * ((b - rb) - (w - rw)))),
        ),
        Mistake(
            "the worse answer plays no part: subtract its score.", lambda b, w, rb, rw, beta: _sigmoid(beta * (b - rb))
        ),
        Mistake(
            "the scores are added: only their difference says who wins.",
            lambda b, w, rb, rw, beta: _sigmoid(beta * ((b - rb) + (w - rw))),
        ),
    ),
    hint="`score = beta * (better - reference_better)`, the same for the worse, then the sigmoid of the difference.",
    praise="At the start model and reference agree, so every chance is 0.5. No reward model is needed any more.",
)

EXERCISES = (CHANCE_TO_WIN, BEST_OF, LEASHED_REWARD, DPO_CHANCE)
