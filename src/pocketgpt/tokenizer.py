"""Byte-level byte pair encoding: training, encoding, decoding, special tokens.

A tokenizer is a list of merges. Text is cut into chunks by SPLIT_PATTERN, each chunk becomes its UTF-8
bytes (ids 0 to 255), and merge number i replaces a pair of neighbouring ids by the new id 256 + i. Special
tokens get the last ids. Text isn't normalised: what goes in comes out again.

Training is plain Python and keeps pair counts up to date instead of counting afresh after each merge; encoding
runs through tiktoken. `train_slowly` and `Tokenizer.encode_slowly` give the same in a few readable lines.

Sources: Sennrich et al. 2016 (arXiv:1508.07909) for BPE on text; Radford et al. 2019 (GPT-2) for bytes.
"""

import heapq
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import regex  # The standard library's re lacks \p{L}. A dependency of tiktoken, hence always there.
import tiktoken

from pocketgpt.errors import PocketError
from pocketgpt.files import write_text

Pair = tuple[int, int]

SPECIAL_TOKENS = ("<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>",
                  "<|call|>", "<|result|>", "<|pad|>")  # fmt: skip

# GPT-4's pattern (cl100k_base in tiktoken), but for digits: one by one here, up to three at a time there.
# A "+" after another quantifier forbids backtracking: the same chunks, faster.
SPLIT_PATTERN = "|".join(
    [
        r"'(?i:[sdmt]|ll|ve|re)",  # English endings: 's 'd 'm 't 'll 've 're
        r"[^\r\n\p{L}\p{N}]?+\p{L}++",  # a word, with the space (or one sign) before it
        r"\p{N}",  # one digit
        r" ?[^\s\p{L}\p{N}]++[\r\n]*+",  # signs, with the space before and line ends after them
        r"\s++$",  # blanks at the end of the text
        r"\s*[\r\n]",  # blanks up to the last line end
        r"\s+(?!\S)",  # other blanks but the last, which belongs to the next word
        r"\s",
    ]
)
_SPLITTER = regex.compile(SPLIT_PATTERN)
_BLANKS = 500_000  # in a row; some more are too many for tiktoken's own search

_FORMAT, _VERSION = "pocketgpt tokenizer", 1


@runtime_checkable
class AnyTokenizer(Protocol):
    """What a model is used with: a `Tokenizer`, or that of another model (see `pocketgpt.real_models`)."""

    @property
    def vocab_size(self) -> int:
        """Number of ids, special tokens included."""

    @property
    def eot_id(self) -> int:
        """Id of <|endoftext|>, which stands between documents."""

    @property
    def special_tokens(self) -> dict[str, int]:
        """Name → id of the tokens that no text becomes."""

    def encode(self, text: str) -> list[int]:
        """The text's ids, none of them special."""

    def decode(self, ids: Iterable[int]) -> str:
        """The text that the ids stand for."""

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes that an id stands for, which need not be whole characters."""


def split(text: str) -> list[str]:
    """Cut text into the chunks that merges never cross.

    >>> split("It's 42, isn't it?")
    ['It', "'s", ' ', '4', '2', ',', ' isn', "'t", ' it', '?']
    """
    return _SPLITTER.findall(text)


def count_pairs(ids: list[int]) -> Counter[Pair]:
    """Count each pair of neighbours; pairs may overlap.

    >>> count_pairs([1, 2, 3, 1, 2])
    Counter({(1, 2): 2, (2, 3): 1, (3, 1): 1})
    """
    return Counter(zip(ids, ids[1:], strict=False))


def merge(ids: list[int], pair: Pair, new_id: int) -> list[int]:
    """Replace each occurrence of pair by new_id, from left to right.

    >>> merge([1, 2, 3, 1, 2], (1, 2), 4)
    [4, 3, 4]
    >>> merge([7, 7, 7], (7, 7), 8)
    [8, 7]
    """
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def merge_steps(chunk: bytes, new_ids: dict[Pair, int]) -> Iterator[list[int]]:
    """Yield a chunk's ids before the first merge and after each one; the last are its tokens.

    new_ids maps each pair that may be merged to its new id. The lowest new id goes first: merges are
    replayed in the order in which training learnt them.

    >>> list(merge_steps(b"aaab", {(97, 97): 256, (97, 98): 257, (256, 257): 258}))
    [[97, 97, 97, 98], [256, 97, 98], [256, 257], [258]]
    """
    ids = list(chunk)
    yield ids
    while known := count_pairs(ids).keys() & new_ids.keys():
        pair = min(known, key=new_ids.__getitem__)
        ids = merge(ids, pair, new_ids[pair])
        yield ids


def train_slowly(text: str, vocab_size: int) -> list[Pair]:
    """The merges that `Tokenizer.train` learns, with all pairs counted afresh before each, as a textbook has it.

    They are fewer than bytes and merges need to make vocab_size ids where the text has no more pairs.

    >>> train_slowly("aaabdaaabac", vocab_size=259)
    [(97, 97), (97, 98), (256, 257)]
    """
    chunks = [list(chunk.encode()) for chunk in split(text)]
    merges: list[Pair] = []
    while len(merges) < vocab_size - 256 and (counts := sum(map(count_pairs, chunks), Counter())):
        best = max(counts, key=lambda pair: (counts[pair], -pair[0], -pair[1]))
        chunks = [merge(chunk, best, 256 + len(merges)) for chunk in chunks]
        merges.append(best)
    return merges


def learn_merges(text: str | Iterable[str], wanted: int) -> list[Pair]:
    """The first `wanted` merges of a text, or of many; fewer where the text has no more pairs.

    >>> learn_merges("aaabdaaabac", 3)
    [(97, 97), (97, 98), (256, 257)]
    """
    chunk_counts: Counter[str] = Counter()
    for part in [text] if isinstance(text, str) else text:
        chunk_counts.update(split(_well_formed(part)))
    if not chunk_counts:
        raise PocketError("There is no text to learn from; give at least a few sentences.")
    return _learn_merges(chunk_counts, wanted)


def _learn_merges(chunk_counts: dict[str, int], wanted: int) -> list[Pair]:
    """Learn up to `wanted` merges, each of the most frequent pair; among equals, of the lowest ids.

    A chunk is held as a string in which chr(i) stands for token i, so that str.split finds all its pairs at once.
    Only chunks that hold the merged pair are looked at again. The heap has one entry per pair, which may be outdated:
    a known pair's count can only fall, so an entry is corrected when it comes to the top.
    """
    chunks = [chunk.encode().decode("latin-1") for chunk in chunk_counts]
    weights = list(chunk_counts.values())
    counts: dict[tuple[str, str], int] = defaultdict(int)
    places: dict[tuple[str, str], set[int]] = defaultdict(set)  # pair → numbers of the chunks that hold it
    for i, chunk in enumerate(chunks):
        for pair in zip(chunk, chunk[1:], strict=False):
            counts[pair] += weights[i]
            places[pair].add(i)
    heap = [(-count, pair) for pair, count in counts.items()]
    heapq.heapify(heap)

    merges: list[Pair] = []
    while heap and len(merges) < wanted:
        negative_count, pair = heapq.heappop(heap)
        if -negative_count != counts[pair]:
            if counts[pair]:
                heapq.heappush(heap, (-counts[pair], pair))
            continue
        new = chr(256 + len(merges))
        merges.append((ord(pair[0]), ord(pair[1])))
        created = set()
        for i in places.pop(pair):
            parts = chunks[i].split("".join(pair))
            chunks[i] = new.join(parts)
            for change, found in _changes(parts, pair, new):
                counts[found] += change * weights[i]
                if change > 0:
                    places[found].add(i)
                    created.add(found)
        for new_pair in created:
            heapq.heappush(heap, (-counts[new_pair], new_pair))
    return merges


def _changes(parts: list[str], pair: tuple[str, str], new: str) -> Iterator[tuple[int, tuple[str, str]]]:
    """How the counts of pairs change, −1 or +1 each time, where `new` takes the place of `pair` between these parts.

    Only the neighbours of a merged pair are looked at, so a word of a million letters costs no more than many words.

    >>> list(_changes(["a", "c"], ("b", "b"), "N"))  # a b b c becomes a N c
    [(-1, ('b', 'b')), (-1, ('a', 'b')), (1, ('a', 'N')), (-1, ('b', 'c')), (1, ('N', 'c'))]
    """
    first, last = pair
    for number, part in enumerate(parts[1:]):
        yield -1, pair
        before = parts[number]
        if before or number:
            yield -1, (before[-1:] or last, first)
            yield 1, (before[-1:] or new, new)
        if part:
            yield -1, (last, part[0])
            yield 1, (new, part[0])


def _too_blank(text: str) -> bool:
    """Whether the text has so long a run of blanks that tiktoken would give up."""
    return isinstance(text, str) and len(text) > _BLANKS and re.search(rf"\s{{{_BLANKS}}}", text) is not None


def _well_formed(text: str) -> str:
    """The text, with what UTF-8 can't write mended as tiktoken does: a lone surrogate becomes U+FFFD."""
    if not isinstance(text, str):
        raise PocketError(f"The tokenizer takes strings, not {type(text).__name__}; decode the text first.")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _check_special_tokens(names: Iterable[str]) -> tuple[str, ...]:
    found = tuple(names)
    if isinstance(names, str) or not all(isinstance(name, str) and name for name in found):
        raise PocketError("Give the special tokens as a list of non-empty strings.")
    for i, name in enumerate(found):
        # Which of two would match, where one begins with the other, isn't defined.
        if any(other.startswith(name) for j, other in enumerate(found) if i != j):
            raise PocketError(f"Rename the special token {name!r}: another one equals it or begins with it.")
    return found


class Tokenizer:
    """Text to ids and back. Ids: bytes 0 to 255, merge i as 256 + i, then the special tokens in order.

    Raises PocketError for a merge of ids that don't exist yet, and for one whose own bytes don't encode to
    it, such as a second merge to the same bytes. Training never learns such a merge, and without them
    tiktoken, which ranks a pair by its joined bytes, agrees with classical BPE, which ranks it by its ids.

    >>> tokenizer = Tokenizer.train("aaabdaaabac", vocab_size=259, special_tokens=())
    >>> tokenizer.merges
    [(97, 97), (97, 98), (256, 257)]
    >>> tokenizer.encode("aaabdaaabac")
    [258, 100, 258, 97, 99]
    >>> tokenizer.decode([258, 100])
    'aaabd'
    """

    def __init__(self, merges: Iterable[Pair], special_tokens: Iterable[str] = SPECIAL_TOKENS) -> None:
        names = _check_special_tokens(special_tokens)
        self.merges: list[Pair] = [(left, right) for left, right in merges]
        self._new_ids = {pair: new_id for new_id, pair in enumerate(self.merges, 256)}
        self._bytes = [bytes([i]) for i in range(256)]
        for new_id, (left, right) in enumerate(self.merges, 256):
            if not (0 <= left < new_id and 0 <= right < new_id):
                raise PocketError(f"Merge {new_id} joins {left}, {right}; join ids from 0 to {new_id - 1}.")
            self._bytes.append(self._bytes[left] + self._bytes[right])
            # Training always passes: it meets a pair when all earlier merges are done, and these treat the
            # same bytes alike wherever token borders surround them.
            if self._encode_chunk(self._bytes[-1]) != [new_id]:
                raise PocketError(
                    f"Remove merge {new_id}: encoding never gets to it from its bytes {self._bytes[-1]!r}."
                )
        ranks = {token: i for i, token in enumerate(self._bytes)}
        self.special_tokens: dict[str, int] = {name: i for i, name in enumerate(names, len(ranks))}
        self._bytes += [name.encode() for name in names]
        self._tiktoken = tiktoken.Encoding(
            "pocketgpt", pat_str=SPLIT_PATTERN, mergeable_ranks=ranks, special_tokens=self.special_tokens
        )

    @classmethod
    def train(
        cls, text: str | Iterable[str], vocab_size: int, special_tokens: Iterable[str] = SPECIAL_TOKENS
    ) -> "Tokenizer":
        """Learn merges from a text, or from many, until bytes, merges and special tokens make vocab_size ids.

        Among equally frequent pairs the one with the lowest ids is merged first. Raises PocketError for a
        vocab_size below 256 plus the special tokens, an empty text, or one too poor for so many merges.
        """
        names = _check_special_tokens(special_tokens)
        wanted = vocab_size - 256 - len(names)
        if wanted < 0:
            raise PocketError(
                f"Raise vocab_size from {vocab_size} to at least {256 + len(names)}: "
                f"256 bytes and {len(names)} special tokens must fit."
            )
        merges = learn_merges(text, wanted)
        if len(merges) < wanted:
            raise PocketError(
                f"The text yields only {len(merges)} of {wanted} merges; "
                f"give more text, or a vocab_size of at most {vocab_size - wanted + len(merges)}."
            )
        return cls(merges, names)

    @property
    def vocab_size(self) -> int:
        """Number of ids: bytes, merges and special tokens."""
        return len(self._bytes)

    @property
    def eot_id(self) -> int:
        """Id of <|endoftext|>, which stands between documents."""
        if SPECIAL_TOKENS[0] not in self.special_tokens:
            raise PocketError(f"This tokenizer has no {SPECIAL_TOKENS[0]}; train it with that special token.")
        return self.special_tokens[SPECIAL_TOKENS[0]]

    def encode(self, text: str, allowed_special: Iterable[str] = ()) -> list[int]:
        """The text's ids.

        Special tokens are recognised only if allowed_special names them, or is "all"; otherwise text that
        looks like one stays text, so that nobody can type an end of turn. Lone surrogates, which aren't
        valid Unicode, become U+FFFD. Raises PocketError for an unknown name.

        >>> tokenizer = Tokenizer([])
        >>> len(tokenizer.encode("<|end|>")), tokenizer.encode("<|end|>", allowed_special={"<|end|>"})
        (7, [260])
        """
        allowed = self._allowed(allowed_special)
        if _too_blank(text):
            return self.encode_slowly(text, allowed)
        return self._tiktoken.encode(_well_formed(text), allowed_special=allowed, disallowed_special=())

    def encode_many(self, texts: Iterable[str]) -> list[list[int]]:
        """The ids of each text, with no special tokens, as fast as it goes."""
        return [
            self.encode_slowly(text) if _too_blank(text) else self._tiktoken.encode_ordinary(_well_formed(text))
            for text in texts
        ]

    def encode_slowly(self, text: str, allowed_special: Iterable[str] = ()) -> list[int]:
        """The same ids as `encode`, in readable Python.

        Chunks may differ only around characters so new that regex and tiktoken disagree on what they are.
        """
        allowed = self._allowed(allowed_special)
        pattern = "|".join(map(re.escape, sorted(allowed)))
        # Where re.split captures what it splits at, texts and special tokens alternate.
        parts = re.split(f"({pattern})", _well_formed(text)) if allowed else [_well_formed(text)]
        ids: list[int] = []
        for part in parts:
            if part in allowed:
                ids.append(self.special_tokens[part])
            else:
                for chunk in split(part):
                    ids += self._encode_chunk(chunk.encode())
        return ids

    def _encode_chunk(self, chunk: bytes) -> list[int]:
        *_, ids = merge_steps(chunk, self._new_ids)
        return ids

    def _allowed(self, names: Iterable[str]) -> set[str]:
        if names == "all":
            return set(self.special_tokens)
        names = {names} if isinstance(names, str) else set(names)
        if unknown := names - self.special_tokens.keys():
            known = ", ".join(self.special_tokens) or "none"
            raise PocketError(f"Unknown special token {unknown.pop()!r}; this tokenizer's are: {known}.")
        return names

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes that an id stands for, which need not be whole characters."""
        if not 0 <= token_id < len(self._bytes):
            raise PocketError(f"There is no token {token_id}; the ids go from 0 to {len(self._bytes) - 1}.")
        return self._bytes[token_id]

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The exact bytes that the ids stand for."""
        return b"".join(map(self.token_bytes, ids))

    def decode(self, ids: Iterable[int]) -> str:
        """The text that the ids stand for; bytes that aren't valid UTF-8 become U+FFFD."""
        return self.decode_bytes(ids).decode("utf-8", errors="replace")

    def to_dict(self) -> dict[str, Any]:
        """All that defines the tokenizer, ready for JSON; merges as strings, one character a byte."""
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "vocab_size": self.vocab_size,
            "pattern": SPLIT_PATTERN,
            "special_tokens": list(self.special_tokens),
            "merges": [[self._bytes[i].decode("latin-1") for i in pair] for pair in self.merges],
        }

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> "Tokenizer":
        """The tokenizer that `to_dict` described. Raises PocketError for anything else."""
        if not isinstance(saved, dict) or saved.get("format") != _FORMAT:
            raise PocketError("This isn't a tokenizer of pocketgpt; choose one that Tokenizer.save wrote.")
        if saved.get("version") != _VERSION or saved.get("pattern") != SPLIT_PATTERN:
            raise PocketError("This tokenizer is from another version of pocketgpt; update pocketgpt.")
        with suppress(KeyError, TypeError, ValueError):
            ids = {chr(i): i for i in range(256)}
            merges = []
            for left, right in saved["merges"]:
                merges.append((ids[left], ids[right]))
                ids[left + right] = 255 + len(merges)
            tokenizer = cls(merges, saved["special_tokens"])
            if tokenizer.vocab_size == saved["vocab_size"]:
                return tokenizer
        raise PocketError("This tokenizer is damaged; get the file again, or train and save it again.")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write JSON, one merge a line. The file appears whole or not at all, and replaces an old one."""
        described = self.to_dict()
        merges = ",\n".join(f"  {json.dumps(pair)}" for pair in described.pop("merges"))
        head = json.dumps(described, indent=1).removesuffix("\n}")
        write_text(path, f'{head},\n "merges": [\n{merges}\n ]\n}}\n')

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Tokenizer":
        """Read a file that `save` wrote. Raises PocketError if it is missing, damaged, foreign or newer."""
        try:
            saved = json.loads(Path(path).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise PocketError(f"There is no file {path}; check the name.") from None
        except (OSError, ValueError, RecursionError):
            raise PocketError(f"{path} is no tokenizer; choose a file that Tokenizer.save wrote.") from None
        try:
            return cls.from_dict(saved)
        except PocketError as error:
            raise PocketError(f"{path}: {error}") from None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tokenizer):
            return NotImplemented
        return self.merges == other.merges and self.special_tokens == other.special_tokens

    def __repr__(self) -> str:
        return f"Tokenizer(vocab_size={self.vocab_size}, special_tokens={len(self.special_tokens)})"
