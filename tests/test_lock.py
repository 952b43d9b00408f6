"""requirements.lock holds all that is pinned elsewhere, in the same versions, and all that this needs in turn."""

import re
from importlib.metadata import PackageNotFoundError, requires

import pytest
from notebook_runner import REPOSITORY
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
LOCKED = [Requirement(line) for line in LOCK.splitlines() if line and not line.startswith("#")]
NAMES = {canonicalize_name(requirement.name) for requirement in LOCKED}
FOR_GRAPHICS_CARDS = re.compile(r"cuda-|nvidia-|triton")  # left out on purpose: see pyproject.toml


def pins(name: str) -> list[Requirement]:
    lines = (REPOSITORY / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-e "))]


PINS = [*pins("requirements.txt"), *pins("tests/requirements.txt")]


def test_each_line_is_a_name_and_a_version():
    lines = [line.partition(" ; ")[0] for line in LOCK.splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9.-]+==[\w.]+", line)] == []
    assert not re.search(r"://|[/\\]\w+[/\\]", LOCK), "neither addresses nor folders"


@pytest.mark.parametrize("pin", PINS, ids=str)
def test_each_pin_is_locked_in_its_version(pin):
    locked = {str(line.specifier) for line in LOCKED if canonicalize_name(line.name) == canonicalize_name(pin.name)}
    assert locked == {str(pin.specifier)}, "run `make lock`"


def test_what_the_locked_packages_need_is_locked_too():
    missing = set()
    for package in NAMES:
        try:
            needs = [Requirement(line) for line in requires(package) or ()]
        except PackageNotFoundError:  # for another system or Python
            continue
        used = [need for need in needs if not need.marker or need.marker.evaluate({"extra": ""})]
        missing |= {f"{package} needs {need.name}" for need in used if not known(need.name)}
    assert missing == set(), "run `make lock`"


def known(name: str) -> bool:
    return canonicalize_name(name) in NAMES or bool(FOR_GRAPHICS_CARDS.match(name))
