"""The calculator against Python's fractions; the search against the tables."""

import random
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketgpt.chat.tools import Search, calculate, pages, run_call, standard_tools
from pocketgpt.world import Person, add_person, facts_of, load_tables


@pytest.fixture(scope="module")
def tables():
    return load_tables()


# --- Calculator ---------------------------------------------------------------------------------------------


def random_expression(rng: random.Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.3:
        return str(rng.randint(0, 99)) if rng.random() < 0.7 else f"{rng.randint(0, 9)}.{rng.randint(0, 99)}"
    left, right = random_expression(rng, depth - 1), random_expression(rng, depth - 1)
    text = f"{left} {rng.choice('+-*/')} {right}"
    return f"({text})" if rng.random() < 0.5 else text


@given(st.integers(0, 10**6))
def test_any_expression_has_the_value_that_python_gives_it(seed):
    text = random_expression(random.Random(seed), 3)[:100]
    try:
        exact = eval(re.sub(r"[\d.]+", r"Fraction('\g<0>')", text), {"Fraction": Fraction})
    except ZeroDivisionError:
        assert calculate(text) == "error: division by 0 has no result."
    except SyntaxError:  # cut off
        assert calculate(text).startswith("error:")
    else:
        found = calculate(text)
        if abs(exact) < 10**15:
            assert abs(Fraction(found) - exact) <= Fraction(1, 2 * 10**6)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 3 × 4", "14"),
        ("-(2 − 5)", "3"),
        ("8 ÷ 4 / 2", "1"),
        ("0.1 + 0.2", "0.3"),
        ("9.11 - 9.9", "-0.79"),
        ("2/3", "0.666667"),
        ("100 * 10", "1000"),
        ("1 / 10000000", "0"),
        ("12 × 3", "36"),
        ("6 · 7 : 2 – 1", "20"),
        ("1,000 + 2", "1002"),
        ("1,234,567.5 * 2", "2469135"),
        ("007 + 00.5", "7.5"),
        ("3\n+\xa04", "7"),
        ("123456789012345 * 999999 / 999999", "123456789012345"),
        ("2^10", "1024"),
        ("2 ** 9", "512"),
        ("2^-1", "0.5"),
        ("2^3^2", "512"),
        ("-2^2", "-4"),
        ("(2/3)^2 * 9", "4"),
        ("(" * 49 + "1" + ")" * 49, "1"),
        ("-" * 99 + "1", "-1"),
    ],
)
def test_known_results(text, value):
    assert calculate(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2 +",
        "two",
        "(1",
        "1)",
        "2 3",
        "1..2",
        "5.",
        "1,2",
        "0,123",
        "1,0000",
        "1234,567",
        "12 x 3",
        "2 × × 3",
        "××",
        "2 // 3",
        "+2",
        "2 (3)",
        "()",
        "1 # 2",
        "1 if 1 else 2",
        "abs(1)",
        "pi",
        "(1).real",
        "[1]",
        "1 < 2",
        "0x10",
        "1_000",
        "__import__('os')",
        "1e9",
        "1j",
        "'a' * 9",
        "٣",
        "x" * 101,
        "9" * 16,
    ]
    + ["999999999999999 * 9", "(" * 100, "-" * 100, "1/(2-2)", "(" * 60 + "1" + ")" * 60, "((" * 40 + "1"]
    + ["2**10**10", "2^0.5", "2^101", "99^99^99", "((9^99)^99)^99", "0^-1", "2^", "2 * * 3", "10^15", "999^100"],
)
def test_mistakes_are_one_sentence_for_the_model(text):
    found = calculate(text)
    assert found.startswith("error: ") and found.endswith(".") and "\n" not in found


@given(st.text(alphabet="0123456789+-*/^().,×÷ xe_#\n", max_size=100))
def test_any_text_gets_a_number_or_one_sentence(text):
    found = calculate(text)
    if found.startswith("error: "):
        assert found.endswith(".") and "\n" not in found
    else:
        assert re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", found)


@given(st.integers(-99, 99), st.integers(-6, 6), st.integers(1, 9), st.integers(0, 10**9))
def test_powers_and_thousands_have_the_value_that_python_gives_them(base, exponent, factor, big):
    found = calculate(f"({base})^{exponent} * {factor} + {big:,}")
    if base or exponent >= 0:
        exact = Fraction(base) ** exponent * factor + big
        assert abs(Fraction(found) - exact) <= Fraction(1, 2 * 10**6)
    else:
        assert found == "error: division by 0 has no result."


# --- Search -------------------------------------------------------------------------------------------------


def test_every_name_finds_its_page_with_every_fact(tables):
    search = Search(pages(tables, absent=True))
    for row in (*tables.people, *tables.absent[:50], *tables.countries, *tables.animals):
        found = search(row.name)
        assert all(f" {value}." in found for value in facts_of(row).values()), row


def test_absent_people_have_a_page_only_when_asked_for(tables):
    name = tables.absent[0].name
    assert name not in pages(tables) and name in pages(tables, absent=True)


def test_an_added_person_can_be_found(tables):
    more = add_person(tables, Person("Ada Example", 1990, "Oskaford", "teacher", "cello", "lentil soup"))
    search = standard_tools(more)["search"]
    assert search.find("ada example") == search.find("Who is Ada Example?") == "Ada Example"


def test_a_person_called_like_a_country_keeps_a_page(tables):
    more = add_person(tables, Person("Jordan", 1990, "Oskaford", "teacher", "cello", "lentil soup"))
    found = standard_tools(more)["search"]("Jordan")
    assert "Oskaford" in found and "Amman" in found


def test_rare_words_and_titles_count_more():
    search = Search({"Red": "the the fox", "Blue": "the red hen", "Green": "the old hen"})
    assert search.find("red") == "Red"  # its title, not a page that has it in its text
    assert search.find("the fox") == "Red" and search.find("old the hen") == "Green"
    assert search.find("the") is None  # on every page: it tells nothing
    assert search.find("") is None and search.find("zebra") is None


def test_a_long_page_is_cut():
    assert len(Search({"A": "word " * 500, "B": "x"}, longest=40)("a")) == 40


def test_a_call_names_its_tool(tables):
    tools = standard_tools(tables)
    assert run_call(tools, "calculate 2 * 21") == "42"
    assert "Lima." in run_call(tools, " search  Peru ")
    for call in ("", "rm -rf", "search", "calculate"):
        assert run_call(tools, call).startswith("error: ")
