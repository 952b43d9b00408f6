"""On old pages a model is to expect what it expected before; everything else is learned as ever."""

from copy import deepcopy

import pytest
import torch
from tiny import tiny_model
from torch.testing import assert_close

from pocketgpt.model import IGNORE
from pocketgpt.multimodal.remembering import Remembering
from pocketgpt.multimodal.vocabulary import with_rows
from pocketgpt.sft.fine_tune import conversation_loss
from pocketgpt.training.data import fingerprint_of_run

TEXT = 264  # tokens of text; those above are a picture's


@pytest.fixture
def before():
    model = tiny_model(vocab_size=TEXT, seed=1)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weights in model.parameters():
            weights.add_(0.3 * torch.randn(weights.shape, generator=generator))
    return model


@pytest.fixture
def model(before):
    return with_rows(before, TEXT + 10, seed=2)


def page(*starts: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pages of ten tokens, in which a picture stands before the place `start`."""
    tokens = torch.randint(TEXT, (len(starts), 11), generator=torch.Generator().manual_seed(3))
    ids, targets = tokens[:, :-1].clone(), tokens[:, 1:].clone()
    for row, start in enumerate(starts):
        ids[row, :start], targets[row, :start] = TEXT + 1, IGNORE
    return ids, targets


def test_on_pages_it_is_the_cross_entropy_with_what_the_older_model_expects(before, model):
    ids, targets = page(0, 0)
    expected = before(ids).softmax(-1)
    wanted = -(expected * model(ids).log_softmax(-1)[..., :TEXT]).sum(-1).mean()
    assert_close(Remembering(before)(model, ids, targets), wanted)


def test_the_older_model_never_sees_the_picture(before, model):
    ids, targets = page(4)
    expected = before(ids[:, 4:]).softmax(-1)
    wanted = -(expected * model(ids).log_softmax(-1)[:, 4:, :TEXT]).sum(-1).mean()
    assert_close(Remembering(before)(model, ids, targets), wanted)
    rows = [torch.cat((a, b)) for a, b in zip(page(0), page(4), strict=True)]
    loss = Remembering(before)
    mixed = loss(model, *rows)
    assert_close(mixed, (10 * loss(model, *page(0)) + 6 * loss(model, *page(4))) / 16)


def test_nothing_pulls_at_a_model_that_expects_what_it_did(before):
    ids, targets = page(0, 0)
    same = with_rows(before, TEXT, seed=2)
    Remembering(before)(same, ids, targets).backward()
    assert all(weights.grad.abs().max() < 1e-5 for weights in same.parameters())
    assert all(weights.grad is None for weights in before.parameters())


def test_other_rows_are_learned_as_ever(before, model):
    ids, targets = page(0, 0)
    targets[0, -2:] = IGNORE  # a shorter row, filled up
    assert torch.equal(Remembering(before)(model, ids, targets), conversation_loss(model, ids, targets))
    ids, targets = page(0, 0)
    ids[1, -3:] = TEXT + 2  # a picture that is drawn
    assert torch.equal(Remembering(before)(model, ids, targets), conversation_loss(model, ids, targets))


def test_a_stopped_run_goes_on_only_with_the_model_that_it_remembered(before, model):
    data = Rows(page(0, 0))
    first = fingerprint_of_run(data, Remembering(before))
    assert fingerprint_of_run(data, Remembering(deepcopy(before))) == first
    others = [Remembering(tiny_model(vocab_size=TEXT, seed=4)), conversation_loss]
    assert first not in {fingerprint_of_run(data, loss) for loss in others}


class Rows:
    """The same batch at every step."""

    def __init__(self, rows):
        self.batch = lambda step: rows
