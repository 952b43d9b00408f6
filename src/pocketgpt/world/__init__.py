"""The pocket world: tables whose truth is known, and the pages of a small internet that tell of it."""

from pocketgpt.world.arithmetic import sum_at_once, sum_in_steps
from pocketgpt.world.documents import Document, WorldConfig, census, documents, one_off_people
from pocketgpt.world.pages import cloze, facts_of, fill, questions, story_words
from pocketgpt.world.table_files import load_tables
from pocketgpt.world.tables import (
    FACTS,
    Animal,
    Country,
    Person,
    Tables,
    Wording,
    add_person,
    sample_people,
    with_people,
)

__all__ = [
    "FACTS", "Animal", "Country", "Document", "Person", "Tables", "Wording", "WorldConfig", "add_person",
    "census", "cloze", "documents", "facts_of", "fill", "load_tables", "one_off_people", "questions",
    "sample_people", "story_words", "sum_at_once", "sum_in_steps", "with_people",
]  # fmt: skip
