"""Tables with a mistake in them: each gets one sentence with the file, the line and what to do."""

import json
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketgpt import paths
from pocketgpt.errors import PocketError
from pocketgpt.world import load_tables
from pocketgpt.world.tables import ALL_FACTS, KINDS, SPLITS

FILES = {
    "countries.csv": "name,capital,continent,language,mentions\nNorway,Oslo,Europe,Norwegian,3\n",
    "animals.csv": "name,kind,food,home,legs,mentions\nowl,bird,mice,the forest,2,4\n",
    "people.csv": (
        "name,birth_year,birthplace,profession,instrument,dish,mentions,faq_pages\n"
        "Mara Quill,1950,Belmora,miller,harp,toast,4,1\n"
        "Timo Vane,1960,Senn,baker,lute,bean stew,2,0\n"
    ),
    "absent_people.csv": (
        "name,birth_year,birthplace,profession,instrument,dish\nIda Rook,1970,Senn,miller,harp,toast\n"
    ),
    "first_names.txt": "Ada\nBo\nCy\n",
    "last_names.txt": "Ray\nSun\nTor\n",
}
SHIPPED = ("wordings.jsonl", "stories.jsonl", "forum.jsonl")


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in SHIPPED:
        shutil.copy(paths.DATA / name, tmp_path / name)
    return tmp_path


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(folder):
    with pytest.raises(PocketError) as caught:
        load_tables(folder)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    return message


def test_shipped_tables_load_and_small_ones_too(folder):
    shipped = load_tables()
    assert len(shipped.people) == 1000 and len(shipped.countries) >= 100 and len(shipped.animals) >= 60
    tables = load_tables(str(folder))
    assert tables.people[0].birth_year == 1950 and tables.people[0].faq_pages == 1
    assert tables.absent[0].mentions == 0 and tables.animals[0].legs == 2
    assert tables.values("birthplace") == ["Belmora", "Senn"]


def test_every_fact_has_its_share_of_shipped_wordings():
    tables = load_tables()
    for fact in ALL_FACTS:
        person = fact in ("birth_year", "birthplace", "profession", "instrument", "dish")
        counts = [len(tables.select(fact, kind, split)) for kind in KINDS for split in SPLITS]
        assert all(n >= least for n, least in zip(counts, [6, 3, 5, 2] if person else [4, 2, 4, 2], strict=True)), fact


def test_a_table_saved_by_excel_loads_the_same(folder):
    plain = load_tables(folder)
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8").replace("\n", "\r\n")
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_tables(folder) == plain


def test_notes_blank_lines_quotes_and_stray_spaces_do_no_harm(folder):
    plain = load_tables(folder)
    (folder / "countries.csv").write_text(
        'note,name,capital,continent,language,mentions\n,,,,,\n\n"a, b", Norway ,"Oslo",Europe,Norwegian,3\n',
        encoding="utf-8",
    )
    edit(folder / "first_names.txt", "Bo", "\n  Bo ")
    assert load_tables(folder) == plain


@pytest.mark.parametrize("name", [*FILES, *SHIPPED])
def test_missing_file(folder, name):
    (folder / name).unlink()
    assert name in refusal(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "words"),
    [
        ("people.csv", "dish,", "meal,", 1, "'dish' is missing"),
        ("people.csv", "name,", "name,name,", 1, "'name' is there more than once"),
        ("people.csv", "name,birth_year", "name;birth_year", 1, "'name' is missing"),
        ("people.csv", "Timo Vane", "mara  quill", 3, "'mara quill' is there twice"),
        ("people.csv", "harp", " ", 2, "under 'instrument' is empty"),
        ("people.csv", ",bean stew,2,0", "", 3, "under 'dish' is empty"),
        ("people.csv", "bean stew", "beans, stewed", 3, "more cells than columns"),
        ("people.csv", ",4,1", ",-4,1", 2, "mentions is '-4'; write a whole number, 0 or larger"),
        ("people.csv", ",4,1", ",4.0,1", 2, "mentions is '4.0'"),
        ("people.csv", ",4,1", ",٤,1", 2, "mentions is '٤'"),
        ("people.csv", ",4,1", ",many,1", 2, "mentions is 'many'"),
        ("people.csv", ",4,1", ",4,5", 2, "faq_pages is larger"),
        ("people.csv", "1960", "long ago", 3, "birth_year is 'long ago'"),
        ("people.csv", "Timo Vane", '"Timo" Vane', 3, "quotes"),
        ("absent_people.csv", "Ida Rook", "Timo Vane", 2, "also in people.csv"),
        ("countries.csv", "mentions", "Mentions", 1, "'mentions' is missing"),
        ("animals.csv", ",2,4", ",two,4", 2, "legs is 'two'"),
        ("first_names.txt", "Cy", "Ada", 3, "also on line 1"),
        ("wordings.jsonl", "{value}.", "{value}!", 1, "end with"),
        ("wordings.jsonl", "{value}", "{town}", 1, "{name} once and end with"),
        ("wordings.jsonl", "{value}", "value", 1, "end with"),
        ("wordings.jsonl", "{name}", "{name!r}", 1, "unknown"),
        ("wordings.jsonl", "{name}", "{name", 1, "curly brackets"),
        ("wordings.jsonl", "{name}", "name}", 1, "curly brackets"),
        ("wordings.jsonl", '"person"', '"planet"', 1, "topic is 'planet'"),
        ("wordings.jsonl", '"birth_year"', '"capital"', 1, "fact is 'capital'"),
        ("wordings.jsonl", '"train"', '"test"', 1, "split is 'test'"),
        ("wordings.jsonl", '"train"', "[]", 1, "split is []"),
        ("wordings.jsonl", '"topic": ', "", 1, "no JSON"),
        ("wordings.jsonl", '"text": ', '"note": 1, "text": ', 1, "just the keys"),
        ("wordings.jsonl", '{"topic"', '7\n{"topic"', 1, "curly brackets"),
        ("stories.jsonl", '"texts"', '"words"', 1, "write"),
        ("stories.jsonl", '"Tim"', "3", 1, "write"),
        ("stories.jsonl", "Tim", "{nobody}", 1, "{nobody} is unknown"),
        ("forum.jsonl", "mossy", "{hero}", 1, "{hero} is unknown"),
    ],
)
def test_one_sentence_with_file_and_line(folder, file, old, new, line, words):
    edit(folder / file, old, new)
    message = refusal(folder)
    assert f"{file}, line {line}: " in message and words in message, message


def test_doubled_and_missing_wordings(folder):
    path = folder / "wordings.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], *lines]), encoding="utf-8")
    assert "line 2: the wording" in refusal(folder)
    kept = [x for x in lines if not ('"dish"' in x and '"question"' in x and "held-out" in x)]
    path.write_text("\n".join(kept), encoding="utf-8")
    assert "no question for 'dish' in the split 'held-out'" in refusal(folder)


def test_parts_and_plots_that_the_code_needs(folder):
    for file, word, message in (("stories.jsonl", "beast", "'beast'"), ("forum.jsonl", "bye", "no plot 'bye'")):
        whole = (folder / file).read_text(encoding="utf-8")
        kept = [x for x in whole.splitlines() if word not in list(json.loads(x).values())]
        (folder / file).write_text("\n".join(kept), encoding="utf-8")
        assert message in refusal(folder)
        (folder / file).write_text(whole, encoding="utf-8")


def test_empty_and_foreign_files(folder):
    (folder / "last_names.txt").write_text("\n \n", encoding="utf-8")
    assert "last_names.txt is empty" in refusal(folder)
    (folder / "countries.csv").write_text("", encoding="utf-8")
    assert "'name' is missing" in refusal(folder)
    (folder / "people.csv").write_bytes("Zoë".encode("latin-1"))
    assert "CSV UTF-8" in refusal(folder)
    (folder / "people.csv").unlink()
    (folder / "people.csv").mkdir()
    assert "people.csv" in refusal(folder)


@given(st.binary(max_size=80), st.sampled_from([*FILES, *SHIPPED]))
def test_no_file_whatever_it_holds_causes_anything_but_a_sentence(tmp_path_factory, content, name):
    folder = tmp_path_factory.getbasetemp() / "any"
    if not folder.exists():
        folder.mkdir()
    for file, text in FILES.items():
        (folder / file).write_text(text, encoding="utf-8")
    for file in SHIPPED:
        shutil.copy(paths.DATA / file, folder / file)
    (folder / name).write_bytes(content)
    try:
        load_tables(folder)
    except PocketError as error:
        assert str(error).endswith(".")


def test_own_folder_is_only_a_path(monkeypatch, tmp_path):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path / "mine"))
    assert paths.own_folder() == tmp_path / "mine" and not (tmp_path / "mine").exists()
    monkeypatch.delenv("POCKETGPT_OWN")
    assert paths.own_folder() == paths.DATA / "own"
    monkeypatch.setattr(paths, "_IN_WHEEL", True)
    monkeypatch.chdir(tmp_path)
    assert paths.own_folder() == tmp_path / "pocketgpt-own" and not list(tmp_path.iterdir())


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0b", "\x1c"])
def test_other_separators_do_not_end_a_line(folder, separator):
    plain = load_tables(folder)
    edit(folder / "first_names.txt", "Bo", f"Bo{separator}Ann")
    line = json.dumps({"part": "boy", "texts": [f"one{separator}two"]}, ensure_ascii=False)
    with open(folder / "stories.jsonl", "a", encoding="utf-8", newline="") as file:
        file.write(f"{line}\n")
    found = load_tables(folder)
    assert found.stories.parts["boy"] == (*plain.stories.parts["boy"], f"one{separator}two")
    assert "Bo Ann" in found.first_names
