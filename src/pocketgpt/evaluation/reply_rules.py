"""Rules for the reply to a message, as data: whether it says what any sensible reply would, in whatever words.

Patterns are regular expressions that must match whole words; case, accents and the sort of apostrophe don't count, and
"@name" stands for a named list of patterns.

    {"says": patterns, "if": others}        at least one matches; with "if", only where one of the others does
    {"avoids": patterns}                    none matches
    {"words": most}                         at least 1 word and at most so many
    {"echoes": false}                       it isn't just the message again
    {"fact": fact, "of": row, "or": more}   the row's value, or one more pattern, is said; no other value, nobody else;
                                            "any" stands for all facts of the row
    {"states_no": facts}                    no value that a row has for these facts, but for those in the question
    {"number": expression}                  its value is the result, and no equation is false
    {"spells": word}                        its letters stand one by one
    {"story": patterns}                     some sentences that come to an end, with one of the patterns, if any
    {"either": [rules, rules]}              all rules of one of these lists are kept
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from pocketgpt.chat.tools import calculate
from pocketgpt.errors import PocketError
from pocketgpt.world.arithmetic import in_words
from pocketgpt.world.tables import FACTS, Row, Tables

RULES = ("says", "avoids", "words", "echoes", "fact", "states_no", "number", "spells", "story", "either")
_LOOSE = ("food", "home", "language")  # the table names one of several: another may come beside it
_NUMBERS = [in_words(number) for number in range(15)]


def spelled_out(patterns: list[str], phrases: dict[str, list[str]]) -> list[str]:
    """Patterns with those of `phrases` in the places of their names; re.error if one is no regular expression.

    >>> spelled_out(["@bye", "see you"], {"bye": ["bye", "good-?bye"]})
    ['bye', 'good-?bye', 'see you']
    """
    own = [name for name in patterns if not name.startswith("@") and re.compile(name)]
    return [p for name in patterns for p in ([name] if name in own else phrases[name[1:]])]


def checked(rules: list[dict], phrases: dict[str, list[str]]) -> list[dict]:
    """The rules with their patterns spelled out; PocketError if one is of an unknown type."""
    known = []
    for rule in rules:
        if next(iter(rule)) not in RULES:
            raise PocketError(f"there is no rule {next(iter(rule))!r}; use one of {', '.join(RULES)}.")
        lists = [key for key in ("says", "if", "avoids", "or", "story") if key in rule]
        either = {"either": [checked(some, phrases) for some in rule["either"]]} if "either" in rule else {}
        known.append({**rule, **{key: spelled_out(rule[key], phrases) for key in lists}, **either})
    return known


@lru_cache(maxsize=10_000)  # each rule on a fact compares with the names in all tables
def _plain(text: str) -> str:
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join("".join(letters).replace("\u2019", "'").replace("\u2212", "-").casefold().split())


@lru_cache(maxsize=10_000)  # re itself keeps 512, and an exam has more
def _compiled(joined: str) -> re.Pattern:
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)


def _says(patterns: Sequence[str], text: str) -> bool:
    return bool(patterns) and _compiled("|".join(patterns)).search(text) is not None


def _value(value: str) -> str:
    """A pattern for a fact's value: a small number also in words, a thing in the singular or the plural."""
    if value.isdigit() and int(value) < len(_NUMBERS):
        return f"{value}|{_NUMBERS[int(value)]}" + ("|none|(?:no|any|without) legs" if value == "0" else "")
    text = re.escape(_plain(value).removeprefix("the "))
    return f"{text.removesuffix('s')}s?" if value[0].islower() else text


def _names_others(facts: Sequence[str], but: Sequence[str], text: str, tables: Tables) -> bool:
    """Whether a value of these facts is named that isn't one of `but`; "not a fish" doesn't name one."""
    text = re.sub(r"\b(?:not|isn't|nor)(?: an?| the)? \w+", "", text)
    return _says([_value(v) for fact in facts for v in tables.values(fact) if v not in but], text)


def _names_fact(rule: dict, text: str, tables: Tables) -> bool:
    rows: dict[str, Row] = {
        _plain(row.name): row for row in (*tables.countries, *tables.animals, *tables.people, *tables.absent)
    }
    name = _plain(rule["of"])
    if name not in rows:
        raise PocketError(f"The exam asks about {rule['of']}, whom no table has; take the shipped tables.")
    row = rows[name]
    facts = FACTS[row.topic] if rule["fact"] == "any" else (rule["fact"],)
    values = [str(getattr(row, fact)) for fact in facts]
    right = [*map(_value, values), *rule.get("or", [])]
    own = [f"{name}s?", *(name.split() if row.topic == "person" else ())]
    # Guinea-Bissau isn't Guinea, and Panama City isn't Panama.
    rest = re.sub(rf"\b(?:{'|'.join(right + own)})\b", "", text)
    others = [n for n, other in rows.items() if n in rest and n != name and other.topic == row.topic]
    about_another = _says([f"{re.escape(n)}s?" for n in others], rest) and not _says(own, text)
    strict = [fact for fact in facts if fact not in _LOOSE]
    return _says(right, text) and not about_another and not _names_others(strict, values, rest, tables)


def _numbers(text: str) -> list[str]:
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    words = {"once": 1, "twice": 2, "thrice": 3}
    if not re.search(r"\d", text):
        words |= {word: number for number, word in enumerate(_NUMBERS)}
    text = re.sub(r"[a-z]+", lambda match: str(words.get(match[0], match[0])), text)
    return re.findall(r"(?<![\d.])(?:(?<!\d)-)?\d+(?:\.\d+)?", text)


def _gives(result: str, text: str, asked: str) -> bool:
    """Whether the result is named and no other number but those said before; worked in steps, it comes last."""
    equations = re.findall(r"(?<![\d+-])(?<![+-] )(\d+(?: ?[+-] ?\d+)+) ?= ?(-?\d+)", text)
    found = [n for n in _numbers(text) if n == result or n.lstrip("-") not in _numbers(asked)]
    right = found and (set(found) == {result} or (len(equations) > 1 and found[-1] == result))
    return bool(right) and all(calculate(left) == given for left, given in equations)


def _is_story(text: str, patterns: Sequence[str]) -> bool:
    sentences = re.findall(r"[.!?][\"'\u201d)]*(?=\s|$)", text)
    whole = len(text.split()) >= 12 and len(sentences) >= 2 and text.endswith(sentences[-1])
    return whole and (not patterns or _says(patterns, text))


def keeps(rule: dict, reply: str, asked: Sequence[str], tables: Tables) -> bool:
    """Whether a reply keeps a rule, whose patterns are spelled out; `asked` is what was said before, the message last.

    >>> from pocketgpt.world import load_tables
    >>> rule, asked = {"fact": "capital", "of": "Peru"}, ["capital of peru"]
    >>> [keeps(rule, text, asked, load_tables()) for text in ("It's Lima!", "Quito.", "Lima is in Chile.")]
    [True, False, False]
    """
    text = _plain(reply)
    match rule:
        case {"says": patterns}:
            return ("if" in rule and not _says(rule["if"], text)) or _says(patterns, text)
        case {"avoids": patterns}:
            return not _says(patterns, text)
        case {"words": most}:
            return 1 <= len(text.split()) <= most
        case {"echoes": _}:
            return re.findall(r"\w+", text) != re.findall(r"\w+", _plain(asked[-1]))
        case {"fact": _}:
            return _names_fact(rule, text, tables)
        case {"states_no": facts}:
            values = [value for fact in facts for value in tables.values(fact)]
            in_question = [value for value in values if _says([_value(value)], _plain(asked[-1]))]
            return not _names_others(facts, in_question, text, tables)
        case {"number": expression}:
            return _gives(calculate(expression), text, _plain(" ".join(asked)))
        case {"spells": word}:
            return _says([r"(?<!\w-)" + "[-, .]+".join(word) + r"(?![-,] ?\w(?!\w))"], text)
        case {"story": patterns}:
            return _is_story(text, patterns)
    return any(all(keeps(one, reply, asked, tables) for one in rules) for rules in rule["either"])
