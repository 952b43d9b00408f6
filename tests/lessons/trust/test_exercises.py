"""Exercises on trust: right answers of any design pass, typical wrong ones get their own message."""

import collections
import math
import re
from statistics import mean

import numpy as np
from exercise_cases import Cases

from pocketgpt_lessons.trust import own_parts
from pocketgpt_lessons.trust.exercises import EXERCISES

CASES = Cases(EXERCISES)
right, wrong = CASES.right, CASES.wrong


@right("ece")
def _(confidences, right, bins):
    groups = collections.defaultdict(list)
    for c, r in zip(confidences, right, strict=True):
        groups[min(int(c * bins), bins - 1)].append((c, r))
    total = 0
    for group in groups.values():
        total += abs(sum(c for c, _ in group) - sum(r for _, r in group))
    return total / len(confidences)


@right("ece")
def _(confidences, right, bins):
    c, r = np.array(confidences), np.array(right, dtype=float)
    place = np.minimum((c * bins).astype(int), bins - 1)
    return sum((place == b).mean() * abs(c[place == b].mean() - r[place == b].mean()) for b in set(place))


@wrong("ece", "every bin counts alike")
def _(confidences, right, bins):
    groups = collections.defaultdict(list)
    for c, r in zip(confidences, right, strict=True):
        groups[min(int(c * bins), bins - 1)].append((c, r))
    return mean(abs(mean(c for c, _ in g) - mean(r for _, r in g)) for g in groups.values())


@wrong("ece", "each answer is compared")
def _(confidences, right, bins):
    return mean(abs(c - r) for c, r in zip(confidences, right, strict=True))


@wrong("ece", "too late")
def _(confidences, right, bins):
    return abs(mean(confidences) - mean(right))


@wrong("ece", "a bin of its own")
def _(confidences, right, bins):
    groups = collections.defaultdict(list)
    for c, r in zip(confidences, right, strict=True):
        groups[int(c * bins)].append((c, r))
    return sum(abs(sum(c for c, _ in g) - sum(r for _, r in g)) for g in groups.values()) / len(confidences)


@right("interval")
def _(values, draws, cut):
    means = sorted(np.array(values)[draw].mean() for draw in draws)
    kept = means[cut : len(means) - cut]
    return kept[0], kept[-1]


@wrong("interval", "nothing is left out")
def _(values, draws, cut):
    means = [sum(values[i] for i in draw) / len(draw) for draw in draws]
    return min(means), max(means)


@wrong("interval", "aren't sorted")
def _(values, draws, cut):
    means = [sum(values[i] for i in draw) / len(draw) for draw in draws]
    return means[cut], means[-1 - cut]


@wrong("interval", "these are sums")
def _(values, draws, cut):
    sums = sorted(sum(values[i] for i in draw) for draw in draws)
    return sums[cut], sums[-1 - cut]


@wrong("interval", "only the low end")
def _(values, draws, cut):
    means = sorted(sum(values[i] for i in draw) / len(draw) for draw in draws)
    return means[cut], means[-1]


@right("majority")
def _(answers):
    return collections.Counter(filter(None, answers)).most_common(1)[0][0]


@right("majority")
def _(answers):
    best, most = None, 0
    for answer in answers:
        if answer and answers.count(answer) > most:
            best, most = answer, answers.count(answer)
    return best


@wrong("majority", "the empty text has a vote")
def _(answers):
    return collections.Counter(answers).most_common(1)[0][0]


@wrong("majority", "the last one wins")
def _(answers):
    best, most = None, 0
    for answer in filter(None, answers):
        if answers.count(answer) >= most:
            best, most = answer, answers.count(answer)
    return best


@wrong("majority", "by the alphabet")
def _(answers):
    counts = collections.Counter(filter(None, answers))
    return sorted(counts, key=lambda answer: (-counts[answer], answer))[0]


@wrong("majority", "how often it comes")
def _(answers):
    return collections.Counter(filter(None, answers)).most_common(1)[0][1]


@right("bt_update")
def _(winner, loser, step):
    surprise = 1 / (1 + math.exp(winner - loser))
    return winner + step * surprise, loser - step * surprise


@wrong("bt_update", "grows with the winner's chance")
def _(winner, loser, step):
    chance = 1 / (1 + math.exp(loser - winner))
    return winner + step * chance, loser - step * chance


@wrong("bt_update", "only the winner's rating")
def _(winner, loser, step):
    return winner + step * (1 - 1 / (1 + math.exp(loser - winner))), loser


@wrong("bt_update", "moves the ratings alike")
def _(winner, loser, step):
    return winner + step, loser - step


@wrong("bt_update", "from the winner's new rating")
def _(winner, loser, step):
    winner = winner + step * (1 - 1 / (1 + math.exp(loser - winner)))
    loser = loser - step * (1 - 1 / (1 + math.exp(loser - winner)))
    return winner, loser


@right("allowed")
def _(call, tools):
    name, space, given = call.partition(" ")
    return name in tools and 0 < len(given) <= 100


@right("allowed")
def _(call, tools):
    for tool in tools:
        if call.startswith(tool + " "):
            return 1 <= len(call) - len(tool) - 1 <= 100
    return False


@wrong("allowed", "begin with a tool's name")
def _(call, tools):
    return any(call.startswith(tool) for tool in tools)


@wrong("allowed", "anywhere in the call")
def _(call, tools):
    return any(tool in call for tool in tools)


@wrong("allowed", "the input isn't looked at")
def _(call, tools):
    return call.split()[0] in tools


@wrong("allowed", "exactly 100 characters is refused")
def _(call, tools):
    name, _, given = call.partition(" ")
    return name in tools and 1 <= len(given) < 100


@wrong("allowed", "part of a tool's name")
def _(call, tools):
    name, _, given = call.partition(" ")
    return name in " ".join(tools) and 1 <= len(given) <= 100


@right("ece")
def _(confidences, right, bins):
    sums, _ = np.histogram(confidences, bins, (0, 1), weights=np.array(confidences) - np.array(right, dtype=float))
    return abs(sums).sum() / len(confidences)


@right("ece")
def _(confidences, right, bins):
    sums = [0.0] * bins
    for c, r in zip(confidences, right, strict=True):
        sums[min(int(c // (1 / bins)), bins - 1)] += c - r
    return sum(map(abs, sums)) / len(confidences)


@wrong("interval", "the number of values")
def _(values, draws, cut):
    means = sorted(sum(values[i] for i in draw) / len(values) for draw in draws)
    return means[cut], means[-1 - cut]


@wrong("interval", "point to others")
def _(values, draws, cut):
    values.sort()
    means = sorted(mean(values[i] for i in draw) for draw in draws)
    return means[cut], means[-1 - cut]


@wrong("interval", "with a cut of 0")
def _(values, draws, cut):
    means = sorted(mean(values[i] for i in draw) for draw in draws)[cut:-cut]
    return means[0], means[-1]


@wrong("majority", "a set has no order")
def _(answers):
    return max({answer for answer in answers if answer}, key=answers.count)


@wrong("allowed", "spaces are taken off")
def _(call, tools):
    parts = call.strip().split(None, 1)
    return len(parts) == 2 and parts[0] in tools and len(parts[1]) <= 100


@wrong("allowed", "it must be one space")
def _(call, tools):
    found = re.fullmatch(r"(\w+)\s(.{1,100})", call, re.S)
    return bool(found) and found[1] in tools


@right("allowed")
def _(call, tools):
    return bool(re.fullmatch(rf"({'|'.join(tools)}) .{{1,100}}", call, re.S))


@wrong("allowed", "a single character is refused")
def _(call, tools):
    name, _, given = call.partition(" ")
    return name in tools and 1 < len(given) <= 100


@wrong("allowed", "only the second word")
def _(call, tools):
    words = call.split(" ")
    return len(words) > 1 and words[0] in tools and 1 <= len(words[1]) <= 100


@wrong("allowed", "what is special")
def _(call, tools):
    return bool(re.match(rf"({'|'.join(tools)}) .{{1,100}}$", call))


@wrong("allowed", "what is special")
def _(call, tools):
    return bool(re.match(rf"({'|'.join(tools)}) .{{1,100}}$", call, re.S))


@wrong("allowed", "what is special")
def _(call, tools):
    return bool(re.fullmatch(rf"({'|'.join(tools)}) .{{1,100}}", call))


@wrong("ece", "the lowest to the highest")
def _(confidences, right, bins):
    sums, _ = np.histogram(confidences, bins, weights=np.array(confidences) - np.array(right, dtype=float))
    return abs(sums).sum() / len(confidences)


@wrong("ece", "only the first is looked up")
def _(confidences, right, bins):
    sums = [0.0] * bins
    for c in confidences:
        sums[min(int(c * bins), bins - 1)] += c - right[confidences.index(c)]
    return sum(map(abs, sums)) / len(confidences)


@wrong("ece", "exactly 0 is lost")
def _(confidences, right, bins):
    c, r = np.array(confidences), np.array(right, dtype=float)
    inside = [(c > i / bins) & (c <= (i + 1) / bins) for i in range(bins)]
    return sum(abs((c - r)[mask].sum()) for mask in inside) / len(c)


@wrong("ece", "exactly 1 are lost")
def _(confidences, right, bins):
    c, r = np.array(confidences), np.array(right, dtype=float)
    inside = [(c >= i / bins) & (c < (i + 1) / bins) for i in range(bins)]
    return sum(abs((c - r)[mask].sum()) for mask in inside) / len(c)


@wrong("majority", "more than half")
def _(answers):
    votes = [answer for answer in answers if answer]
    for answer in votes:
        if votes.count(answer) > len(votes) / 2:
            return answer
    return votes[0]


@wrong("majority", "more than half")
def _(answers):
    first, *_ = filter(None, answers)
    [(answer, votes)] = collections.Counter(filter(None, answers)).most_common(1)
    return answer if votes > len(answers) / 2 else first


@wrong("majority", "the last one wins")
def _(answers):
    best, most = None, 0
    for answer, votes in collections.Counter(filter(None, answers)).items():
        if votes >= most:
            best, most = answer, votes
    return best


@wrong("majority", "what is special")
def _(answers):  # of two empty texts in a row, one is passed over
    votes = list(answers)
    for answer in votes:
        if answer == "":
            votes.remove(answer)
    return max(votes, key=votes.count)


@wrong("majority", "what is special")
def _(answers):  # compared with the one before, not with the best so far
    votes = [answer for answer in answers if answer]
    winner = votes[0]
    for i in range(1, len(votes)):
        if votes.count(votes[i]) > votes.count(votes[i - 1]):
            winner = votes[i]
    return winner


test_right_answers_pass, test_wrong_ones_get_their_message, test_there_are_four_messages = CASES.tests()


def test_votes_one_by_one_find_about_the_same_order():
    votes = [("a", "b")] * 30 + [("b", "c")] * 30 + [("b", "a")] * 8 + [("c", "b")] * 8
    [exercise] = [exercise for exercise in EXERCISES if exercise.name == "bt_update"]
    board = own_parts.rate_one_by_one(votes, "abc", exercise.truth)
    assert board["a"] > board["b"] > board["c"] and sum(board.values()) / 3 == 1000
