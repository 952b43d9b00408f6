"""Exercises of notebook 01, tokenization: pairs, merging, training BPE, encoding, decoding, training within chunks."""

import collections
import itertools
from functools import partial

from pocketgpt_lessons.classroom import answer_values
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake


def _pairs(ids):
    return list(zip(ids, ids[1:], strict=False))


def _count_apart(pairs):
    """Counts in which occurrences of a pair don't overlap, as when it is merged."""
    counts = collections.Counter()
    for pair, run in itertools.groupby(pairs):  # a pair follows itself only in a run of equal ids
        counts[pair] += (len(list(run)) + 1) // 2
    return counts


COUNT_PAIRS = Exercise(
    name="count_pairs",
    signature="count_pairs(ids)",
    task="Return a dictionary that says for each pair of neighbouring ids how often it occurs.",
    truth=lambda ids: collections.Counter(itertools.pairwise(ids)),
    cases=(
        ([1, 2, 3, 1, 2],),
        ([7, 7, 7],),
        ([4, 5, 4, 5, 4],),
        ([300, 0, 300, 0, 65, 300],),
        ([256, 0],),
        ([8],),
        ([],),
    ),
    read=answer_values.pair_counts,
    mistakes=(
        Mistake(
            "the last pair is missing: the loop stops one step too early.",
            lambda ids: collections.Counter(_pairs(ids[:-1])),
        ),
        Mistake("the first pair is missing: begin at place 0.", lambda ids: collections.Counter(_pairs(ids[1:]))),
        Mistake(
            "every second pair is left out: pairs overlap, so go on by one id, not two.",
            lambda ids: collections.Counter(zip(ids[::2], ids[1::2], strict=False)),
        ),
        Mistake(
            "of 7, 7, 7 only one pair is counted: pairs overlap, so there are two.",
            lambda ids: _count_apart(_pairs(ids)),
        ),
        Mistake("single ids are counted, not pairs.", lambda ids: collections.Counter(ids)),
        Mistake(
            "every pair counts 1, however often it occurs: add to the old count.",
            lambda ids: dict.fromkeys(_pairs(ids), 1),
        ),
        Mistake(
            "the count starts at 0 for a pair's first occurrence, so all are one too low.",
            lambda ids: {pair: n - 1 for pair, n in collections.Counter(_pairs(ids)).items()},
        ),
        Mistake(
            "all counts are one too high: the first occurrence makes 1, as in `counts.get(pair, 0) + 1`.",
            lambda ids: {pair: n + 1 for pair, n in collections.Counter(_pairs(ids)).items()},
        ),
        Mistake(
            "(1, 2) and (2, 1) are counted as one: the order within a pair matters.",
            lambda ids: collections.Counter(tuple(sorted(pair)) for pair in _pairs(ids)),
        ),
        Mistake(
            "the ids of each pair are swapped: the first id comes first.",
            lambda ids: collections.Counter((b, a) for a, b in _pairs(ids)),
        ),
        Mistake(
            "the last id is paired with the first: a text isn't a circle. (`ids[i - 1]` does it too, where i is 0.)",
            lambda ids: collections.Counter(_pairs(ids + ids[:1])),
        ),
        Mistake("each id is paired with itself.", lambda ids: collections.Counter((i, i) for i in ids)),
        Mistake(
            "each id is paired with the one after the next: neighbours are `ids[i]` and `ids[i + 1]`.",
            lambda ids: collections.Counter(zip(ids, ids[2:], strict=False)),
        ),
        Mistake(
            "each id is paired with all later ones: count neighbours only.",
            lambda ids: collections.Counter(itertools.combinations(ids, 2)),
        ),
        Mistake(
            "the loop goes over the ids and takes them for places: it needs `for i in range(len(ids) - 1)`.",
            lambda ids: collections.Counter((ids[i], ids[i + 1]) for i in ids),
        ),
        Mistake(
            "`ids.index(…)` finds only the first place of an id, and ids repeat: walk over places or over "
            "`zip(ids, ids[1:])`.",
            lambda ids: collections.Counter((i, ids[ids.index(i) + 1]) for i in ids[:-1]),
        ),
        Mistake(
            "no pair is counted: either no count is stored, or pairs are looked for among single ids, as "
            "`ids.count(pair)` does; `list(zip(ids, ids[1:]))` is the list of pairs.",
            lambda ids: {},
        ),
    ),
    hint="Walk over `zip(ids, ids[1:])`, and add 1 to `counts.get(pair, 0)`.",
    praise="The largest of these counts decides what becomes a token next.",
)


def _merge(ids, pair, new_id, hit=None):
    """Collapse runs by a stack, from left to right: another way than the learner's index loop.

    `hit(here, pair)` says whether two neighbours are merged; by default, if they are the pair.
    """
    hit = hit or (lambda here, pair: here == tuple(pair))
    done = []
    fresh = False  # whether the top of the stack is a merged id, which takes part in no second merge
    for item in ids:
        if done and not fresh and hit((done[-1], item), pair):
            done[-1], fresh = new_id, True
        else:
            done.append(item)
            fresh = False
    return done


def _merge_keeping_second(ids, pair, new_id):
    return [x for i, item in enumerate(ids) for x in ([new_id] if tuple(ids[i : i + 2]) == tuple(pair) else [item])]


def _merge_first_only(ids, pair, new_id):
    for i, here in enumerate(_pairs(ids)):
        if here == tuple(pair):
            return [*ids[:i], new_id, *ids[i + 2 :]]
    return ids


def _merge_losing_last(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids) - 1:
        hit = (ids[i], ids[i + 1]) == tuple(pair)
        merged.append(new_id if hit else ids[i])
        i += 2 if hit else 1
    return merged


def _merge_in_steps_of_two(ids, pair, new_id):
    blocks = [ids[i : i + 2] for i in range(0, len(ids), 2)]
    return [x for block in blocks for x in ([new_id] if tuple(block) == tuple(pair) else block)]


def _merge_as_text(separator):
    """Merging by `str.replace`, with the ids joined by the separator."""

    def merge(ids, pair, new_id):
        text, old = (separator.join(map(str, some)) for some in (ids, pair))
        text = text.replace(old, str(new_id))
        return [int(part) for part in (text.split(separator) if separator else text) if part]

    return merge


_AS_TEXT = "the ids are searched as text, in which 11 2 contains 1 2 and a long id falls apart: compare the numbers."
_SECOND_STAYS = (
    "the second id of the pair stays: after a merge go on by two ids. (`i += 2` does nothing in a `for` loop: use "
    "`while`.)"
)
_ANY_ORDER = "neighbours that only look like the pair are merged too: (2, 1) isn't (1, 2), and (1, 1) isn't either."

MERGE = Exercise(
    name="merge",
    signature="merge(ids, pair, new_id)",
    task="Return a new list in which every occurrence of the pair, from left to right, is replaced by the new id.",
    truth=_merge,
    cases=(
        ([1, 2, 3, 1, 2], (1, 2), 9),
        ([5, 1, 2, 1, 4, 2, 1], (1, 2), 256),
        ([7, 7, 7], (7, 7), 300),
        ([3, 4], (1, 2), 9),
        ([1, 1, 2], (1, 2), 9),
        ([256, 97, 256, 97, 0, 97], (256, 97), 257),
        ([11, 2, 1, 21, 12], (1, 2), 99),
        ([0, 0, 0, 0], (0, 0), 1),
        ([int("300"), 7, 7, int("300"), 7], (int("300"), 7), 400),  # equal numbers, but not the same objects
        ([8], (8, 8), 9),
        ([], (1, 2), 9),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake(_SECOND_STAYS, _merge_keeping_second),
        Mistake(_SECOND_STAYS, lambda ids, pair, new: [new if here == pair else here[0] for here in _pairs(ids)]),
        Mistake("only the first occurrence is merged: go on to the end of the list.", _merge_first_only),
        Mistake("the last id is lost when it is in no pair: the loop ends one too early.", _merge_losing_last),
        Mistake(
            "a pair at the very end isn't merged: the loop, or its condition, ends one too early.",
            lambda ids, pair, new: _merge(ids[:-1], pair, new) + ids[-1:],
        ),
        Mistake(
            "only pairs at even places are found: go on by one id after a place without the pair.",
            _merge_in_steps_of_two,
        ),
        Mistake(
            "every single id of the pair is replaced: only both, next to each other, make the new id.",
            lambda ids, pair, new: [new if i in pair else i for i in ids],
        ),
        Mistake(_ANY_ORDER, lambda ids, pair, new: _merge(ids, pair, new, lambda here, pair: set(here) == set(pair))),
        Mistake(_ANY_ORDER, lambda ids, pair, new: _merge(ids, pair, new, lambda here, pair: set(here) <= set(pair))),
        Mistake(_ANY_ORDER, lambda ids, pair, new: _merge(_merge(ids, pair, new), pair[::-1], new)),
        Mistake(
            "only one id of the pair is compared: both must fit.",
            lambda ids, pair, new: _merge(ids, pair, new, lambda here, pair: here[0] == pair[0]),
        ),
        Mistake(
            "only one id of the pair is compared: both must fit.",
            lambda ids, pair, new: _merge(ids, pair, new, lambda here, pair: here[1] == pair[1]),
        ),
        Mistake(
            "`is` asks whether both are one and the same object, which equal numbers need not be: compare with `==`.",
            lambda ids, pair, new: _merge(ids, pair, new, lambda here, pair: here[0] is pair[0] and here[1] is pair[1]),
        ),
        Mistake(
            "the pair is removed, but the new id isn't put in its place.",
            lambda ids, pair, new: [i for i in _merge(ids, pair, new) if i != new],
        ),
        Mistake(
            "the new id is added, but the pair stays too.",
            lambda ids, pair, new: [x for i in _merge(ids, pair, new) for x in ((new, *pair) if i == new else (i,))],
        ),
        Mistake(
            "the new id is added, but the pair stays too.",
            lambda ids, pair, new: [x for i in _merge(ids, pair, new) for x in ((*pair, new) if i == new else (i,))],
        ),
        Mistake(
            "of three equal ids the last two are merged: go from left to right.",
            lambda ids, pair, new: _merge(ids[::-1], (pair[1], pair[0]), new)[::-1],
        ),
        *(Mistake(_AS_TEXT, _merge_as_text(separator)) for separator in ("", " ", ",", ", ")),
        Mistake(
            "`bytes` and `bytearray` hold numbers up to 255 only, and new ids are larger: go over the list.",
            lambda ids, pair, new: list(bytes(ids).replace(bytes(pair), bytes([new]))),
        ),
        Mistake(
            "the list comes back as it was. Either the pair is never found: `ids[i : i + 2]` is a list, and equals a "
            "tuple only as `tuple(ids[i : i + 2])`. Or the merged list isn't the one that is returned.",
            lambda ids, pair, new: ids,
        ),
    ),
    hint="Keep an index i. If ids[i] and ids[i + 1] are the pair, append the new id and add 2 to i; else append ids[i] "
    "and add 1.",
    praise="Each merge makes the text shorter and the vocabulary one larger.",
)


def _train(text, n_merges, choose=None, ids=None, new_id=lambda step, ids: 256 + step, count=collections.Counter):
    """Byte-pair encoding; `choose(counts)` names the pair, by default the most frequent one, first seen."""
    ids = list(text.encode("utf-8")) if ids is None else ids
    merges = []
    for step in range(n_merges):
        counts = count(itertools.pairwise(ids))
        if not counts:
            break
        pair = choose(counts) if choose else max(counts, key=counts.get)
        merges.append(pair)
        ids = _merge(ids, pair, new_id(step, ids))
    return merges


def _train_on(text, n_merges, choose):
    """As `_train`, but when no pair is left, one is chosen all the same."""
    merges = _train(text, n_merges)
    return merges if len(merges) == n_merges else choose([])


_FROM_BYTES = 'the text starts as characters or their code points: start from `list(text.encode("utf-8"))`.'
_WRONG_NEW_IDS = (
    ("the first new id is 257: bytes are 0 to 255, so new ids start at 256.", lambda step, ids: 257 + step),
    ("the first new id is 255, which is a byte already: new ids start at 256.", lambda step, ids: 255 + step),
    ("the first new id is 0 or 1, which is a byte already: new ids start at 256.", lambda step, ids: step),
    ("the first new id is 0 or 1, which is a byte already: new ids start at 256.", lambda step, ids: step + 1),
    ("every merge makes the same id: merge i makes 256 + i.", lambda step, ids: 256),
    (
        "new ids are one more than the largest in the text, which may be bytes: they start at 256.",
        lambda step, ids: max(ids) + 1,
    ),
)


def _first_round(text, n_merges):
    counts = collections.Counter(itertools.pairwise(text.encode("utf-8")))
    [(pair, n)] = counts.most_common(1) or [((), 0)]
    return f"of the bytes, the pair {pair} comes first, {n} times" if pair else "the bytes have no pair"


TRAIN_BPE = Exercise(
    name="train_bpe",
    signature="train_bpe(text, n_merges)",
    task="Start from the text's UTF-8 bytes. n_merges times, merge the most frequent pair (of equals, the one seen "
    "first) into the next new id, the first being 256; stop early if no pair is left. Return the list of pairs.",
    truth=_train,
    cases=(
        ("aaabdaaabac", 3),
        ("see the sea, the sea sees thee", 6),
        ("äöäöä äöä", 3),
        ("abab", 0),
        ("abaaa", 2),
        ("ab", 3),
        ("", 2),
        ("😀🙃 No. 7: 😀🙃!", 5),
    ),
    read=answer_values.pair_list,
    mistakes=(
        Mistake(
            "all pairs come from one count at the start: count anew after every merge.",
            lambda text, n: [p for p, _ in collections.Counter(_pairs(text.encode())).most_common(n)],
        ),
        Mistake(
            "the pair is chosen again and again, since the text isn't changed by the merge: go on with the merged ids.",
            lambda text, n: _train(text, 1) * n,
        ),
        Mistake(
            "of equally frequent pairs the last seen is taken: `max(counts, key=counts.get)` keeps the first.",
            lambda text, n: _train(text, n, lambda c: max(reversed(c), key=c.get)),
        ),
        Mistake(
            "of equally frequent pairs the one with the largest ids is taken: take the one seen first.",
            lambda text, n: _train(text, n, lambda c: max(c, key=lambda pair: (c[pair], pair))),
        ),
        Mistake(
            "of equally frequent pairs the one with the smallest ids is taken: take the one seen first.",
            lambda text, n: _train(text, n, lambda c: min(c, key=lambda pair: (-c[pair], pair))),
        ),
        Mistake(
            "the pair with the largest ids is merged, not the most frequent: `max(counts)` compares the keys; "
            "give it `key=counts.get`.",
            lambda text, n: _train(text, n, max),
        ),
        Mistake(
            "the pair that is seen first is merged, however rare: take the most frequent.",
            lambda text, n: _train(text, n, lambda c: next(iter(c))),
        ),
        Mistake(
            "the rarest pair is merged: take the most frequent.",
            lambda text, n: _train(text, n, lambda c: min(c, key=c.get)),
        ),
        *(
            Mistake(message, lambda text, n, new_id=new_id: _train(text, n, new_id=new_id))
            for message, new_id in _WRONG_NEW_IDS
        ),
        Mistake(_FROM_BYTES, lambda text, n: _train(text, n, ids=[ord(character) for character in text])),
        Mistake(_FROM_BYTES, lambda text, n: _train(text, n, ids=list(text))),
        Mistake("there is one merge too few.", lambda text, n: _train(text, n - 1)),
        Mistake("there is one merge too many.", lambda text, n: _train(text, n + 1)),
        Mistake(
            "only the last pair comes back: collect all of them, and return after the loop.",
            lambda text, n: _train(text, n)[-1:],
        ),
        Mistake(
            "only the first pair comes back: collect all of them, and return after the loop.",
            lambda text, n: _train(text, n)[:1],
        ),
        Mistake("the list is in the wrong order: the first merge comes first.", lambda text, n: _train(text, n)[::-1]),
        *(
            Mistake(
                "when no pair is left, there is nothing to choose from: stop then, `if not counts: break`.",
                partial(_train_on, choose=choose),
            )
            for choose in (max, lambda counts: counts[0])
        ),
        Mistake(
            "of aaa only one pair aa is counted, but pairs overlap: there are two.",
            lambda text, n: _train(text, n, count=_count_apart),
        ),
        Mistake(
            "pairs that occur only once are left out: merge n_merges times, whatever the count.",
            lambda text, n: _train(
                text,
                n,
                count=lambda pairs: {pair: count for pair, count in collections.Counter(pairs).items() if count > 1},
            ),
        ),
        Mistake(
            "each pair comes with its new id or its count: return the pairs alone.",
            lambda text, n: [(pair, 256 + i) for i, pair in enumerate(_train(text, n))],
        ),
        Mistake(
            "each pair comes with its new id or its count: return the pairs alone.",
            lambda text, n: [(256 + i, pair) for i, pair in enumerate(_train(text, n))],
        ),
    ),
    on_the_way=_first_round,
    hint="A loop of `count_pairs`, `max(counts, key=counts.get)` and `merge(ids, pair, 256 + i)`.",
    praise="This is how the vocabularies of GPT-2 to GPT-4o were made, on far more text.",
    builds_on=("count_pairs", "merge"),
)


def _apply(ids, merges, new_id=lambda step: 256 + step, merge=_merge):
    for step, pair in enumerate(merges):
        ids = merge(ids, pair, new_id(step))
    return ids


def _encode(text, merges, **other):
    return _apply(list(text.encode("utf-8")), merges, **other)


def _encode_backwards(text, merges):
    return _encode(text, merges[::-1], new_id=lambda step: 255 + len(merges) - step)


def _encode_to_first_miss(text, merges):
    """Stops at the first merge that changes nothing."""
    ids = list(text.encode("utf-8"))
    for step, pair in enumerate(merges):
        if pair not in _pairs(ids):
            break
        ids = _merge(ids, pair, 256 + step)
    return ids


def _encode_counting_hits(text, merges):
    """Gives new ids only to merges that occur."""
    ids, new_id = list(text.encode("utf-8")), 256
    for pair in merges:
        if pair in _pairs(ids):
            ids, new_id = _merge(ids, pair, new_id), new_id + 1
    return ids


def _encode_leftmost_first(text, merges):
    """At each step the leftmost pair that has a merge, whatever the order of the merges."""
    ids = list(text.encode("utf-8"))
    while known := [pair for pair in _pairs(ids) if pair in merges]:
        ids = _merge(ids, known[0], 256 + merges.index(known[0]))
    return ids


def _encode_longest_first(text, merges):
    """Greedy: at each place the longest token that fits, whatever the order of the merges."""
    tokens = {bytes([byte]): byte for byte in range(256)}
    spelled = [bytes([byte]) for byte in range(256)]
    for first, second in merges:
        spelled.append(spelled[first] + spelled[second])
        tokens[spelled[-1]] = len(spelled) - 1
    rest, ids = text.encode("utf-8"), []
    while rest:
        piece = max((token for token in tokens if rest.startswith(token)), key=len)
        ids.append(tokens[piece])
        rest = rest[len(piece) :]
    return ids


def _encode_in_one_pass(text, merges):
    """Looks up each pair of bytes, and never a pair with an id that was made."""
    rest, ids = list(text.encode("utf-8")), []
    while rest:
        pair = tuple(rest[:2])
        ids.append(256 + merges.index(pair) if pair in merges else rest[0])
        rest = rest[2 if pair in merges else 1 :]
    return ids


_ORDER_DECIDES = "the longest token or the leftmost pair goes first: the order in which merges were learned decides."

ENCODE = Exercise(
    name="encode",
    signature="encode(text, merges)",
    task="Turn a text into ids: start from its UTF-8 bytes, and apply the merges in the order in which they "
    "were learned; merge i makes id 256 + i.",
    truth=_encode,
    cases=(
        ("abcab", [(97, 98), (256, 99)]),
        ("abc", [(98, 99), (97, 98), (257, 99)]),
        ("äaä", [(195, 164)]),
        ("zz", [(97, 98)]),
        ("cab", [(120, 121), (97, 98), (99, 257)]),
        ("aaaaa", [(97, 97), (256, 256), (257, 97)]),
        ("😀 7", [(240, 159), (256, 152), (257, 128), (32, 55)]),
        ("hi", []),
        ("", [(97, 98)]),
        ("abc", [(97, 98), (98, 99)]),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake("the merges are applied last to first, but later ones build on earlier ones.", _encode_backwards),
        Mistake(
            "each merge is applied only once: replace all its occurrences.",
            lambda text, merges: _encode(text, merges, merge=_merge_first_only),
        ),
        Mistake(_FROM_BYTES, lambda text, merges: _apply([ord(character) for character in text], merges)),
        Mistake(
            "nothing is merged, these are the bare bytes: either the pairs aren't found, or the list that `merge` "
            "returns isn't used (`ids = merge(…)`).",
            lambda text, merges: list(text.encode("utf-8")),
        ),
        Mistake(
            "only the first merge is applied: go through them all, and return after the loop.",
            lambda text, merges: _encode(text, merges[:1]),
        ),
        Mistake(
            "only the last merge is applied: each one must go on with the ids that the one before it made.",
            lambda text, merges: _encode(text, [(None, None)] * (len(merges) - 1) + merges[-1:]),
        ),
        Mistake("the last merge is left out.", lambda text, merges: _encode(text, merges[:-1])),
        *(
            Mistake(message, lambda text, merges, new_id=new_id: _encode(text, merges, new_id=new_id))
            for message, new_id in (
                ("merge i makes id i here, which is a byte: it must make 256 + i.", lambda step: step),
                ("merge i makes id 257 + i here: it must make 256 + i.", lambda step: 257 + step),
                ("merge i makes id 255 + i here: it must make 256 + i.", lambda step: 255 + step),
                ("every merge makes the id 256: merge i makes 256 + i.", lambda step: 256),
            )
        ),
        Mistake(
            "a merge that doesn't occur ends the work: later ones may still occur, so go on.", _encode_to_first_miss
        ),
        Mistake(
            "only merges that occur get an id: merge i makes 256 + i, whether those before it occur or not.",
            _encode_counting_hits,
        ),
        Mistake(_ORDER_DECIDES, _encode_longest_first),
        Mistake(_ORDER_DECIDES, _encode_leftmost_first),
        Mistake(
            "the text is gone through only once: a merge may need ids that an earlier merge made; apply the merges one "
            "after the other, each to the whole list.",
            _encode_in_one_pass,
        ),
    ),
    hint="A loop over `enumerate(merges)` that calls `merge(ids, pair, 256 + i)`.",
    praise="Encoding replays training, so the same text always gives the same ids.",
    builds_on=("merge",),
)


def _bytes_of(ids, merges, swapped=False) -> bytes:
    """Expand merged ids with a stack until only bytes are left."""
    waiting, found = list(ids)[::-1], bytearray()
    while waiting:
        top = waiting.pop()
        if top < 256:
            found.append(top)
        else:
            pair = merges[top - 256]
            waiting += pair if swapped else pair[::-1]
    return bytes(found)


def _opened_once(ids, merges):
    """The ids after each merged one has been replaced by its pair, a single time."""
    return [part for i in ids for part in (merges[i - 256] if i > 255 else (i,))]


_LEFT_OVER = (
    "an id above 255 is left over: merges build on earlier merges, so take them apart from the last to the first, or "
    "until only bytes are left."
)
_NO_CHARACTER = "each byte becomes a character by itself: collect all bytes first, then decode them as UTF-8."

DECODE = Exercise(
    name="decode",
    signature="decode(ids, merges)",
    task="Turn ids back into text: take merged ids apart until only bytes are left (merge i made id 256 + i), and "
    "decode all of them as UTF-8, with the sign U+FFFD for bytes that are no character.",
    truth=lambda ids, merges: _bytes_of(ids, merges).decode("utf-8", errors="replace"),
    cases=(
        ([256, 99, 256], [(97, 98)]),
        ([104, 105], []),
        ([258, 256], [(98, 99), (97, 98), (257, 99)]),
        ([256, 97, 256], [(195, 164)]),
        ([103, 195, 164], [(97, 98)]),
        ([258, 32, 55], [(240, 159), (256, 152), (257, 128)]),
        ([258, 257], [(97, 98), (256, 99), (257, 257)]),
        ([104, 195], []),
        ([], [(97, 98)]),
        ([280], [(97, 98), *((256 + i, 99 + i) for i in range(24))]),
    ),
    read=answer_values.text,
    mistakes=(
        Mistake(_LEFT_OVER, lambda ids, merges: bytes(_opened_once(ids, merges)).decode("utf-8", errors="replace")),
        Mistake(_LEFT_OVER, lambda ids, merges: "".join(map(chr, _opened_once(ids, merges)))),
        Mistake(_NO_CHARACTER, lambda ids, merges: _bytes_of(ids, merges).decode("latin-1")),
        Mistake(
            "each token is decoded by itself, but a character may be spread over several: join all bytes first.",
            lambda ids, merges: "".join(_bytes_of([i], merges).decode("utf-8", errors="replace") for i in ids),
        ),
        Mistake(
            'bytes that are no whole character raise an error: use `.decode("utf-8", errors="replace")`.',
            lambda ids, merges: _bytes_of(ids, merges).decode("utf-8"),
        ),
        Mistake(
            "bytes that are no whole character vanish: `errors` must be `replace`, not `ignore`.",
            lambda ids, merges: _bytes_of(ids, merges).decode("utf-8", errors="ignore"),
        ),
        Mistake(
            "the two halves of a pair are swapped: the first id comes first.",
            lambda ids, merges: _bytes_of(ids, merges, swapped=True).decode("utf-8", errors="replace"),
        ),
        Mistake(
            "merged ids are left out: only the ids below 256 become text.",
            lambda ids, merges: bytes(i for i in ids if i < 256).decode("utf-8", errors="replace"),
        ),
        Mistake(
            "only the first id becomes text: go through them all, and return after the loop.",
            lambda ids, merges: _bytes_of(ids[:1], merges).decode("utf-8", errors="replace"),
        ),
    ),
    hint="From the last merge to the first, replace each id 256 + i by its pair; then "
    '`bytes(ids).decode("utf-8", errors="replace")`.',
    praise="Nothing is lost on the way: any text comes back from its ids.",
)


def _lowest(counts):
    """The most frequent pair; of equals, the one with the lowest ids."""
    return min(counts, key=lambda pair: (-counts[pair], pair))


def _train_chunks(chunks, n_merges, choose=_lowest, new_id=lambda step: 256 + step, first=lambda c: list(c.encode())):
    states, merges = [first(chunk) for chunk in chunks], []
    for step in range(n_merges):
        counts = collections.Counter(pair for ids in states for pair in itertools.pairwise(ids))
        if not counts:
            break
        merges.append(choose(counts))
        states = [_merge(ids, merges[-1], new_id(step)) for ids in states]
    return merges


_ACROSS = "merges cross from one chunk into the next: keep each chunk's ids in a list of its own, and count within it."
_TIES = "of equally frequent pairs another is taken: take the lowest ids, `min(counts, key=lambda p: (-counts[p], p))`."
_CHUNK_COUNTS = "a chunk that occurs several times counts only once: each occurrence counts."

TRAIN_ON_CHUNKS = Exercise(
    name="train_on_chunks",
    signature="train_on_chunks(chunks, n_merges)",
    task="Train BPE on a list of chunks, such as words: count and merge within each chunk only. n_merges times merge "
    "the most frequent pair of all chunks, of equals the one with the lowest ids. Return the list of pairs.",
    truth=_train_chunks,
    cases=(
        (["ab", "ab", "ba"], 2),
        (["the", " owl", " the", " owls"], 3),
        (["low", " low", " lower", " low"], 5),
        (["zyx", "cba"], 3),
        (["ac", "ab"], 1),
        (["aaa", "aa"], 2),
        (["ä", " äö", "7", " äö"], 4),
        (["hat", "cat", "hat", "hat", "sat", "cat"], 4),
        (["no"], 0),
        (["a", "b"], 2),
        ([], 3),
        (["xyxy", "ab"], 1),
        (["zzz", "ab"], 1),
    ),
    read=answer_values.pair_list,
    mistakes=(
        Mistake(_ACROSS, lambda chunks, n: _train("".join(chunks), n, _lowest)),
        Mistake(_ACROSS, lambda chunks, n: _train("".join(chunks), n)),
        Mistake(_ACROSS, lambda chunks, n: _train(" ".join(chunks), n, _lowest)),
        Mistake(_TIES, lambda chunks, n: _train_chunks(chunks, n, lambda counts: max(counts, key=counts.get))),
        Mistake(
            _TIES, lambda chunks, n: _train_chunks(chunks, n, lambda counts: max(counts, key=lambda p: (counts[p], p)))
        ),
        Mistake(
            _TIES,
            lambda chunks, n: _train_chunks(chunks, n, lambda counts: min(counts, key=lambda p: (-counts[p], p[0]))),
        ),
        Mistake(_CHUNK_COUNTS, lambda chunks, n: _train_chunks(list(dict.fromkeys(chunks)), n)),
        Mistake(
            "only the first chunk is used: count over all of them.", lambda chunks, n: _train_chunks(chunks[:1], n)
        ),
        Mistake(
            "only the last chunk is counted: make the dictionary of counts before the loop over the chunks.",
            lambda chunks, n: _train_chunks(chunks[-1:], n),
        ),
        Mistake(
            "each chunk is trained by itself: count the pairs of all chunks together, then merge one pair in all.",
            lambda chunks, n: [pair for chunk in chunks for pair in _train_chunks([chunk], n)],
        ),
        Mistake(
            "all pairs come from one count at the start: count anew after every merge.",
            lambda chunks, n: sorted(
                (counts := collections.Counter(p for c in chunks for p in _pairs(c.encode()))),
                key=lambda pair: (-counts[pair], pair),
            )[:n],
        ),
        Mistake(
            "the pair is chosen again and again: put the merged ids back in the chunk's place.",
            lambda chunks, n: _train_chunks(chunks, 1) * n,
        ),
        Mistake(_FROM_BYTES, lambda chunks, n: _train_chunks(chunks, n, first=lambda chunk: [*map(ord, chunk)])),
        Mistake(
            "the first new id is 257: bytes are 0 to 255, so new ids start at 256.",
            lambda chunks, n: _train_chunks(chunks, n, new_id=lambda step: 257 + step),
        ),
        Mistake(
            "every merge makes the same id: merge i makes 256 + i.",
            lambda chunks, n: _train_chunks(chunks, n, new_id=lambda step: 256),
        ),
        Mistake("there is one merge too few.", lambda chunks, n: _train_chunks(chunks, n - 1)),
        Mistake("there is one merge too many.", lambda chunks, n: _train_chunks(chunks, n + 1)),
        Mistake(
            "only the last pair comes back: collect all of them, and return after the loop.",
            lambda chunks, n: _train_chunks(chunks, n)[-1:],
        ),
    ),
    hint="Keep a list of ids for each chunk. Add up `count_pairs` over all of them, choose, then `merge` in each.",
    praise="GPT-2's, GPT-4's and GPT-4o's tokenizers were trained within chunks, too.",
    builds_on=("count_pairs", "merge"),
)

EXERCISES = (COUNT_PAIRS, MERGE, TRAIN_BPE, ENCODE, DECODE, TRAIN_ON_CHUNKS)
