"""Batches against rendered conversations; fine-tuning teaches, forgets nothing on resuming, wakes new tokens."""

import json

import pytest
import torch
from tiny import tiny_model
from torch.testing import assert_close

from pocketgpt import checkpoints
from pocketgpt.__main__ import main
from pocketgpt.chat import Message, answers, render, replies
from pocketgpt.errors import PocketError
from pocketgpt.model import GPT, IGNORE, GPTConfig, next_token_loss
from pocketgpt.sft.fine_tune import SFTData, conversation_loss, fine_tune, wake
from pocketgpt.sft.handwritten import write_conversations
from pocketgpt.sft.recipe import Recipe
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training import pretrain
from pocketgpt.training.data import TokenStream

TOKENIZER = Tokenizer([])
PAD = TOKENIZER.special_tokens["<|pad|>"]


def talk(question: str, answer: str) -> list[Message]:
    return [Message("user", question), Message("assistant", answer)]


TALKS = [talk("q" * (1 + i % 7), "a" * (1 + i % 5)) for i in range(50)]


def rows_of(ids, targets) -> list[tuple[list[int], list[int]]]:
    """Each row without its padding."""
    found = []
    for row, aims in zip(ids.tolist(), targets.tolist(), strict=True):
        n = row.index(PAD) if PAD in row else len(row)
        assert row[n:] == [PAD] * (len(row) - n) and aims[n:] == [IGNORE] * (len(row) - n)
        found.append((row[:n], aims[:n]))
    return found


def expected(messages, mask=True):
    ids, counts = render(messages, TOKENIZER)
    return ids[:-1], [t if c or not mask else IGNORE for t, c in zip(ids, counts, strict=True)][1:]


# --- Batches ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [True, False])
def test_an_epoch_has_every_conversation_once(mask):
    data = SFTData(TALKS, TOKENIZER, batch_size=5, mask=mask)
    rows = [row for step in range(data.steps_per_epoch) for row in rows_of(*data.batch(step))]
    assert sorted(rows) == sorted(expected(t, mask) for t in TALKS)


def test_batches_follow_from_step_and_seed():
    one, two, other = (SFTData(TALKS, TOKENIZER, 5, seed=seed) for seed in (1, 1, 2))
    order = [13, 0, 7, 29, 13]  # also across epochs, in any order
    assert all(torch.equal(one.batch(s)[0], two.batch(s)[0]) for s in order)
    assert [one.batch(s)[0].tolist() for s in range(10)] != [other.batch(s)[0].tolist() for s in range(10)]


def test_each_batch_holds_conversations_of_all_lengths():
    """Sorted by length, batches whose loss is a mean would give a token of a short answer more weight."""
    lengths = [[len(ids) for ids, _ in rows_of(*SFTData(TALKS, TOKENIZER, 5).batch(s))] for s in range(10)]
    means = [sum(row) / len(row) for row in lengths]
    everywhere = sum(map(sum, lengths)) / 50
    assert all(0.5 * everywhere < mean < 1.5 * everywhere for mean in means)


def test_the_loss_is_the_mean_over_all_tokens_of_the_batch_and_so_is_its_gradient():
    model = tiny_model(vocab_size=264, context=64)
    for step in range(2):
        ids, targets = SFTData(TALKS, TOKENIZER, 20).batch(step)
        gradients = []
        for loss in (next_token_loss, conversation_loss):
            model.zero_grad()
            value = loss(model, ids, targets)
            value.backward()
            gradients.append([value.detach(), *(p.grad.clone() for p in model.parameters())])
        for a, b in zip(*gradients, strict=True):
            assert_close(a, b, atol=1e-6, rtol=1e-4)
    nothing = torch.full_like(targets, IGNORE)
    assert conversation_loss(model, ids, nothing) == 0


def test_few_conversations_make_one_small_batch():
    data = SFTData(TALKS[:3], TOKENIZER, batch_size=32)
    assert data.batch(0)[0].size(0) == 3 and data.steps_per_epoch == 1


def test_a_long_conversation_loses_its_oldest_exchanges():
    long = talk("old", "o" * 40) + talk("new", "n")
    assert rows_of(*SFTData([long], TOKENIZER, length=40).batch(0)) == [expected(talk("new", "n"))]
    with pytest.raises(PocketError, match="Conversation 2: .*shorten"):
        SFTData([talk("q", "a"), talk("q", "a" * 60)], TOKENIZER, length=40)


def test_pages_are_mixed_in_by_their_share():
    pages = TokenStream(torch.arange(200).numpy(), batch_size=2, context=9)
    data = SFTData(TALKS, TOKENIZER, 5, pages=pages, pages_share=0.25)
    plain = SFTData(TALKS, TOKENIZER, 5)
    shapes = [tuple(data.batch(s)[0].shape) == (2, 9) for s in range(12)]
    assert shapes == [False, False, False, True] * 3
    assert [data.batch(s)[0].tolist() for s in (3, 7, 11)] == [pages.batch(s)[0].tolist() for s in range(3)]
    assert [data.batch(s)[0].tolist() for s in (0, 1, 2, 4)] == [plain.batch(s)[0].tolist() for s in range(4)]


@pytest.mark.parametrize(("options", "words"), [({"talks": []}, "no conversations"), ({"pages_share": 0.5}, "pages")])
def test_bad_input_gets_one_sentence(options, words):
    with pytest.raises(PocketError, match=words):
        SFTData(**({"talks": TALKS, "tokenizer": TOKENIZER} | options))


# --- Training -----------------------------------------------------------------------------------------------


def fresh() -> GPT:
    return GPT(GPTConfig(264, n_layer=1, n_head=2, n_embd=32, context=48))


COLOURS = [talk(f"Is {a}{b} red?", "Yes." if a == "r" else "No.") for a in "rgbr" for b in "xyzuvw"]


@pytest.fixture(scope="module")
def taught():
    """A model that answers questions about colours, and the losses of its run."""
    model = fresh()
    return model, [m.loss for m in fine_tune(model, COLOURS, TOKENIZER, Recipe(steps=90, batch_size=8))]


def test_a_tiny_model_learns_to_answer_and_to_stop(taught):
    model, losses = taught
    assert losses[-1] < 0.1 < losses[0]
    found = replies(model, TOKENIZER, [talk("Is rx red?", "")[:1], talk("Is bv red?", "")[:1]])
    assert [(r.text, r.ended) for r in found] == [("Yes.", True), ("No.", True)]


def test_without_a_mask_the_model_learns_to_ask_as_well():
    prompt = torch.tensor([render(COLOURS[0][:1], TOKENIZER)[0]])
    asked = {}
    for mask in (True, False):
        model = fresh()
        for _ in fine_tune(model, COLOURS, TOKENIZER, Recipe(steps=30, batch_size=8, mask=mask)):
            pass
        asked[mask] = next_token_loss(model, prompt[:, :-1], prompt[:, 1:]).item()
    assert asked[False] < 2 < asked[True]


def test_a_stopped_run_goes_on_to_the_same_weights(tmp_path):
    recipe, state = Recipe(steps=8, batch_size=8), tmp_path / "run.stopped"
    whole = fresh()
    for _ in fine_tune(whole, COLOURS, TOKENIZER, recipe):
        pass
    for metrics in fine_tune(fresh(), COLOURS, TOKENIZER, recipe, state=state):
        if metrics.step == 3:
            break
    resumed = fresh()
    steps = [m.step for m in fine_tune(resumed, COLOURS, TOKENIZER, recipe, state=state, resume=True)]
    assert steps == [4, 5, 6, 7, 8]
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), resumed.parameters(), strict=True))


def test_only_tokens_that_were_never_met_are_woken():
    model = tiny_model(vocab_size=264)
    end, call = TOKENIZER.special_tokens["<|end|>"], TOKENIZER.special_tokens["<|call|>"]
    with torch.no_grad():
        model.head.weight[[end, call]] = model.head.weight[PAD].clone()
    before = model.head.weight.clone()
    assert wake(model, {end, 65}, PAD) == [end]
    assert not model.head.weight[end].any()
    kept = [i for i in range(264) if i != end]
    assert torch.equal(model.head.weight[kept], before[kept])


# --- Command line -------------------------------------------------------------------------------------------


@pytest.fixture
def base(tmp_path, monkeypatch):
    """A base model of the learner's own, and a file of conversations."""
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path / "own"))
    checkpoints.save("base", fresh(), TOKENIZER, {"command": "pretrain", "metrics": {"loss": 1}})
    write_conversations(tmp_path / "colours.jsonl", COLOURS)
    return tmp_path / "colours.jsonl"


def last_line(capsys) -> dict:
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_own_conversations_make_an_own_assistant_to_chat_with(base, capsys):
    assert main(["sft", "--data", str(base), "--steps", "80", "--json"]) == 0
    result = last_line(capsys)
    assert result["steps"] == 80 and result["conversations"] == len(COLOURS)
    model, tokenizer, card = checkpoints.load("colours")
    assert card["metrics"] == result and card["history"] == [{"command": "pretrain", "metrics": {"loss": 1}}]
    assert answers(model, tokenizer, [[Message("user", "Is rx red?")]]) == ["Yes."]
    assert main(["chat", "--stage", "colours", "Is gx red?", "--json"]) == 0
    said = last_line(capsys)["messages"]
    assert said == [{"role": "user", "content": "Is gx red?"}, {"role": "assistant", "content": "No."}]


def test_a_chat_goes_on_until_an_empty_line(base, taught, capsys, monkeypatch):
    checkpoints.save("colours", taught[0], TOKENIZER, {"stage": "own", "tools": False})
    lines = iter(["Is rx red?", "Is bx red?" * 40, "Is bx red?", ""])
    monkeypatch.setattr("builtins.input", lambda prompt: next(lines))
    assert main(["chat", "--stage", "colours"]) == 0
    out = capsys.readouterr().out
    assert "Yes." in out and "shorten it" in out  # a question too long costs a sentence, not the chat


def test_a_stopped_run_is_kept(base, capsys, monkeypatch, tmp_path):
    def stop(run, report):
        for metrics in run:
            if metrics.step == 5:
                raise KeyboardInterrupt

    command = ["sft", "--data", str(base), "--steps", "12", "--json"]
    with monkeypatch.context() as patch:
        patch.setattr(pretrain, "watch", stop)
        assert main(command) == 2
    assert main(command) == 2
    assert "--resume" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 0
    resumed = last_line(capsys)["loss"]
    main(command)
    assert last_line(capsys)["loss"] == resumed
    assert not list((tmp_path / "own").glob("*.stopped"))


def test_a_wrong_stage_or_file_gets_one_sentence(base, capsys):
    for command in (["sft", "--data", "nowhere.jsonl"], ["chat", "--stage", "nobody", "Hi"]):
        assert main(command) == 2
        assert "no" in capsys.readouterr().err
