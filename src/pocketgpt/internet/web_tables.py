"""The sites, languages and furniture of the small web, read from `data/crawl`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pocketgpt.errors import PocketError
from pocketgpt.paths import DATA
from pocketgpt.world.table_files import are_texts, fault, read_json_lines, read_names, read_rows

TEMPLATES = ("wiki", "blog", "forum", "shop")

_PARTS = (
    "nav tag advert cookie footer comment caption call related contact harmless harmful spam_topic spam_word "
    "spam_sentence sly_spam stub filler"
).split()


@dataclass(frozen=True)
class Site:
    """A host: its template, its kind (good, harmful, spam, mirror or a language), how often it is chosen."""

    name: str
    template: str
    kind: str
    weight: int


@dataclass(frozen=True)
class Language:
    """A language: its code as in `<html lang>`, its most frequent small words, sentences for its pages."""

    name: str
    code: str
    stop_words: frozenset[str]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class WebData:
    """Everything in `data/crawl`; `parts` holds the furniture: "nav" → texts."""

    sites: tuple[Site, ...]
    blocked: frozenset[str]
    languages: tuple[Language, ...]
    parts: dict[str, tuple[str, ...]]


@cache
def load_web_data(folder: Path | str = DATA / "crawl") -> WebData:
    """Read a folder such as `data/crawl`, once; raise PocketError naming file and line of a mistake.

    >>> sorted(language.code for language in load_web_data().languages)
    ['de', 'en', 'es', 'fr', 'it', 'nl', 'sv']
    """
    folder = Path(folder)
    languages = tuple(_languages(folder / "languages.jsonl"))
    names = read_names(folder / "blocked_domains.txt")
    blocked = frozenset(name.lower() for name in names if not name.startswith("#"))
    kinds = {"good", "harmful", "spam", "mirror", *(language.name for language in languages)}
    sites = read_rows(folder / "sites.csv", Site)
    for line, site in sites.items():
        if site.template not in TEMPLATES or site.kind not in kinds:
            problem = f"template must be one of {', '.join(TEMPLATES)}, kind one of {', '.join(sorted(kinds))}"
            raise fault(folder / "sites.csv", line, problem)
    wanted = kinds - {language.name for language in languages if not language.sentences}
    if missing := wanted - {site.kind for site in sites.values() if site.weight}:
        raise PocketError(f"{folder / 'sites.csv'} has no site of the kind {min(missing)!r}; add one.")
    return WebData(tuple(sites.values()), blocked, languages, _furniture(folder / "furniture.jsonl"))


def _languages(path: Path) -> Iterator[Language]:
    for line, entry in read_json_lines(path):
        try:
            words, sentences = entry["stop_words"], entry["sentences"]
            yield Language(entry["language"], entry["code"], frozenset(words), tuple(sentences))
        except (KeyError, TypeError):
            problem = "a language has the keys language, code, stop_words and sentences"
            raise fault(path, line, problem) from None


def _furniture(path: Path) -> dict[str, tuple[str, ...]]:
    parts: dict[str, tuple[str, ...]] = {}
    for line, entry in read_json_lines(path):
        if set(entry) != {"part", "texts"} or not are_texts(entry["texts"]):
            raise fault(path, line, 'write {"part": "…", "texts": ["…"]}')
        parts[entry["part"]] = tuple(entry["texts"])
    for part in _PARTS:
        if part not in parts:
            raise PocketError(f"{path} has no part {part!r}; put it back.")
    return parts
