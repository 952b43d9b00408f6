"""How sure the stages are of facts about people, how often they are right, and what a temperature mends of it."""

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from pocketgpt.evaluation import calibration
from pocketgpt.evaluation.calibration import Stated
from pocketgpt.sft.conversations import FactQuestion, questions_about, split_people
from pocketgpt.world import Tables
from pocketgpt_lessons.trust.stages import Stage

COMPARED = ("base", "assistant", "honest", "preferred")
LEAST = 10  # pages that mention a person who is asked about
EACH = 2  # questions about a person
DRAWS = 300  # samples for an interval


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


def stated(stages: Mapping[str, Stage], tables: Tables, questions: Sequence[FactQuestion]) -> dict[str, list]:
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
    """A stage's calibration error `y` with its 95% interval, `low` to `high`; what it would be by `chance` alone; the
    share `stated`; and the `temperature` fitted on every second person, with the others' error `before` and `after`.
    """

    def error(groups: Sequence[Sequence[Stated]], temperature: float = 1.0) -> float:
        sure, right = calibration.sure_and_right(list(chain.from_iterable(groups)), temperature)
        return float(ece(sure, right, calibration.BINS))

    people = by_person(facts)
    # The confidences don't change from sample to sample: compute them once.
    pairs = [list(zip(*calibration.sure_and_right(each), strict=True)) for each in people]

    def of_sample(sample: Sequence[Sequence[tuple[float, bool]]]) -> float:
        sure, right = zip(*chain.from_iterable(sample), strict=True)
        return float(ece(list(sure), list(right), calibration.BINS))

    low, high = calibration.bootstrap(pairs, of_sample, DRAWS)
    fitted, tested = people[::2], people[1::2]
    temperature = calibration.fit_temperature(list(chain.from_iterable(fitted)))
    sure, _ = calibration.sure_and_right(facts)
    return {
        "y": error(people),
        "low": low,
        "high": high,
        "chance": calibration.error_by_chance(sure),
        "stated": len(sure) / len(facts),
        "temperature": temperature,
        "before": error(tested),
        "after": error(tested, temperature),
    }
