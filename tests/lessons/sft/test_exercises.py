"""Exercises on fine-tuning: right answers of any design pass, typical wrong ones get their own message."""

import re

import torch
from exercise_cases import Cases

from pocketgpt_lessons.sft.exercises import EXERCISES

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


@right("loss_mask")
def _(ids, special):
    mask, on = [], False
    for token in ids:
        mask.append(int(on))
        if token in special.values():
            on = token == special["assistant"]
    return mask


@right("loss_mask")
def _(ids, special):
    role, mask = None, torch.zeros(len(ids), dtype=torch.bool)
    for i, token in enumerate(ids):
        mask[i] = role == special["assistant"]
        role = token if token in (100, 101, 102) else None if token == special["end"] else role
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


@right("masked_loss")
def _(losses, mask):
    return (losses * mask).sum() / mask.sum().clamp(min=1)


@right("masked_loss")
def _(losses, mask):
    kept = [x for x, count in zip(losses.tolist(), mask.tolist(), strict=True) if count]
    return sum(kept) / len(kept) if kept else 0.0


@wrong("masked_loss", "the number of all tokens")
def _(losses, mask):
    return (losses * mask).sum() / len(losses)


@wrong("masked_loss", "no effect")
def _(losses, mask):
    return losses.sum() / len(mask)


@wrong("masked_loss", "this is the sum")
def _(losses, mask):
    return losses[mask == 1].sum()


@wrong("masked_loss", "divided by 0")
def _(losses, mask):
    return losses[mask.bool()].mean()


@wrong("masked_loss", "one number")
def _(losses, mask):
    return [x * m for x, m in zip(losses, mask, strict=True)]


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


(
    test_right_answers_of_any_design_pass,
    test_typical_wrong_answers_get_their_own_message,
    test_every_check_tells_at_least_four_wrong_answers_apart,
) = CASES.tests()
