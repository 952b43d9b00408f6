"""A crawl of the pocket world: its documents as messy web pages, among pages that nobody wants.

    from pocketgpt.internet import crawl
    for page in crawl(load_tables(), seed=0):
        print(page.url, page.truth.kind, len(page.html))

Each page comes with the truth about it, so that a cleaning pipeline can be graded.
"""

import random
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, fields

from pocketgpt.bounds import SHARE, check_number
from pocketgpt.errors import PocketError
from pocketgpt.internet.html_pages import Style, build_page, fake_phone
from pocketgpt.internet.junk_pages import UNWANTED
from pocketgpt.internet.web_tables import Language, Site, WebData, load_web_data
from pocketgpt.world.documents import Document, WorldConfig, documents
from pocketgpt.world.tables import Tables

ENGLISH_SHARE = 0.65
"""A page with a smaller share of English words is foreign. FineWeb asks for the same number, but of a classifier's
score, which is no share of words (https://arxiv.org/abs/2406.17557)."""


HARMLESS = 0.05  # share of documents with a line that only looks like personal data
DISGUISED = 0.06  # share of e-mail addresses that hide their @ from programs
REMEMBERED = 300  # documents that later pages may copy


@dataclass(frozen=True)
class CrawlConfig:
    """How many pages, and which shares of them are bad; the rest are documents of the world.

    `personal` is the share of documents to which e-mail addresses, phone numbers or IP addresses are added,
    `cryptic` the share of pages whose HTML doesn't say which part is what.
    """

    pages: int = 3000
    harmful: float = 0.07
    spam: float = 0.06
    link_farm: float = 0.03
    gibberish: float = 0.04
    boilerplate: float = 0.03
    foreign: float = 0.09
    mixed: float = 0.05
    exact_copy: float = 0.06
    near_copy: float = 0.06
    personal: float = 0.15
    cryptic: float = 0.1

    def __post_init__(self) -> None:
        check_number("pages", self.pages, at_least=1, whole=True)
        for name in (*KINDS, "personal", "cryptic"):
            check_number(name, getattr(self, name), **SHARE)
        if sum(getattr(self, name) for name in KINDS) > 1:
            raise PocketError("The shares of bad pages add up to more than 1; lower some of them.")


KINDS = tuple(field.name for field in fields(CrawlConfig) if field.name not in ("pages", "personal", "cryptic"))
"""The kinds of bad or doubtful pages. All other pages are of the kind "document"."""


@dataclass(frozen=True)
class Truth:
    """What a page really is.

    `text` is its main content, None if it has none; `reasons` say why it should be dropped, () if it shouldn't;
    `english` is the share of its words that are English; `original` is the URL of the page that it copies;
    `personal_data` are the addresses and numbers in its text; `subject` is whom or what the document is about.
    """

    kind: str
    text: str | None
    language: str = "English"
    english: float = 1.0
    reasons: tuple[str, ...] = ()
    original: str | None = None
    personal_data: tuple[str, ...] = ()
    subject: str = ""


@dataclass(frozen=True)
class Page:
    """A page as a crawler finds it, and the truth, at which a pipeline must not look."""

    url: str
    html: str
    truth: Truth


def crawl(
    tables: Tables, config: CrawlConfig | None = None, seed: int = 0, world: WorldConfig | None = None
) -> Iterator[Page]:
    """Yield `config.pages` pages; the same tables, config and seed give the same pages anywhere."""
    config = config or CrawlConfig()
    crawler = _Crawler(config, documents(tables, world, seed))
    shares = [getattr(config, kind) for kind in KINDS]
    for number in range(config.pages):
        rng = random.Random(f"crawl {seed}/{number}")
        kind = rng.choices((*KINDS, "document"), (*shares, max(0.0, 1 - sum(shares))))[0]
        yield crawler.page(kind, number, rng)


class _Crawler:
    """Writes one page after another; remembers recent documents, which later pages may copy."""

    def __init__(self, config: CrawlConfig, source: Iterator[Document]) -> None:
        self.config, self.source, self.web = config, source, load_web_data()
        self.recent: deque[tuple[Page, Style]] = deque(maxlen=REMEMBERED)
        self.firsts: dict[int, str] = {}

    def page(self, kind: str, number: int, rng: random.Random) -> Page:
        if kind in ("document", "mixed") or (kind.endswith("copy") and not self.recent):
            return self._document(kind == "mixed", number, rng)
        if kind.endswith("copy"):
            return self._copy(kind, number, rng)
        if kind == "foreign":
            language = rng.choice([each for each in self.web.languages if each.sentences])
            truth = Truth(kind, _foreign_text(language, rng), language.name, 0.0, ("foreign language",))
            return self._publish(truth, self._site(language.name, rng), number, rng, language.code)
        site = self._site("harmful" if kind == "harmful" else "spam", rng)
        truth = Truth(kind, *UNWANTED[kind](self.web, rng))
        links = rng.randint(25, 50) if kind == "link_farm" else 0
        return self._publish(truth, site, number, rng, links=links)

    def _document(self, mixed: bool, number: int, rng: random.Random) -> Page:
        document = next(self.source, None)
        if document is None:
            raise PocketError(f"The world has only {number} documents for this crawl; ask for fewer pages.")
        text, language, english, personal = document.text, "English", 1.0, ()
        if mixed:
            text, language, english = _mix(text, self.web, rng)
        elif rng.random() < self.config.personal:
            line, personal = _contact_line(self.web, rng)
            text += f"\n\n{line}"
        elif rng.random() < HARMLESS:
            text += f"\n\n{_harmless_line(self.web, rng)}"
        reasons = () if english >= ENGLISH_SHARE else ("foreign language",)
        original = self.firsts.get(hash_of(text))
        if original and not reasons:
            reasons = ("exact duplicate",)
        kind = "mixed" if mixed else "document"
        truth = Truth(kind, text, language, english, reasons, original, personal, document.subject)
        fitting = {"forum": ("forum",), "faq": ("forum", "wiki")}
        templates = fitting.get(document.genre, ("wiki", "blog", "shop"))
        page = self._publish(truth, self._site("good", rng, templates), number, rng)
        self.firsts.setdefault(hash_of(text), page.url)
        return page

    def _copy(self, kind: str, number: int, rng: random.Random) -> Page:
        first, style = rng.choice(self.recent)
        old = first.truth
        text, template = old.text or "", style.template
        if kind == "near_copy":
            text, template = _edit(text, self.web, rng), None
        reason = "exact duplicate" if text == old.text else "near duplicate"
        kept = tuple(value for value in old.personal_data if value in text)
        truth = Truth(kind, text, old.language, 1.0, (reason,), first.url, kept, old.subject)
        page = self._publish(truth, self._site("mirror", rng, (template,) if template else None), number, rng)
        is_same_file = kind == "exact_copy" and rng.random() < 0.5
        return Page(page.url, first.html, truth) if is_same_file else page

    def _site(self, kind: str, rng: random.Random, templates: tuple[str, ...] | None = None) -> Site:
        fitting = [site for site in self.web.sites if site.kind == kind]
        chosen = [site for site in fitting if not templates or site.template in templates] or fitting
        return rng.choices(chosen, [site.weight for site in chosen])[0]

    def _publish(
        self, truth: Truth, site: Site, number: int, rng: random.Random, code: str = "en", links: int = 0
    ) -> Page:
        title = truth.subject or " ".join((truth.text or "Welcome").split()[:5])
        slug = "-".join(re.findall(r"[a-z0-9]+", title.lower())) or "page"
        # Half of the pages in another language say that they are in English: a tag that many forget to set.
        style = Style(site.template, rng.choice((code, "en")), rng.random() < self.config.cryptic)
        text = truth.text if truth.text is not None else rng.choice(self.web.parts["stub"])
        html = build_page(text, site.name, title, style, rng, self.web, links)
        page = Page(f"https://{site.name}/{slug}-{number}.html", html, truth)
        if truth.kind == "document" and not truth.reasons:
            self.recent.append((page, style))
        return page


def hash_of(text: str) -> int:
    """Return a number that is the same for texts that differ in case or spaces only (within one process)."""
    return hash(" ".join(text.lower().split()))


def _foreign_text(language: Language, rng: random.Random) -> str:
    sentences = rng.sample(language.sentences, rng.randint(5, 9))
    half = len(sentences) // 2
    return " ".join(sentences[:half]) + "\n\n" + " ".join(sentences[half:])


def _mix(text: str, web: WebData, rng: random.Random) -> tuple[str, str, float]:
    """Add a paragraph in another language; return the text, the language that prevails, the English share."""
    language = rng.choice([each for each in web.languages if each.sentences])
    foreign = " ".join(rng.sample(language.sentences, rng.randint(2, 12)))
    english = len(text.split()) / len(f"{text} {foreign}".split())
    parts = [text, foreign] if rng.random() < 0.5 else [foreign, text]
    return "\n\n".join(parts), "English" if english >= 0.5 else language.name, english


def _contact_line(web: WebData, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    line = rng.choice(web.parts["contact"])
    first = rng.choice(("ada", "info", "b.miller", "jo_reed", "post", "k.o.lane+web"))
    address = f"{first}@{rng.choice(('example.com', 'mail.example.org', 'example.net'))}"
    if rng.random() < DISGUISED:
        address = address.replace("@", " (at) ")
    network = rng.choice(("192.0.2", "198.51.100", "203.0.113"))
    data = {"email": address, "phone": fake_phone(rng), "ip": f"{network}.{rng.randint(1, 254)}"}
    used = tuple(value for name, value in data.items() if f"{{{name}}}" in line)
    return line.format(**data), used


def _harmless_line(web: WebData, rng: random.Random) -> str:
    """Return a line whose numbers look a little like personal data but are none."""
    version = ".".join(str(rng.randint(0, 30)) for _ in range(rng.choice((2, 3, 4))))
    codes = f"{rng.randint(100, 999)}-{rng.randint(1000, 9999)}", f"B{rng.randint(1000, 9999)}"
    catalogue = rng.choice(codes)
    line = rng.choice(web.parts["harmless"])
    return line.format(version=version, catalogue=catalogue, count=rng.randint(1000, 99999))


def _edit(text: str, web: WebData, rng: random.Random) -> str:
    """Change one to three words of a text, fewer in a short one: a copy that hopes to pass as new."""
    lines = [line.split(" ") for line in text.split("\n")]
    for _ in range(rng.randint(1, min(3, 1 + len(text.split()) // 50))):
        words = rng.choice([line for line in lines if len(line) > 3] or lines)
        i = rng.randrange(len(words))
        filler = rng.choice(web.parts["filler"])
        words[i : i + 1] = rng.choice(([filler], [filler, words[i]], []))
    return "\n".join(" ".join(words) for words in lines)
