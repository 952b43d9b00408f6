"""The step in numpy against the model's own, token by token."""

import pytest
import torch
from tiny import random_ids, tiny_model
from torch.testing import assert_close

from pocketgpt.sampling.generate import continuations
from pocketgpt.sampling.single_text import OneStream, fits


@pytest.mark.parametrize("prompt_length", [1, 5])
@torch.inference_mode()
def test_it_gives_the_models_own_logits(prompt_length):
    model = tiny_model().eval()
    ids = random_ids(1, 12)
    cache = model.new_cache(1, 12)
    model.next_logits(ids[:, :prompt_length], cache)
    step = OneStream(model, cache)
    for t in range(prompt_length, 12):
        assert_close(step(ids[:, t : t + 1], cache), model(ids[:, : t + 1])[:, -1], atol=1e-4, rtol=1e-4)
    assert cache.length == 12


def test_one_text_and_a_batch_are_continued_alike():
    model = tiny_model().eval()
    prompt = random_ids(1, 4)[0].tolist()
    [alone] = continuations(model, [prompt], 8, temperature=0)
    assert continuations(model, [prompt, prompt], 8, temperature=0) == [alone, alone]


def test_it_stands_in_only_where_it_is_the_same_arithmetic():
    model = tiny_model()
    assert fits(model, rows=1)
    assert not fits(model, rows=2)
    assert not fits(tiny_model().double(), rows=1)
