"""What the teacher's pages say of notebooks and checks is so: sections, exercises, messages, numbers of questions."""

import re
import shutil
import subprocess
import sys
from functools import cache
from importlib import import_module

import nbformat
import pytest
from book_pages import SOURCES
from notebook_runner import REPOSITORY

from pocketgpt.paths import DATA
from pocketgpt_lessons import LESSONS, all_exercises

PAGES = sorted((SOURCES / "teaching").glob("*.md"))
GUIDES = {path.stem[:2]: path for path in PAGES if path.stem[:2] in LESSONS}
COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

each_guide = pytest.mark.parametrize("number", LESSONS)


@cache
def notebook(number: str) -> nbformat.NotebookNode:
    [path] = (REPOSITORY / "notebooks").glob(f"{number}_*.ipynb")
    return nbformat.read(path, as_version=4)


def last_section(number: str) -> int:
    """The number of a notebook's last numbered section."""
    text = "\n".join(cell.source for cell in notebook(number).cells if cell.cell_type == "markdown")
    return max(map(int, re.findall(r"^## (\d+) · ", text, flags=re.MULTILINE)))


def too_high(number: str, told: str) -> list[int]:
    """Which of the sections that a text tells, as in "1, 4 to 6", the notebook hasn't got."""
    told_sections = map(int, re.findall(r"(?<![\d`_])\d{1,2}(?![\d`_])", told))
    return [section for section in told_sections if section > last_section(number)]


def test_a_section_that_is_not_there_is_noticed():
    last = last_section("02")
    assert too_high("02", f"start quiz, 1 to {last}") == []
    assert too_high("02", f"5 to {last + 1}, end quiz") == [last + 1]


def test_plans_name_sections_that_are_there():
    """A cell such as `[02](….ipynb), 1 to 3` or `02, 4 to 9`, or two of them joined by "and"."""
    text = (SOURCES / "teaching" / "plans.md").read_text(encoding="utf-8")
    found = re.findall(r"(?:\[(\d\d)\]\([^)]+\)|(?<=\| )(\d\d)(?=, ))([^|\[\n]*)", text)
    told = [(linked or plain, sections) for linked, plain, sections in found]
    assert len(told) > 30
    lost = [(number, sections) for number, sections in told if number in LESSONS and too_high(number, sections)]
    assert lost == []


@each_guide
def test_a_guide_names_sections_that_are_there(number):
    text = GUIDES[number].read_text(encoding="utf-8")
    lessons = re.findall(r"^\| [12] \| ([^|]+) \|", text, flags=re.MULTILINE)
    sections = re.findall(r"\b[Ss]ections? (\d+)(?: (?:to|and) (\d+))?", text)
    assert len(lessons) == 2 and sections
    named = {int(section) for pair in sections for section in pair if section}
    assert [section for section in sorted(named) if section > last_section(number)] == []
    assert [told for told in lessons if too_high(number, told)] == []


@each_guide
def test_a_guide_counts_exercises_questions_and_guesses(number):
    text = GUIDES[number].read_text(encoding="utf-8")
    folder = LESSONS[number]
    exercises = len(import_module(f"pocketgpt_lessons.{folder}.exercises").EXERCISES)
    quizzes = import_module(f"pocketgpt_lessons.{folder}.quiz")
    code = "\n".join(cell.source for cell in notebook(number).cells if cell.cell_type == "code")
    asked = len(re.findall(r"^ *predict\(", code, flags=re.MULTILINE))
    questions = len(quizzes.START) + len(quizzes.END)
    assert f"| {COUNTS[exercises]} exercises |" in text
    assert f"| {COUNTS[questions]} quiz questions, {COUNTS[asked]} predictions |" in text


@cache
def code_of(folder: str) -> list[str]:
    return [file.read_text(encoding="utf-8") for file in (REPOSITORY / folder).rglob("*.py")]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_names_of_functions_exist(path):
    """A name in backquotes with an underscore is an exercise, or stands in a notebook or in the course's code."""
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", path.read_text(encoding="utf-8")))
    unknown = named - {exercise.name for exercise in all_exercises()}
    texts = [*code_of("src"), *(cell.source for number in LESSONS for cell in notebook(number).cells)]
    assert [name for name in sorted(unknown) if not any(re.search(rf"\b{name}\b", text) for text in texts)] == []


@each_guide
def test_what_the_check_says_is_what_it_says(number):
    """Each quotation in the first column of "the check says" is a part of a message, but for a "…"."""
    text = GUIDES[number].read_text(encoding="utf-8").split("| the check says |")[1].partition("\n\n")[0]
    rows = [row.partition(" | ")[0].replace("\\|", "|") for row in text.splitlines()[2:]]
    quoted = [part.strip() for row in rows for quote in re.findall('"([^"]+)"', row) for part in quote.split("…")]
    exercises = import_module(f"pocketgpt_lessons.{LESSONS[number]}.exercises").EXERCISES
    messages = [mistake.message for exercise in exercises for mistake in exercise.mistakes]
    known = [*messages, *code_of("src/pocketgpt_lessons")]
    assert len(quoted) >= 9
    assert [part for part in quoted if part and not any(part in text for text in known)] == []


def joined(folder, files: dict[str, bytes]) -> subprocess.CompletedProcess:
    """What the page's own script says in a copy of the tables, beside a class's files."""
    text = (SOURCES / "teaching" / "joining_worlds.md").read_text(encoding="utf-8")
    (folder / "join.py").write_text(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0], encoding="utf-8")
    tables = shutil.ignore_patterns("own", "checkpoints", "evidence", "conversations", "crawl", "exam")
    shutil.copytree(DATA, folder / "data", ignore=tables)
    (folder / "rows").mkdir()
    for name, content in files.items():
        (folder / "rows" / name).write_bytes(content)
    return subprocess.run([sys.executable, "join.py"], cwd=folder, capture_output=True, text=True)


ADA = b"name,birth_year,birthplace,profession,instrument,dish,mentions,faq_pages\n"
ADA += b"Ada Example,1990,Keldamora,teacher,cello,lentil soup,60,15\n"
LIE = b"table,name,column,value\ncountries,Norway,capital,Lima\n"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"ada_people.csv": ADA, "ada_lies.csv": LIE}, "1001 people and 1 lies"),
        ({"bob_people.csv": ADA.replace(b",", b";")}, "bob_people.csv has no name"),
        ({"bob_lies.csv": LIE.replace(b",", b";")}, "bob_lies.csv has no table"),
        ({"bob_lies.csv": LIE.replace(b"table", b"Table")}, "bob_lies.csv has no table"),
        ({"dan_people.csv": ADA.replace(b"Ada", b"Ad\xe9")}, "dan_people.csv is no UTF-8 text"),
    ],
)
def test_a_class_s_files_are_joined_or_the_one_to_mend_is_named(tmp_path, files, words):
    came = joined(tmp_path, files)
    assert words in came.stdout + came.stderr and "Traceback" not in came.stderr
    assert (came.returncode == 0) == ("people and" in words)
