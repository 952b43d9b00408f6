"""Exercises of notebook 01, tokenization: pairs, merging, training BPE, and encoding with it."""

import collections
import itertools

from pocketgpt_lessons.classroom import answer_values
from pocketgpt_lessons.classroom.exercises import Exercise, Mistake


def _pairs(ids):
    return list(zip(ids, ids[1:], strict=False))


COUNT_PAIRS = Exercise(
    name="count_pairs",
    signature="count_pairs(ids)",
    task="Return a dictionary that says for each pair of neighbouring ids how often it occurs.",
    truth=lambda ids: collections.Counter(itertools.pairwise(ids)),
    cases=(([1, 2, 3, 1, 2],), ([7, 7, 7],), ([4, 5, 4, 5, 4],), ([8],)),
    read=answer_values.pair_counts,
    mistakes=(
        Mistake(
            "the last pair is missing: the loop stops one step too early.",
            lambda ids: collections.Counter(_pairs(ids[:-1])),
        ),
        Mistake(
            "every second pair is left out: pairs overlap, so go on by one id, not two.",
            lambda ids: collections.Counter(zip(ids[::2], ids[1::2], strict=False)),
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
            "(1, 2) and (2, 1) are counted as one: the order within a pair matters.",
            lambda ids: collections.Counter(tuple(sorted(pair)) for pair in _pairs(ids)),
        ),
        Mistake(
            "the pairs are turned round: the first id stands first.",
            lambda ids: collections.Counter((b, a) for a, b in _pairs(ids)),
        ),
        Mistake(
            "the last id is paired with the first: a text isn't a circle.",
            lambda ids: collections.Counter(_pairs(ids + ids[:1])),
        ),
        Mistake("each id is paired with itself.", lambda ids: collections.Counter((i, i) for i in ids)),
    ),
    hint="Walk over `zip(ids, ids[1:])`, and add 1 to `counts.get(pair, 0)`.",
    praise="The largest of these counts decides what becomes a token next.",
)


def _merge(ids, pair, new_id):
    """Collapse runs by a stack, from left to right: another way than the learner's index loop."""
    done = []
    fresh = False  # whether the top of the stack is a merged id, which takes part in no second merge
    for item in ids:
        if done and not fresh and (done[-1], item) == tuple(pair):
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


MERGE = Exercise(
    name="merge",
    signature="merge(ids, pair, new_id)",
    task="Return a new list in which every occurrence of the pair, from left to right, is replaced by the new id.",
    truth=_merge,
    cases=(
        ([1, 2, 3, 1, 2], (1, 2), 9),
        ([5, 1, 2, 1, 4, 2, 1], (1, 2), 9),
        ([7, 7, 7], (7, 7), 9),
        ([3, 4], (1, 2), 9),
        ([], (1, 2), 9),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake("the second id of the pair stays: after a merge go on by two ids.", _merge_keeping_second),
        Mistake("only the first occurrence is merged: go on to the end of the list.", _merge_first_only),
        Mistake("the last id is lost when it is in no pair: the loop ends one too early.", _merge_losing_last),
        Mistake(
            "only pairs at even places are found: go on by one id after a place without the pair.",
            _merge_in_steps_of_two,
        ),
        Mistake(
            "every single id of the pair is replaced: only both, next to each other, make the new id.",
            lambda ids, pair, new: [new if i in pair else i for i in ids],
        ),
        Mistake(
            "the pair in the other order is merged too: (2, 1) isn't (1, 2).",
            lambda ids, pair, new: _merge(_merge(ids, pair, new), (pair[1], pair[0]), new),
        ),
        Mistake(
            "the pair is removed, but the new id isn't put in its place.",
            lambda ids, pair, new: [i for i in _merge(ids, pair, new) if i != new],
        ),
        Mistake(
            "of three equal ids the last two are merged: go from left to right.",
            lambda ids, pair, new: _merge(ids[::-1], (pair[1], pair[0]), new)[::-1],
        ),
        Mistake(
            "the list comes back as it was: collect the result in a new list, and return that one.",
            lambda ids, pair, new: ids,
        ),
    ),
    hint="Keep an index i. If ids[i] and ids[i + 1] are the pair, append the new id and add 2 to i; else "
    "append ids[i] "
    "and add 1.",
    praise="Each merge makes the text shorter and the vocabulary one larger.",
)


def _train(text, n_merges, choose=None, start=256, ids=None):
    """Byte-pair encoding; `choose(counts)` names the pair, by default the most frequent one, first seen."""
    ids = list(text.encode("utf-8")) if ids is None else ids
    merges = []
    for step in range(n_merges):
        counts = collections.Counter(itertools.pairwise(ids))
        if not counts:
            break
        pair = choose(counts) if choose else max(counts, key=counts.get)
        merges.append(pair)
        ids = _merge(ids, pair, start + step)
    return merges


TRAIN_BPE = Exercise(
    name="train_bpe",
    signature="train_bpe(text, n_merges)",
    task="Start from the text's UTF-8 bytes. n_merges times, merge the most frequent pair (of equals, the "
    "one seen "
    "first) into the next new id, the first being 256. Return the list of pairs.",
    truth=_train,
    cases=(("aaabdaaabac", 3), ("see the sea, the sea sees thee", 6), ("äöäöä äöä", 3), ("abab", 0)),
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
            "the pair with the largest ids is merged, not the most frequent: `max(counts)` compares the "
            "keys; "
            "give it `key=counts.get`.",
            lambda text, n: _train(text, n, max),
        ),
        Mistake(
            "the rarest pair is merged: take the most frequent.",
            lambda text, n: _train(text, n, lambda c: min(c, key=c.get)),
        ),
        Mistake(
            "the first new id is 257: bytes are 0 to 255, so new ids start at 256.",
            lambda text, n: _train(text, n, start=257),
        ),
        Mistake(
            "the first new id is 0, which is a byte already: new ids start at 256.",
            lambda text, n: _train(text, n, start=0),
        ),
        Mistake(
            'the text starts as characters\' code points: start from `text.encode("utf-8")`.',
            lambda text, n: _train(text, n, ids=[ord(character) for character in text]),
        ),
        Mistake("there is one merge too few.", lambda text, n: _train(text, n - 1)),
        Mistake("there is one merge too many.", lambda text, n: _train(text, n + 1)),
    ),
    hint="A loop of `count_pairs`, `max(counts, key=counts.get)` and `merge(ids, pair, 256 + i)`.",
    praise="This is how the vocabularies of GPT-2 to GPT-4o were made, on far more text.",
)


def _encode(text, merges, start=256):
    ids = list(text.encode("utf-8"))
    for step, pair in enumerate(merges):
        ids = _merge(ids, pair, start + step)
    return ids


def _encode_backwards(text, merges):
    ids = list(text.encode("utf-8"))
    for step, pair in reversed(list(enumerate(merges))):
        ids = _merge(ids, pair, 256 + step)
    return ids


def _encode_from_code_points(text, merges):
    ids = [ord(character) for character in text]
    for step, pair in enumerate(merges):
        ids = _merge(ids, pair, 256 + step)
    return ids


def _encode_once_each(text, merges):
    ids = list(text.encode("utf-8"))
    for step, pair in enumerate(merges):
        ids = _merge_first_only(ids, pair, 256 + step)
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


ENCODE = Exercise(
    name="encode",
    signature="encode(text, merges)",
    task="Turn a text into ids: start from its UTF-8 bytes, and apply the merges in the order in which they "
    "were "
    "learned; merge i makes id 256 + i.",
    truth=_encode,
    cases=(
        ("abcab", [(97, 98), (256, 99)]),
        ("abc", [(98, 99), (97, 98), (257, 99)]),
        ("äaä", [(195, 164)]),
        ("zz", [(97, 98)]),
        ("", [(97, 98)]),
    ),
    read=answer_values.vector,
    mistakes=(
        Mistake("the merges are applied last to first, but later ones build on earlier ones.", _encode_backwards),
        Mistake("each merge is applied only once: replace all its occurrences.", _encode_once_each),
        Mistake(
            'the text starts as characters\' code points: start from `text.encode("utf-8")`.', _encode_from_code_points
        ),
        Mistake("nothing is merged: these are the bare bytes.", lambda text, merges: list(text.encode("utf-8"))),
        Mistake(
            "only the first merge is applied: go through them all.", lambda text, merges: _encode(text, merges[:1])
        ),
        Mistake("the last merge is left out.", lambda text, merges: _encode(text, merges[:-1])),
        Mistake(
            "merge i makes id i here, which is a byte: it must make 256 + i.",
            lambda text, merges: _encode(text, merges, start=0),
        ),
        Mistake(
            "merge i makes id 257 + i here: it must make 256 + i.",
            lambda text, merges: _encode(text, merges, start=257),
        ),
        Mistake(
            "the longest token that fits is taken at each place: the order of the merges decides, not the length.",
            _encode_longest_first,
        ),
    ),
    hint="A loop over `enumerate(merges)` that calls `merge(ids, pair, 256 + i)`.",
    praise="Encoding replays training, so the same text always gives the same ids.",
)

EXERCISES = (COUNT_PAIRS, MERGE, TRAIN_BPE, ENCODE)
