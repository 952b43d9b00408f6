"""The HTML of one page: a text, wrapped in the menus, adverts, notices and scripts of a site's template."""

import random
from dataclasses import dataclass
from html import escape
from html.entities import codepoint2name

from pocketgpt.internet.web_tables import WebData

_HINTS = "menu site-nav sidebar advert cookie-notice comments footer share related breadcrumb".split()


@dataclass(frozen=True)
class Style:
    """How a page is built.

    A cryptic page names its parts with random letters and has only `<div>`s, as pages made by programs often
    do: then nothing but the text itself tells an advert from an article.
    """

    template: str
    code: str = "en"
    cryptic: bool = False


def encode(text: str, rng: random.Random, share: float = 0.5) -> str:
    """Escape a text for HTML; letters such as é become entities, and some spaces are unbreakable.

    >>> encode("<b> é", random.Random(1), share=1)
    '&lt;b&gt; &eacute;'
    """
    encoded = escape(text)
    if not encoded.isascii():
        encoded = "".join(
            f"&{codepoint2name[ord(c)]};" if ord(c) in codepoint2name and c > "\x9f" and rng.random() < share else c
            for c in encoded
        )
    return encoded.replace(" ", "&nbsp;", 1) if rng.random() < share / 2 else encoded


def decorate(line: str, rng: random.Random) -> str:
    """Encode a line and put some of its words in links, bold or italics, as a writer on the web does."""
    words = [encode(word, rng) for word in line.split(" ")]
    for i in range(len(words)):
        if rng.random() < 0.03:
            words[i] = rng.choice(('<a href="/{0}">{0}</a>', "<b>{0}</b>", "<em>{0}</em>")).format(words[i])
    return " ".join(words)


class _Maker:
    """What the parts of one page share: its generator, its furniture, and the names of its classes."""

    def __init__(self, rng: random.Random, web: WebData, style: Style) -> None:
        self.rng, self.parts, self.style = rng, web.parts, style
        self.codes = {hint: f"x{rng.randrange(16**5):05x}" for hint in _HINTS}

    def pick(self, part: str, low: int, high: int) -> list[str]:
        texts = self.parts[part]
        return self.rng.sample(texts, min(len(texts), self.rng.randint(low, high)))

    def box(self, tag: str, hint: str, inner: str) -> str:
        if self.style.cryptic:
            return f'<div class="{self.codes[hint]}">{inner}</div>'
        return f'<{tag} class="{hint}">{inner}</{tag}>'

    def links(self, texts: list[str]) -> str:
        items = (f'<li><a href="/{i}">{encode(text, self.rng)}</a></li>' for i, text in enumerate(texts))
        return f"<ul>{''.join(items)}</ul>"

    def advert(self) -> str:
        text = encode(self.rng.choice(self.parts["advert"]), self.rng)
        link = f'<a href="//ads.example/{self.rng.randrange(999)}">Order</a>'
        return self.box("div", "advert", f"<p>{text} {link}</p>")

    def comments(self) -> str:
        texts = "".join(
            f"<li><b>guest{self.rng.randrange(99)}</b> <p>{encode(text, self.rng)}</p></li>"
            for text in self.pick("comment", 1, 4)
        )
        return self.box("section", "comments", f"<h3>Comments</h3><ul>{texts}</ul>")

    def footer(self, host: str) -> str:
        phone, line = fake_phone(self.rng), encode(self.rng.choice(self.parts["footer"]), self.rng)
        mail = f'<a href="mailto:info@{host}">info@{host}</a>'
        contact = f"&copy; {self.rng.randint(2009, 2024)} {host} | {mail} | {phone}"
        links = self.links(self.pick("nav", 2, 5))
        return self.box("footer", "footer", f"<p>{line}</p><p>{contact}</p>{links}")


def fake_phone(rng: random.Random) -> str:
    """Return a phone number of the range 555-0100 to 555-0199, which is kept for fiction."""
    last = rng.randrange(100)
    form = rng.choice(("555-01{:02}", "(555) 555-01{:02}", "+1 555 555 01{:02}", "555.555.01{:02}"))
    return form.format(last)


def build_page(text: str, host: str, title: str, style: Style, rng: random.Random, web: WebData, links: int = 0) -> str:
    """Return a whole HTML page whose main content is `text`, with `links` further links below it.

    Blank lines part paragraphs. A first paragraph of one short line becomes the heading.
    """
    make = _Maker(rng, web, style)
    main = {"forum": _posts}.get(style.template, _article)(text, make)
    if links:
        topics = [rng.choice(web.parts["related"] + web.parts["spam_topic"]) for _ in range(links)]
        main += make.links(topics)
    before, after = _around(make, host)
    return (
        f'<!doctype html>\n<html lang="{style.code}">\n<head><meta charset="utf-8">'
        f"<title>{escape(title)} | {host}</title>\n{_head(rng)}</head>\n"
        f"<body>\n{before}\n{main}\n{after}\n</body>\n</html>\n"
    )


def _head(rng: random.Random) -> str:
    key = f"k{rng.randrange(16**6):06x}"
    return (
        f'<meta name="viewport" content="width=device-width">\n'
        f"<style>body {{ margin: {rng.randint(0, 20)}px; font: 16px serif }} .{key} {{ color: #345 }}</style>\n"
        f'<script>var visits = "{key}"; if (visits.length > 3) {{ count(visits, {rng.randrange(999)}); }}</script>\n'
    )


def _around(make: _Maker, host: str) -> tuple[str, str]:
    """Return what stands before and after the main content; each template has another order and mixture."""
    rng, template = make.rng, make.style.template
    nav = make.box("nav", "site-nav", f"<b>{host}</b>" + make.links(make.pick("nav", 4, 9)))
    cookie_text = f"<p>{encode(rng.choice(make.parts['cookie']), rng)}</p><button>OK</button>"
    cookie = make.box("div", "cookie-notice", cookie_text) if rng.random() < 0.6 else ""
    inner = make.advert() + "<h4>Read also</h4>" + make.links(make.pick("related", 2, 5))
    sidebar = make.box("aside", "sidebar", inner)
    trail = " &gt; ".join(f'<a href="/">{t}</a>' for t in make.pick("tag", 2, 3))
    crumbs = make.box("div", "breadcrumb", trail)
    share = make.box("div", "share", " ".join(f'<a href="#">{t}</a>' for t in make.pick("call", 2, 4)))
    if template == "wiki":
        return cookie + nav + crumbs, share + make.footer(host) + "<script>track();</script>"
    if template == "blog":
        return nav + sidebar, share + make.comments() + make.footer(host) + cookie
    if template == "forum":
        return nav + crumbs + cookie, make.advert() + share + make.footer(host)
    adverts = make.box("div", "related", make.advert() * 2)
    return cookie + nav + sidebar, adverts + make.comments() + make.footer(host)


def _article(text: str, make: _Maker) -> str:
    """Mark up paragraphs; sometimes a by-line, a picture or an advert breaks in between."""
    rng, blocks = make.rng, text.split("\n\n")
    parts = []
    for i, block in enumerate(blocks):
        is_title = i == 0 and len(blocks) > 1 and len(block) < 80 and "\n" not in block and block[-1:] not in ".!?"
        lines = "<br>\n".join(decorate(line, rng) for line in block.split("\n"))
        parts.append(f"<h1>{encode(block, rng)}</h1>" if is_title else f"<p>{lines}</p>")
    at = min(1, len(parts) - 1)
    if make.style.template == "blog" and rng.random() < 0.5:
        date = f"{rng.randint(1, 28)} May {rng.randint(2009, 2024)}"
        parts.insert(at, f'<p>{date}, filed under <a href="/t">notes</a></p>')
    if rng.random() < 0.3:
        picture, caption = f"/{rng.randrange(99)}.png", rng.choice(make.parts["caption"])
        inner = f'<img src="{picture}" alt=""><figcaption>{caption}</figcaption>'
        parts.insert(at, f"<figure>{inner}</figure>")
    if rng.random() < 0.3:
        parts.insert(at + 1, make.advert())
    inner = "\n".join(parts)
    return f"<div>{inner}</div>" if make.style.cryptic else f"<main><article>{inner}</article></main>"


def _posts(text: str, make: _Maker) -> str:
    """Mark up each line as a post of a thread."""
    posts = []
    for line in text.split("\n"):
        name, colon, rest = line.partition(":")
        is_handle = colon and name.replace("_", "").isalnum()
        start = f"<b>{encode(name, make.rng)}:</b>" if is_handle else ""
        body = start + decorate(rest if is_handle else line, make.rng)
        posts.append(f'<div class="post"><p>{body}</p></div>' if line.strip() else "")
    return "\n".join(posts)
