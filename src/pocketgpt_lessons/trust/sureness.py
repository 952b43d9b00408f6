"""How sure the stages are of facts about people, how often they are right, and what a temperature mends of it."""

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from pocketgpt.evaluation import calibration
from pocketgpt.evaluation.calibration import Stated
from pocketgpt.sft.conversations import FactQuestion, questions_about, split_people
from pocketgpt.world import Tables
from pocketgpt_lessons.speakers import Speaker

COMPARED = ("base", "assistant", "honest", "preferred")
LEAST = 10  # pages that mention a person who is asked about
EACH = 2  # questions about a person
RECORDED = 4  # questions about a person in the study, for narrower intervals
DRAWS = 300  # samples for an interval
CANT_TELL = "can't be told"


def asked(tables: Tables, each: int = EACH, seed: int = 0) -> list[FactQuestion]:
    """`each` questions about every held-out person on LEAST pages or more, in wordings that are held out."""
    found = []
    for person in (person for person in split_people(tables)[1] if person.mentions >= LEAST):
        about = questions_about(tables, [person], seed=seed)
        found += random.Random(f"sure {seed}/{person.name}").sample(about, each)
    return found


def about_absent(tables: Tables, people: int = 48) -> list[FactQuestion]:
    """The question about the profession of each of some absent people, whom no page that a model has read mentions."""
    return [q for q in questions_about(tables, tables.absent[:people]) if q.fact == "profession"]


def stated(stages: Mapping[str, Speaker], tables: Tables, questions: Sequence[FactQuestion]) -> dict[str, list]:
    """What each of the stages COMPARED states: Stated, or None where it refuses."""
    return {
        name: calibration.stated_facts(each.model, each.tokenizer, tables, questions, each.converses)
        for name, each in stages.items()
        if name in COMPARED
    }


def by_person(facts: Sequence[Stated | None]) -> list[list[Stated]]:
    """The stated facts person by person: facts about one depend on each other, people don't."""
    groups: dict[str, list[Stated]] = {}
    for fact in facts:
        if fact is not None:
            groups.setdefault(fact.question.row.name, []).append(fact)
    return list(groups.values())


def report(facts: Sequence[Stated | None], ece: Callable = calibration.expected_calibration_error) -> dict[str, float]:
    """A stage's calibration error `y` with its 95% interval, `low` to `high`; what it would be by `chance` alone, and
    what it would then stay below in 95% of cases, `chance high`; the share `stated`; and the `temperature` fitted on
    every second person, with the others' error `before` and `after`, and the interval of what that changes,
    `change low` to `change high`.
    """
    people = by_person(facts)
    # The confidences don't change from sample to sample: compute them once.
    pairs = _pairs(people, 1.0)

    def error(sample: Sequence[Sequence[tuple[float, bool]]]) -> float:
        sure, right = zip(*chain.from_iterable(sample), strict=True)
        return float(ece(list(sure), list(right), calibration.BINS))

    low, high = calibration.bootstrap(pairs, error, DRAWS)
    temperature = calibration.fit_temperature(list(chain.from_iterable(people[::2])))
    tested, mended = pairs[1::2], _pairs(people[1::2], temperature)

    def change(sample: Sequence[int]) -> float:
        return error([mended[i] for i in sample]) - error([tested[i] for i in sample])

    change_low, change_high = calibration.bootstrap(range(len(tested)), change, DRAWS)
    sure, _ = calibration.sure_and_right(facts)
    chance, chance_high = calibration.error_by_chance(sure)
    return {
        "y": error(pairs),
        "low": low,
        "high": high,
        "chance": chance,
        "chance high": chance_high,
        "stated": len(sure) / len(facts),
        "temperature": temperature,
        "before": error(tested),
        "after": error(mended),
        "change low": change_low,
        "change high": change_high,
    }


def difference(
    first: Sequence[Stated | None],
    second: Sequence[Stated | None],
    ece: Callable = calibration.expected_calibration_error,
) -> dict[str, float]:
    """By how much a second stage's calibration error is larger than a first one's, `y`, over the `facts` that both
    state in answer to the same questions; with the ends of its 95% interval, `low` to `high`: a paired bootstrap over
    people.
    """
    both = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    sides = [_pairs(by_person(side), 1.0) for side in zip(*both, strict=True)]
    people = list(zip(*sides, strict=True))

    def larger(sample: Sequence) -> float:
        errors = []
        for side in zip(*sample, strict=True):
            sure, right = zip(*chain.from_iterable(side), strict=True)
            errors.append(float(ece(list(sure), list(right), calibration.BINS)))
        return errors[1] - errors[0]

    low, high = calibration.bootstrap(people, larger, DRAWS)
    return {"y": larger(people), "low": low, "high": high, "facts": len(both)}


def worst(
    stated: Mapping[str, Sequence[Stated | None]],
    reports: Mapping[str, Mapping[str, float]],
    ece: Callable = calibration.expected_calibration_error,
) -> str:
    """The stage with the largest error; CANT_TELL unless it is larger than each other's by more than chance."""
    first, *others = sorted(reports, key=lambda name: -reports[name]["y"])
    apart = all(difference(stated[other], stated[first], ece)["low"] > 0 for other in others)
    return first if apart else CANT_TELL


def recorded(stages: Mapping[str, Speaker], tables: Tables, each: int = RECORDED) -> dict[str, dict]:
    """The `report` of each stage, with `each` facts about a person, and what changes from base to preferred."""
    found = stated(stages, tables, asked(tables, each))
    return {name: report(facts) for name, facts in found.items()} | {
        "from base to preferred": difference(found["base"], found["preferred"])
    }


def _pairs(people: Sequence[Sequence[Stated]], temperature: float) -> list[list[tuple[float, bool]]]:
    """For each person the confidences with the marks."""
    return [list(zip(*calibration.sure_and_right(each, temperature), strict=True)) for each in people]
