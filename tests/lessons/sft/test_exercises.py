"""Exercises on fine-tuning: right answers of any design pass, typical wrong ones get their own message."""

import copy
import functools
import itertools
import re

import numpy as np
import torch
import torch.nn.functional as F
from exercise_cases import Cases

from pocketgpt_lessons.sft.exercises import EXERCISES
from pocketgpt_lessons.sft.own_parts import teach

CASES = Cases(EXERCISES)
right, wrong = CASES.right, CASES.wrong


@right("render_turns")
def _(messages, special):
    ids = []
    for role, text in messages:
        ids.append(special[role])
        ids.extend(text)
        ids.append(special["end"])
    return ids


@right("render_turns")
def _(messages, special):
    return torch.tensor([t for role, text in messages for t in (special[role], *text, special["end"])])


@wrong("render_turns", "no message is closed")
def _(messages, special):
    ids = []
    for role, text in messages:
        ids += [special[role], *text]
    return ids


@wrong("render_turns", "only the last message is closed")
def _(messages, special):
    ids = []
    for role, text in messages:
        ids += [special[role], *text]
    ids.append(special["end"])
    return ids


@wrong("render_turns", "who speaks")
def _(messages, special):
    return sum(([*text, special["end"]] for _, text in messages), [])


@wrong("render_turns", "use `+=`")
def _(messages, special):
    ids = []
    for role, text in messages:
        ids.append(special[role])
        ids.append(text)
        ids.append(special["end"])
    return ids


@wrong("render_turns", "its id should be")
def _(messages, special):
    return sum(([role, *text, special["end"]] for role, text in messages), [])


@wrong("render_turns", "inside the loop")
def _(messages, special):
    for role, text in messages:
        return [special[role], *text, special["end"]]


@wrong("render_turns", "begin the list once")
def _(messages, special):
    for role, text in messages:
        ids = [special[role]]
        ids += [*text, special["end"]]
    return ids


@right("render_turns")
def _(messages, special):  # the first message, and then all others
    if not messages:
        return []
    (role, text), *others = messages
    return [special[role], *text, special["end"], *_render_again(others, special)]


def _render_again(messages, special):
    blocks = ([special[role]] + text + [special["end"]] for role, text in messages)
    return itertools.chain.from_iterable(blocks)


CASES.right("render_turns")(_render_again)


@right("render_turns")
def _(messages, special):
    return functools.reduce(lambda ids, m: np.append(ids, [special[m[0]], *m[1], special["end"]]), messages, [])


@wrong("render_turns", "a dictionary keeps one text")
def _(messages, special):
    ids = []
    for role, text in dict(messages).items():
        ids += [special[role], *text, special["end"]]
    return ids


@wrong("render_turns", "look them up in `special`")
def _(messages, special):
    numbers = {"system": 100, "user": 101, "assistant": 102}
    return [t for role, text in messages for t in [numbers[role], *text, 103]]


@wrong("render_turns", "roles are guessed")
def _(messages, special):
    ids = []
    for role, text in messages:
        if role == "user":
            ids.append(special["user"])
        else:
            ids.append(special["assistant"])
        ids += text + [special["end"]]
    return ids


@wrong("render_turns", "given in turns")
def _(messages, special):
    ids = []
    for i, message in enumerate(messages):
        ids.append(special["user"] if i % 2 == 0 else special["assistant"])
        ids += message[1]
        ids.append(special["end"])
    return ids


@wrong("render_turns", "every message has its end")
def _(messages, special):
    ids = []
    for role, text in messages:
        ids += [special[role]] + text
        if role == "assistant":
            ids.append(special["end"])
    return ids


@wrong("render_turns", "the last one is closed, too")
def _(messages, special):
    ids = []
    for role, text in messages:
        if ids:
            ids.append(special["end"])
        ids += [special[role], *text]
    return ids


@wrong("render_turns", "without text")
def _(messages, special):
    ids = []
    for role, text in messages:
        if text:
            ids += [special[role], *text, special["end"]]
    return ids


@wrong("render_turns", "reverse order")
def _(messages, special):
    ids = []
    for role, text in messages:
        ids = [special[role], *text, special["end"]] + ids
    return ids


@wrong("render_turns", "lists inside the list")
def _(messages, special):
    return [[special[role], *text, special["end"]] for role, text in messages]


@wrong("render_turns", "every message has the user's role")
def _(messages, special):
    return [t for _, text in messages for t in [special["user"], *text, special["end"]]]


@wrong("render_turns", "a turn of the assistant is opened")
def _(messages, special):
    return [*_render_again(messages, special), special["assistant"]]


@wrong("render_turns", "the end stands before the text")
def _(messages, special):
    return [t for role, text in messages for t in [special[role], special["end"], *text]]


@wrong("render_turns", "")
def _(messages, special, ids=[]):  # noqa: B006
    for role, text in messages:
        ids += [special[role], *text, special["end"]]
    return list(ids)


@wrong("render_turns", "")
def _(messages, special):  # each id once
    return list(dict.fromkeys(_render_again(messages, special)))


@right("loss_mask")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        mask.append(int(on))
        if token in special.values():
            on = token == special["assistant"]
    return mask


@right("loss_mask")
def _(ids, special):  # from start to end, one turn after the other
    mask = np.zeros(len(ids), dtype=int)
    for start in np.flatnonzero(np.array(ids) == special["assistant"]):
        mask[start + 1 : ids.index(special["end"], start) + 1] = 1
    return mask


@right("loss_mask")
def _(ids, special, on=False):
    if not ids:
        return []
    following = ids[0] == special["assistant"] or (on and ids[0] != special["end"])
    return [on, *_mask_again(ids[1:], special, following)]


def _mask_again(ids, special, on):
    for token in ids:
        yield on
        on = token == special["assistant"] or (on and token != special["end"])


@wrong("loss_mask", "what isn't the user's")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        mask.append(int(on))
        if token in special.values():
            on = token not in (special["user"], special["end"])
    return mask


@wrong("loss_mask", "all text counts")
def _(ids, special):
    return [0 if token in special.values() else 1 for token in ids]


@wrong("loss_mask", "one place too late")
def _(ids, special):
    mask, on, last = [], 0, 0
    for token in ids:
        mask.append(last)
        last = on
        if token in special.values():
            on = int(token == special["assistant"])
    return mask


@wrong("loss_mask", "only the first turn")
def _(ids, special):
    mask = [0] * len(ids)
    if special["assistant"] in ids:
        start = ids.index(special["assistant"])
        for i in range(start + 1, ids.index(special["end"], start) + 1):
            mask[i] = 1
    return mask


@wrong("loss_mask", "return a 0 or a 1 for each")
def _(ids, special):
    kept, on = [], False
    for token in ids:
        if on:
            kept.append(token)
        if token in special.values():
            on = token == special["assistant"]
    return kept


@wrong("loss_mask", "look them up in `special`")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        mask.append(int(on))
        if token == 102:
            on = True
        if token == 103:
            on = False
    return mask


@wrong("loss_mask", "the user's words count")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        mask.append(int(on))
        if token in special.values():
            on = token == special["user"]
    return mask


@wrong("loss_mask", "every end counts")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        mask.append(int(on or token == special["end"]))
        if token in special.values():
            on = token == special["assistant"]
    return mask


@wrong("loss_mask", "")
def _(ids, special):  # the ids of special tokens are the largest ones
    mask, on = [], False
    for token in ids:
        mask.append(int(on))
        if token >= 100:
            on = token == special["assistant"]
    return mask


@wrong("loss_mask", "")
def _(ids, special):  # the place of a token that comes twice
    return [int(ids[: ids.index(token)][-1:] == [special["assistant"]]) for token in ids]


@right("loss_mask")
def _(ids, special):
    role, mask = None, torch.zeros(len(ids), dtype=torch.bool)
    for i, token in enumerate(ids):
        mask[i] = role == special["assistant"]
        role = token if token in special.values() else role
    return mask


@wrong("loss_mask", "the program writes it")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        on = on or token == special["assistant"]
        mask.append(int(on))
        on = on and token != special["end"]
    return mask


@wrong("loss_mask", "never learns to stop")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        if token in special.values():
            on = token == special["assistant"]
            mask.append(0)
        else:
            mask.append(int(on))
    return mask


@wrong("loss_mask", "switch off again")
def _(ids, special):
    mask, on = [], 0
    for token in ids:
        mask.append(on)
        on = on or int(token == special["assistant"])
    return mask


@wrong("loss_mask", "turned round")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        mask.append(int(not on))
        if token in special.values():
            on = token == special["assistant"]
    return mask


@wrong("loss_mask", "one place too early")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        on = on or token == special["assistant"]
        on = on and token != special["end"]
        mask.append(int(on))
    return mask


@wrong("loss_mask", "everything counts")
def _(ids, special):
    return torch.ones(len(ids))


@right("strip_roles")
def _(text, names):
    before = None
    while text != before:
        before = text
        for name in names:
            text = text.replace(name, "")
    return text


@right("strip_roles")
def _(text, names):
    pattern = re.compile("|".join(map(re.escape, names)))
    while pattern.search(text):
        text = pattern.sub("", text)
    return text


@right("strip_roles")
def _(text, names):
    for name in names:
        if name in text:
            return _strip_again(text.replace(name, ""), names)
    return text


def _strip_again(text, names):
    while True:
        found = [text.find(name) for name in names]
        if max(found) < 0:
            return text
        i = next(i for i, place in enumerate(found) if place >= 0)
        text = text[: found[i]] + text[found[i] + len(names[i]) :]


@right("strip_roles")
def _(text, names):  # a stack: as soon as a name is complete, it goes
    done = ""
    for letter in text:
        done += letter
        for name in names:
            done = done.removesuffix(name)
    return done


@right("strip_roles")
def _(text, names):
    return np.str_(_strip_again(text, names)).item()


@wrong("strip_roles", "begin again with all")
def _(text, names):
    for name in names:
        while name in text:
            text = text.replace(name, "")
    return text


@wrong("strip_roles", "put another together")
def _(text, names):
    for name in names:
        if name in text:
            text = "".join(text.split(name))
    return text


@wrong("strip_roles", "only the names in `names`")
def _(text, names):
    return re.sub(r"<\|.+?\|>", "", text)


@wrong("strip_roles", "only the names in `names`")
def _(text, names):
    return re.compile(r"<\|[a-z]+\|>").sub("", text)


@wrong("strip_roles", "re.escape")
def _(text, names):
    for name in names:
        text = re.sub(name, "", text)
    return text


@wrong("strip_roles", "re.escape")
def _(text, names):
    return re.compile("|".join(names)).sub("", text)


@wrong("strip_roles", "returns a new text")
def _(text, names):
    for name in names:
        text.replace(name, "")
    return text


@wrong("strip_roles", "take them from `names`")
def _(text, names):
    while "<|user|>" in text or "<|assistant|>" in text or "<|end|>" in text:
        text = text.replace("<|user|>", "").replace("<|assistant|>", "").replace("<|end|>", "")
    return text


@wrong("strip_roles", "only the first of the names")
def _(text, names):
    for name in names:
        while name in text:
            text = text.replace(name, "")
        return text


@wrong("strip_roles", "double spaces and line ends")
def _(text, names):
    return " ".join(_strip_again(text, names).split())


@wrong("strip_roles", "a space is left")
def _(text, names):
    while any(name in text for name in names):
        for name in names:
            text = text.replace(name, " ")
    return text


@wrong("strip_roles", "of each name only the first")
def _(text, names):
    for name in names:
        text = text.replace(name, "", 1)
    return text


@wrong("strip_roles", "rewritten, not removed")
def _(text, names):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@wrong("strip_roles", "")
def _(text, names):  # as many rounds as names
    for _ in names:
        for name in names:
            text = text.replace(name, "")
    return text


@wrong("strip_roles", "")
def _(text, names):  # capitals don't matter
    pattern = re.compile("|".join(map(re.escape, names)), re.IGNORECASE)
    while pattern.search(text):
        text = pattern.sub("", text)
    return text


@wrong("strip_roles", "a fixed number of rounds")
def _(text, names):  # a limited number of rounds
    for _ in range(20):
        for name in names:
            text = text.replace(name, "")
    return text


@wrong("strip_roles", "endless loop")
def _(text, names):
    while any(name in text for name in names):
        for name in names:
            text.replace(name, "")
    return text


@wrong("strip_roles", "put another together")
def _(text, names):
    return re.sub("|".join(map(re.escape, names)), "", text)


@wrong("strip_roles", "two rounds")
def _(text, names):
    for _ in range(2):
        for name in names:
            text = text.replace(name, "")
    return text


@wrong("strip_roles", "angle brackets")
def _(text, names):
    return re.sub("<.*?>", "", text)


@wrong("strip_roles", "spaces at the ends")
def _(text, names):
    while any(name in text for name in names):
        for name in names:
            text = text.replace(name, "").strip()
    return text


@wrong("strip_roles", "stands behind it stays")
def _(text, names):
    for name in names:
        text = text.partition(name)[0]
    return text


@right("truncate_turns")
def _(system, exchanges, room):
    kept = list(exchanges)
    while kept and len(system) + sum(map(len, kept)) > room:
        kept.pop(0)
    return system + sum(kept, [])


@right("truncate_turns")
def _(system, exchanges, room):
    ids = []
    for exchange in reversed(exchanges):
        if len(system) + len(exchange) + len(ids) > room:
            break
        ids = exchange + ids
    return system + ids


@right("truncate_turns")
def _(system, exchanges, room):  # recursion
    def fitting(others, left):
        if not others or len(others[-1]) > left:
            return []
        return fitting(others[:-1], left - len(others[-1])) + others[-1]

    return system + fitting(exchanges, room - len(system))


@right("truncate_turns")
def _(system, exchanges, room):  # the longest tail that fits
    tails = (system + sum(exchanges[i:], []) for i in range(len(exchanges) + 1))
    return next(tail for tail in tails if len(tail) <= room)


@right("truncate_turns")
def _(system, exchanges, room):
    sizes = np.cumsum([len(exchange) for exchange in exchanges][::-1])
    first = len(exchanges) - int((sizes + len(system) <= room).sum())
    return torch.tensor(list(itertools.chain(system, *exchanges[first:])))


@wrong("truncate_turns", "take as many as fit")
def _(system, exchanges, room):
    return system + exchanges[-1] if exchanges else system


@wrong("truncate_turns", "everything is kept")
def _(system, exchanges, room):
    return system + sum(exchanges, [])


@wrong("truncate_turns", "everything is kept")
def _(system, exchanges, room):  # counts exchanges in place of ids
    return system + [token for exchange in exchanges[-room:] for token in exchange]


@wrong("truncate_turns", "`while`, not `if`")
def _(system, exchanges, room):
    kept = list(exchanges)
    if len(system) + sum(map(len, kept)) > room:
        kept = kept[1:]
    return system + sum(kept, [])


@wrong("truncate_turns", "only the system message is left")
def _(system, exchanges, room):
    kept = list(exchanges)
    while len(kept) > 1 and len(system) + sum(map(len, kept)) > room:
        kept = kept[1:]
    return system + sum(kept, [])


@wrong("truncate_turns", "it comes first")
def _(system, exchanges, room):
    kept = list(exchanges)
    while kept and len(system) + sum(map(len, kept)) > room:
        kept.pop(0)
    return sum(kept, []) + system


@wrong("truncate_turns", "system message is missing")
def _(system, exchanges, room):
    kept = list(exchanges)
    while kept and len(system) + sum(map(len, kept)) > room:
        kept.pop(0)
    return sum(kept, [])


@wrong("truncate_turns", "turned round")
def _(system, exchanges, room):
    ids = []
    for exchange in reversed(exchanges):
        if len(system) + len(ids) + len(exchange) > room:
            break
        for token in exchange:
            ids.insert(0, token)
    return system + ids


@wrong("truncate_turns", "lists inside the list")
def _(system, exchanges, room):
    kept = list(exchanges)
    while kept and len(system) + sum(map(len, kept)) > room:
        kept.pop(0)
    return system + kept


@wrong("truncate_turns", "changes its input")
def _(system, exchanges, room):
    while exchanges and len(system) + sum(map(len, exchanges)) > room:
        exchanges.pop(0)
    return system + sum(exchanges, [])


@wrong("truncate_turns", "cut in two")
def _(system, exchanges, room):  # an exchange that doesn't fit whole is cut at its start
    kept = sum(exchanges, [])
    while kept and len(system) + len(kept) > room:
        kept.pop(0)
    return system + kept


@wrong("truncate_turns", "system message is cut off")
def _(system, exchanges, room):
    return (system + sum(exchanges, []))[-room:]


@wrong("truncate_turns", "cut in two")
def _(system, exchanges, room):
    return system + sum(exchanges, [])[-(room - len(system)) :]


@wrong("truncate_turns", "needs room, too")
def _(system, exchanges, room):
    kept = list(exchanges)
    while sum(map(len, kept)) > room:
        kept.pop(0)
    return system + sum(kept, [])


@wrong("truncate_turns", "oldest exchanges are kept")
def _(system, exchanges, room):
    ids = list(system)
    for exchange in exchanges:
        if len(ids) + len(exchange) > room:
            break
        ids += exchange
    return ids


@wrong("truncate_turns", "reverse order")
def _(system, exchanges, room):
    ids = list(system)
    for exchange in reversed(exchanges):
        if len(ids) + len(exchange) > room:
            break
        ids += exchange
    return ids


@wrong("truncate_turns", "there is a gap")
def _(system, exchanges, room):
    ids, free = [], room - len(system)
    for exchange in reversed(exchanges):
        if len(exchange) <= free:
            ids, free = exchange + ids, free - len(exchange)
    return system + ids


@wrong("truncate_turns", "`<=`, not `<`")
def _(system, exchanges, room):
    kept = list(exchanges)
    while kept and len(system) + sum(map(len, kept)) >= room:
        kept.pop(0)
    return system + sum(kept, [])


def _step(model, rate, keep_gradients=False):
    with torch.no_grad():
        for p in model.parameters():
            p -= rate * p.grad
            if not keep_gradients:
                p.grad = None


def _losses_of(model, ids, mask):
    """The loss of each token but the first, and whether it counts."""
    ids, mask = torch.tensor(ids), torch.tensor(mask)
    return F.cross_entropy(model(ids[None])[0, :-1], ids[1:], reduction="none"), mask[1:]


torch.optim.SGD([torch.zeros(1, requires_grad=True)])  # the first one loads much: not within a check's seconds


@right("teach")
def _(model, rows, rate):
    return teach(model, rows, rate)


@right("teach")
def _(model, rows, rate):  # with an optimizer, and targets that are left out by their number
    optimizer = torch.optim.SGD(model.parameters(), rate)
    losses = []
    for ids, mask in rows:
        targets = torch.tensor([token if counts else -100 for token, counts in zip(ids, mask, strict=True)])
        loss = F.cross_entropy(model(torch.tensor([ids[:-1]]))[0], targets[1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return losses


@right("teach")
def _(model, rows, rate):  # gradients as values, and tokens chosen by the mask
    found = []
    for ids, mask in rows:
        each, counts = _losses_of(model, ids, mask)
        loss = each[counts == 1].mean()
        weights = list(model.parameters())
        for p, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            p.data.sub_(rate * slope)
        found.append(float(loss.detach()))
    return tuple(found)


@wrong("teach", "at its own place")
def _(model, rows, rate):
    losses = []
    for row in rows:
        ids, mask = map(torch.tensor, row)
        each = F.cross_entropy(model(ids[None])[0], ids, reduction="none")
        loss = (each * mask).sum() / mask.sum()
        loss.backward()
        _step(model, rate)
        losses.append(loss.item())
    return losses


@wrong("teach", "one place too early")
def _(model, rows, rate):
    losses = []
    for ids, mask in rows:
        each, _ = _losses_of(model, ids, mask)
        counts = torch.tensor(mask[:-1])
        loss = (each * counts).sum() / counts.sum()
        loss.backward()
        _step(model, rate)
        losses.append(loss.item())
    return losses


def _by(loss_of, keep_gradients=False, direction=1):
    """An answer that differs from a right one in its loss, its gradients or its direction."""

    def answer(model, rows, rate):
        losses = []
        for ids, mask in rows:
            loss = loss_of(*_losses_of(model, ids, mask))
            loss.backward()
            _step(model, direction * rate, keep_gradients)
            losses.append(loss.item())
        return losses

    return answer


def _mean(each, counts):
    return (each * counts).sum() / counts.sum()


wrong("teach", "all tokens count")(_by(lambda each, counts: each.mean()))
wrong("teach", "turned round")(_by(lambda each, counts: each[counts == 0].mean()))
wrong("teach", "the number of all tokens")(_by(lambda each, counts: (each * counts).mean()))
wrong("teach", "this is the sum")(_by(lambda each, counts: (each * counts).sum()))
wrong("teach", "uphill")(_by(_mean, direction=-1))
wrong("teach", "set `p.grad = None`")(_by(_mean, keep_gradients=True))


@wrong("teach", "a length of its own")
def _(model, rows, rate):
    return _by(_mean)(model, rows, 1)


@wrong("teach", "stay as they were")
def _(model, rows, rate):  # `p = …` gives the name p to a new tensor
    losses = []
    for ids, mask in rows:
        loss = _mean(*_losses_of(model, ids, mask))
        loss.backward()
        for p in model.parameters():
            p = p - rate * p.grad
            p.grad = None
        losses.append(loss.item())
    return losses


@wrong("teach", "after its step")
def _(model, rows, rate):
    losses = []
    for ids, mask in rows:
        _mean(*_losses_of(model, ids, mask)).backward()
        _step(model, rate)
        losses.append(_mean(*_losses_of(model, ids, mask)).item())
    return losses


@wrong("teach", "behind the loop")
def _(model, rows, rate):
    for ids, mask in rows:
        loss = _mean(*_losses_of(model, ids, mask))
        loss.backward()
        _step(model, rate)
        return [loss.item()]


@wrong("teach", "only the last loss")
def _(model, rows, rate):
    return teach(model, rows, rate)[-1]


@wrong("teach", "mean of the losses")
def _(model, rows, rate):
    return sum(teach(model, rows, rate)) / len(rows)


@wrong("teach", "takes a batch of ids")
def _(model, rows, rate):
    return [F.cross_entropy(model(torch.tensor(ids))[:-1], torch.tensor(ids[1:])).item() for ids, _ in rows]


@wrong("loss_mask", "until another role speaks")
def _(ids, special):
    mask, role = [], None
    for token in ids:
        opens = [name for name, number in special.items() if number == token and name != "end"]
        role = opens[0] if opens else role
        mask.append(int(role == "assistant" and not opens))
    return mask


@wrong("teach", "only one of the model's parameters")
def _(model, rows, rate):
    losses = []
    for ids, mask in rows:
        ids, mask = torch.tensor(ids), torch.tensor(mask)[1:]
        each = F.cross_entropy(model(ids[None])[0, :-1], ids[1:], reduction="none")
        loss = (each * mask).sum() / mask.sum()
        loss.backward()
        weights = next(model.parameters())
        with torch.no_grad():
            weights -= rate * weights.grad
        weights.grad = None
        losses.append(loss.item())
    return losses


def _in_rounds(remove, rounds):
    """An answer that removes names in a fixed number of rounds."""

    def answer(text, names):
        for _ in range(rounds):
            for name in names:
                text = remove(text, name)
        return text

    return answer


def _until_gone(text, name):
    while name in text:
        text = text.replace(name, "")
    return text


wrong("strip_roles", "a fixed number of rounds")(_in_rounds(_until_gone, 2))
wrong("strip_roles", "a fixed number of rounds")(_in_rounds(_until_gone, 3))
wrong("strip_roles", "a fixed number of rounds")(_in_rounds(lambda text, name: text.replace(name, ""), 100))


@right("strip_roles")
def _(text, names):  # each round that finds a name makes the text shorter
    return _in_rounds(_until_gone, len(text))(text, names)


@wrong("teach", "change its own weights")
def _(model, rows, rate):
    model = copy.deepcopy(model)
    return teach(model, rows, rate)


@wrong("teach", "not after the last row")
def _(model, rows, rate):
    losses = []
    for ids, mask in rows:
        loss = _mean(*_losses_of(model, ids, mask))
        losses.append(loss.item())
        if len(losses) < len(rows):
            loss.backward()
            _step(model, rate)
    return losses


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
