"""Opens pages of the book as a reader would, from the file system and without a network, and says what is wrong.

Each page is read by axe-core, which knows what keeps people with disabilities from reading a page; its findings
of the two gravest kinds count. A page must also be no wider than a phone.
"""

from collections.abc import Iterable
from pathlib import Path

from browser import CHROMIUM_OPTIONS, PATIENCE, find_chromium
from playwright.sync_api import Browser, Page, sync_playwright

GRAVE = {"serious", "critical"}
PHONE = {"width": 390, "height": 844}
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def check(paths: Iterable[Path]) -> list[str]:
    """What is wrong with some pages, one sentence each; empty if all is well."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_OPTIONS))
        try:
            return [f"{path.name}: {problem}" for path in paths for problem in check_page(browser, path)]
        finally:
            browser.close()


def check_page(browser: Browser, path: Path) -> list[str]:
    """The same for one page."""
    found: list[str] = []
    context = browser.new_context(viewport=PHONE)
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    page.on("request", lambda request: found.extend(foreign(request.url)))
    page.on("pageerror", lambda error: found.append(f"a script failed: {error}"))
    context.route(lambda url: bool(foreign(url)), lambda route: route.abort())
    page.goto(path.resolve().as_uri(), wait_until="load")
    if page.evaluate(TOO_WIDE):
        found.append("is wider than a phone")
    page.emulate_media(color_scheme="light")
    found += barriers(page)
    page.emulate_media(color_scheme="dark")
    found += barriers(page, "color-contrast")
    context.close()
    return list(dict.fromkeys(found))


def foreign(url: str) -> list[str]:
    """A complaint about a request that leaves this machine.

    >>> foreign("file:///a.css"), foreign("https://cdn.example/b.js")
    ([], ['asked for https://cdn.example/b.js'])
    """
    return [] if url.startswith(("file:", "data:", "blob:")) else [f"asked for {url[:100]}"]


def barriers(page: Page, *rules: str) -> list[str]:
    """axe-core's grave findings, by some of its rules or by all, each with the first element that it is about."""
    from axe_playwright_python.sync_playwright import Axe  # of the book's packages, which not every test needs

    violations = Axe().run(page, options={"runOnly": list(rules)} if rules else None).response["violations"]
    grave = [violation for violation in violations if violation["impact"] in GRAVE]
    return [
        f"{each['id']}: {each['help']} ({len(each['nodes'])} times, first {each['nodes'][0]['html'][:150]})"
        for each in grave
    ]
