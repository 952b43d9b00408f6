"""The tables that the repository ships keep what data/README.md promises of them."""

import csv
import doctest
import math
from collections import Counter

import make_people
import pytest

from pocketgpt.paths import DATA

TABLES = ("countries.csv", "animals.csv", "people.csv", "absent_people.csv")
MADE = ("first_names.txt", "last_names.txt", "people.csv", "absent_people.csv")
ATTRIBUTES = ("birth_year", "birthplace", "profession", "instrument", "dish")
POOL_SIZES = {"birth_year": 100, "birthplace": 100, "profession": 60, "instrument": 40, "dish": 60}
CONTINENTS = {"Africa", "Asia", "Europe", "North America", "South America", "Oceania"}


def rows(name):
    with open(DATA / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def lines(name):
    return (DATA / name).read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", [*TABLES, "first_names.txt", "last_names.txt"])
def test_files_are_plain_text_with_lf_endings(name):
    data = (DATA / name).read_bytes()
    data.decode("utf-8")
    assert b"\r" not in data and data.endswith(b"\n") and not data.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("name", TABLES)
def test_no_cell_is_empty_or_padded_and_no_name_is_doubled(name):
    table = rows(name)
    assert all(cell and cell == cell.strip() for row in table for cell in row.values())
    assert len({row["name"].casefold() for row in table}) == len(table)


# ------------------------------------------------------------------------------------ countries and animals


def test_countries():
    table = rows("countries.csv")
    assert list(table[0]) == ["name", "capital", "continent", "language", "mentions"]
    assert len(table) >= 120
    assert {row["continent"] for row in table} == CONTINENTS
    assert len({row["capital"] for row in table}) == len(table)


@pytest.mark.parametrize(
    ("name", "capital", "continent", "language"),
    [  # capitals that are often taken for another city, and one country from each continent
        ("Australia", "Canberra", "Oceania", "English"),
        ("New Zealand", "Wellington", "Oceania", "English"),
        ("Brazil", "Brasilia", "South America", "Portuguese"),
        ("Suriname", "Paramaribo", "South America", "Dutch"),
        ("Vietnam", "Hanoi", "Asia", "Vietnamese"),
        ("Pakistan", "Islamabad", "Asia", "Urdu"),
        ("Myanmar", "Naypyidaw", "Asia", "Burmese"),
        ("Nigeria", "Abuja", "Africa", "English"),
        ("Morocco", "Rabat", "Africa", "Arabic"),
        ("Belize", "Belmopan", "North America", "English"),
        ("Mexico", "Mexico City", "North America", "Spanish"),
        ("France", "Paris", "Europe", "French"),
        ("Slovenia", "Ljubljana", "Europe", "Slovene"),
        ("Slovakia", "Bratislava", "Europe", "Slovak"),
    ],
)
def test_well_known_countries(name, capital, continent, language):
    (row,) = (row for row in rows("countries.csv") if row["name"] == name)
    assert (row["capital"], row["continent"], row["language"]) == (capital, continent, language)


def test_animals():
    table = rows("animals.csv")
    assert list(table[0]) == ["name", "kind", "food", "home", "legs", "mentions"]
    assert len(table) >= 60
    for row in table:
        assert row["name"] == row["name"].lower()
        assert row["name"][0] not in "aeiou"  # "A badger …" must always be right


def test_legs_follow_from_the_kind_of_animal():
    legs = {"bird": {"2"}, "insect": {"6"}, "arachnid": {"8"}, "amphibian": {"4"}, "fish": {"0"}, "mollusc": {"0"}}
    for row in rows("animals.csv"):
        assert row["legs"] in legs.get(row["kind"], {"0", "4"}), row


@pytest.mark.parametrize("name", ["countries.csv", "animals.csv"])
def test_mentions_of_real_things_span_8_to_80(name):
    mentions = sorted(int(row["mentions"]) for row in rows(name))
    assert (mentions[0], mentions[-1]) == (8, 80)
    assert mentions[len(mentions) // 2] < (8 + 80) / 2  # a long tail: the median lies below the middle


# --------------------------------------------------------------------------------------------------- people


def test_columns_and_numbers_of_people():
    known, absent = rows("people.csv"), rows("absent_people.csv")
    assert list(known[0]) == ["name", *ATTRIBUTES, "mentions", "faq_pages"]
    assert list(absent[0]) == ["name", *ATTRIBUTES]
    assert (len(known), len(absent)) == (1000, 300)


def test_no_first_or_last_name_is_shared_and_all_come_from_the_pools():
    names = [row["name"].split(" ") for row in rows("people.csv") + rows("absent_people.csv")]
    for part, pool in enumerate(("first_names.txt", "last_names.txt")):
        used = [name[part] for name in names]
        assert len(set(used)) == len(used)
        assert set(used) <= set(lines(pool))


def test_name_pools():
    first, last = lines("first_names.txt"), lines("last_names.txt")
    assert (len(first), len(last)) == (1500, 4000)
    names = set(first + last)
    assert len(names) == 5500
    assert all(4 <= len(n) <= 9 and n.isascii() and n.isalpha() and n == n.capitalize() for n in names)
    assert len({name[:-1] for name in names}) == 5500  # no two differ in the last letter only
    assert not any(name[:-1] in names for name in names)


@pytest.mark.parametrize("name", ["people.csv", "absent_people.csv"])
def test_every_value_of_an_attribute_is_about_equally_frequent(name):
    table = rows(name)
    for attribute, size in POOL_SIZES.items():
        counts = Counter(row[attribute] for row in table)
        assert len(counts) == size
        assert max(counts.values()) - min(counts.values()) <= 1
    assert {int(row["birth_year"]) for row in table} == set(range(1900, 2000))
    assert all(row["profession"][0] not in "aeiou" for row in table)  # "works as a …"


def test_attributes_are_independent():
    """No pair of values is frequent: if independent, a pair's count is about Poisson with mean ≤ 0.42."""
    table = rows("people.csv")
    for i, a in enumerate(ATTRIBUTES):
        for b in ATTRIBUTES[i + 1 :]:
            assert max(Counter((row[a], row[b]) for row in table).values()) <= 6


def test_mentions_are_log_uniform_from_320_to_1():
    mentions = sorted((int(row["mentions"]) for row in rows("people.csv")), reverse=True)
    assert (mentions[0], mentions[-1]) == (320, 1)
    for i, m in enumerate(mentions):
        assert abs(m - math.exp(math.log(320) * (1 - i / 999))) <= 0.5


def test_faq_pages_are_a_quarter_or_none():
    table = [(int(row["mentions"]), int(row["faq_pages"])) for row in rows("people.csv")]
    assert all(faq in (0, round(0.25 * m)) for m, faq in table)
    assert all(faq == 0 for m, faq in table if m < 4)
    assert all(faq > 0 for m, faq in table if 4 <= m < 8)
    often = [faq for m, faq in table if m >= 8]
    assert often.count(0) == round(0.15 * len(often))


# ----------------------------------------------------------------------------------------------- the script


def test_script_makes_the_committed_files_again(tmp_path):
    make_people.main(["--out", str(tmp_path)])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(MADE)
    for name in MADE:
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name


def test_script_keeps_an_edited_file_unless_forced(tmp_path):
    edited = tmp_path / "people.csv"
    edited.write_text("mine\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"people\.csv .*--out.*--force"):
        make_people.main(["--out", str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"]
    assert edited.read_text(encoding="utf-8") == "mine\n"
    make_people.main(["--out", str(tmp_path), "--force"])
    assert edited.read_bytes() == (DATA / "people.csv").read_bytes()


def test_another_seed_makes_other_people(tmp_path):
    make_people.main(["--out", str(tmp_path), "--seed", "7"])
    assert (tmp_path / "people.csv").read_bytes() != (DATA / "people.csv").read_bytes()


def test_examples_in_the_script():
    assert doctest.testmod(make_people).failed == 0
