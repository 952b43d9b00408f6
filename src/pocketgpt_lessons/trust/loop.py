"""You in the loop: twenty answers, half of them wrong, and a reader who says which to trust, with more and more help.

Each answer comes in a tone, sure or modest, which changes from round to round: the same facts in both tones. In every
round the tones are dealt out evenly over right and wrong answers, so they tell nothing.

Where nobody clicks, a simulated reader decides, by habits that are written down here. It shows how the table is read,
and says nothing about people.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from pocketgpt.chat import prompt
from pocketgpt.chat.template import encode_text
from pocketgpt.errors import PocketError
from pocketgpt.evaluation.confidence import token_probabilities
from pocketgpt.model import GPT
from pocketgpt_lessons.display.html import piece_text
from pocketgpt_lessons.trust.checks import Case, Given

SHOWN = 20
ROUNDS = ("no help", "token colours", "sources")
SURE, MODEST = "There is no doubt about it: ", "I may well be wrong here, but: "
# The simulated reader's habits: how readily it trusts a sure or a modest tone, when it goes by colours, and how often
# it reads a source correctly.
TRUSTS = {SURE: 0.8, MODEST: 0.4}
LEAST_SURE = 0.3
READS_RIGHT = 0.95
SECONDS = (4.0, 6.0, 9.0)


@dataclass(frozen=True)
class Claim:
    """An answer to be judged: with its tone in each round, its tokens and their probabilities, and a source's text."""

    question: str
    answer: str
    right: bool
    tones: tuple[str, ...]
    pieces: tuple[str, ...]
    probabilities: tuple[float, ...]
    source: str


@dataclass(frozen=True)
class Verdict:
    """What somebody said of a claim, after how many seconds."""

    trusted: bool
    seconds: float
    simulated: bool = False


def make_claims(
    model: GPT, tokenizer, cases: Sequence[Case], given: Sequence[Given], search, n: int = SHOWN, seed: int = 0
) -> list[Claim]:
    """`n` of the answers, half of them right, in each round in both tones equally often. PocketError if too few."""
    rng = random.Random(f"loop {seed}")
    pairs = [(case, each) for case, each in zip(cases, given, strict=True) if each.claim is not None]
    halves = [[pair for pair in pairs if (pair[1].claim == pair[0].truth) == right] for right in (True, False)]
    if min(map(len, halves)) < n // 2:
        raise PocketError(f"Give at least {n // 2} right and {n // 2} wrong answers with a claim.")
    chosen = []
    for half in halves:
        for i, (case, each) in enumerate(rng.sample(half, n // 2)):
            tones = tuple((SURE, MODEST)[(i + number) % 2] for number in range(len(ROUNDS)))
            chosen.append(_claim(model, tokenizer, case, each, search, tones))
    rng.shuffle(chosen)
    return chosen


def _claim(model: GPT, tokenizer, case: Case, given: Given, search, tones: tuple[str, ...]) -> Claim:
    start, ids = prompt(case.talk, tokenizer, model.config.context), encode_text(given.text, tokenizer)
    shares = token_probabilities(model, [*start, *ids], len(start))
    pieces = tuple(piece_text(tokenizer.token_bytes(i)) for i in ids)
    right = given.claim == case.truth
    return Claim(case.talk[-1].content, given.text, right, tones, pieces, tuple(shares), search(case.look_up))


def simulated(claim: Claim, number: int, rng: random.Random) -> Verdict:
    """The simulated reader's verdict in a round, 0 to 2 of ROUNDS."""
    trusts = (
        rng.random() < TRUSTS[claim.tones[number]],
        min(claim.probabilities) >= LEAST_SURE,
        claim.right == (rng.random() < READS_RIGHT),
    )[number]
    return Verdict(trusts, SECONDS[number], simulated=True)


def filled_up(claims: Sequence[Claim], verdicts: Sequence[Sequence[Verdict]], seed: int = 0) -> list[list[Verdict]]:
    """The verdicts of all rounds, the simulated reader's where there is none yet."""
    found = []
    for number in range(len(ROUNDS)):
        own = list(verdicts[number]) if number < len(verdicts) else []
        rng = random.Random(f"simulated reader {seed}/{number}")
        found.append([*own, *(simulated(claim, number, rng) for claim in claims[len(own) :])])
    return found


def summary(claims: Sequence[Claim], verdicts: Sequence[Sequence[Verdict]]) -> list[dict]:
    """For each round: how many verdicts were right, seconds for one, how many claims of either tone were trusted, and
    how many verdicts are simulated.

    The seconds are a median, so that a pause doesn't count, and only of the reader's own verdicts where there are any.
    """
    rows = []
    for number, (name, each) in enumerate(zip(ROUNDS, verdicts, strict=True)):
        own = [verdict for verdict in each if not verdict.simulated] or each

        def trusted(tone: str, number: int = number, each: Sequence[Verdict] = each) -> int:
            return sum(v.trusted for claim, v in zip(claims, each, strict=True) if claim.tones[number] == tone)

        rows.append(
            {
                "round": name,
                "n": len(claims),
                "right": sum(v.trusted == claim.right for claim, v in zip(claims, each, strict=True)),
                "seconds": median(verdict.seconds for verdict in own),
                "simulated": sum(v.simulated for v in each),
                "sure trusted": trusted(SURE),
                "modest trusted": trusted(MODEST),
                "of each tone": len(claims) // 2,
            }
        )
    return rows
