"""The lesson's experiments as the notebook shows them recorded, part by part; those that need luck, over several seeds.

To write data/evidence/09.json, in some ten minutes on one core:

    python -m pocketgpt_lessons 09

A study that was stopped goes on where it was, as long as the models are the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from pocketgpt.chat.tools import standard_tools
from pocketgpt.rlhf.raters import make_crowd
from pocketgpt.world import Tables
from pocketgpt_lessons.evidence import fingerprint, kept_study, save
from pocketgpt_lessons.speakers import Speaker
from pocketgpt_lessons.trust import checks, injection, jagged, leaks, sureness, voting
from pocketgpt_lessons.trust.stages import conversing, load_stages

SUMS = 120
ADDER, SECOND = "preferred", "reasoner"  # who works the sums, and who is asked as a second model
READER = "honest"  # who reads pages that command
ENTRANT = "assistant"  # whose facts are checked, and whose variants are entered into the arena


def sum_checks(stages: Mapping[str, Speaker], n: int = SUMS, seed: int = 0) -> dict[str, dict]:
    """What checks of a model's sums of three digits are worth: `flagged`, `caught`, `bad`, `n` and `tokens` of each;
    and of the `answers` how many are right at temperature 0, by majority, and in each round of single samples.
    """
    cases = checks.sum_cases(n, seed=seed)
    adder, second = stages[ADDER], stages[SECOND]
    first = checks.ask(adder.model, adder.tokenizer, cases)
    bad = checks.wrong(cases, first)
    again = checks.ask_again(adder.model, adder.tokenizer, cases, first)
    sampled = checks.sample(adder.model, adder.tokenizer, cases, seed=seed)
    other = checks.ask(second.model, second.tokenizer, cases)
    most = [checks.majority([given.claim for given in each]) for each in sampled]
    found = {
        checks.DOUBT: checks.caught(checks.changes_its_mind(first, again), bad, checks.written(again)),
        f"majority of {checks.SAMPLES} samples": checks.caught(
            checks.differs(first, most), bad, checks.SAMPLES * checks.written([g for each in sampled for g in each])
        ),
        f"a second model, {SECOND}": checks.caught(checks.differs(first, other), bad, checks.written(other)),
        "calculator": checks.caught(checks.calculated(cases, first), bad),
    }
    voted = sum(claim == case.truth for claim, case in zip(most, cases, strict=True))
    single = [wrong.count(False) for wrong in (checks.wrong(cases, each) for each in zip(*sampled, strict=True))]
    return {name: asdict(each) for name, each in found.items()} | {
        "answers": {"n": n, "right": bad.count(False), "right by majority": voted, "right in single samples": single}
    }


def doubted_sums(stages: Mapping[str, Speaker], n: int = SUMS, seed: int = 0) -> dict[str, dict]:
    """What “Are you sure?” does to each stage's sums, of as many digits as it can partly do, and what a plain repeat
    does, the control.
    """
    found = {}
    for name, digits, told in (("assistant", 1, "one"), ("reasoner", 3, "three"), ("preferred", 3, "three")):
        if name in stages:
            model, tokenizer = stages[name].model, stages[name].tokenizer
            cases = checks.sum_cases(n, digits, seed)
            first = checks.ask(model, tokenizer, cases)
            doubted, repeated = (
                checks.ask_again(model, tokenizer, cases, first, doubt) for doubt in (checks.DOUBT, "")
            )
            found[f"{name}, {told}-digit sums"] = checks.asked_twice(cases, first, doubted, repeated)
    return found


def holes(stage: Speaker, tables: Tables, each: int = 4) -> dict[str, dict]:
    """Whether two checks of a stage's facts miss the same wrong answers: what `checks.missed` finds of two pairs, and
    of how many `answers` how many are `wrong`. `each` facts are asked about every person.
    """
    model, tokenizer = stage.model, stage.tokenizer
    questions = sureness.asked(tables, each)
    people = [question.row.name for question in questions]
    cases = checks.fact_cases(tables, questions)
    first = checks.ask(model, tokenizer, cases)
    bad = checks.wrong(cases, first)
    majority, another = (checks.by_majority(model, tokenizer, cases, first, seed=seed)[0] for seed in (0, 1))
    search = checks.holed(standard_tools(tables)["search"], checks.HOLES)
    pairs = {
        "a majority, then a search": checks.not_on_its_page(search, cases, first),
        "a majority, then another majority": another,
    }
    found: dict[str, dict] = {
        name: checks.missed({"first": majority, "second": flags}, bad, people) for name, flags in pairs.items()
    }
    return found | {"answers": {"n": len(cases), "wrong": sum(bad)}}


def commands(stage: Speaker, tables: Tables) -> dict[str, dict]:
    """Who obeys a page that commands: what `injection.effects` finds."""
    found = injection.effects(stage.model, stage.tokenizer, tables, sureness.about_absent(tables))
    return {name: asdict(effect) for name, effect in found.items()}


def one_seed(stages: Mapping[str, Speaker], tables: Tables, seed: int) -> dict:
    """A copy for which the exam leaked, a control that learned other questions, and a gamed arena, with one seed."""
    stage = stages[ENTRANT]
    leak = leaks.make_leak(tables, seed)
    copy, control = (
        leaks.leaked_run(stage.model, stage.tokenizer, leaks.leaked_talks(tables, learned, seed), seed).train_all()
        for learned in (leak, leaks.control_of(leak))
    )
    shown = voting.gallery(make_crowd(tables), {n: voting.tell(each, seed=seed) for n, each in stages.items()})
    tries = [voting.variant_ratings(shown, ENTRANT, seed=100 * seed + t) for t in range(voting.TIMES)]
    return {
        "seed": seed,
        "clean": leaks.scores(stage.model, stage.tokenizer, leak),
        "scores": leaks.scores(copy, stage.tokenizer, leak),
        "control": leaks.scores(control, stage.tokenizer, leak),
        "variants": voting.best_of_variants(tries),
    }


def study(tables: Tables, seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> dict:
    """Everything that the notebook shows as recorded, of the shipped models."""
    stages = load_stages(tables, own=False)
    about = {"models": {name: fingerprint(stage.model) for name, stage in stages.items()}}
    found: dict = {"command": "python -m pocketgpt_lessons 09"} | about | {"runs": []} | kept_study("09", **about)
    asked = jagged.kinds(tables)
    parts: dict[str, Callable[[], dict]] = {
        **{f"edges of {name}": lambda stage=stage: jagged.profile(stage, asked) for name, stage in stages.items()},
        "sums": lambda: sum_checks(stages),
        "doubt": lambda: doubted_sums(conversing(stages)),
        "holes": lambda: holes(stages[ENTRANT], tables),
        "calibration": lambda: sureness.recorded(stages, tables),
        "commands": lambda: commands(stages[READER], tables),
    }
    for name, measure in parts.items():
        if name not in found:
            found[name] = measure()
            print(f"{name}: {found[name]}", flush=True)
            save("09", found)
    for seed in [seed for seed in seeds if seed not in {run["seed"] for run in found["runs"]}]:
        found["runs"].append(one_seed(stages, tables, seed))
        print(f"seed {seed}: {found['runs'][-1]}", flush=True)
        save("09", found)
    return found


def edges(found: Mapping) -> dict[str, dict]:
    """The recorded profiles by stage."""
    return {name.removeprefix("edges of "): each for name, each in found.items() if name.startswith("edges of ")}
