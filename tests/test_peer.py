"""The whole model against transformers: equal weights, equal logits."""

import pytest
import torch

from pocketgpt.model import GPT, GPTConfig

transformers = pytest.importorskip("transformers")


@pytest.mark.parametrize("config", [GPTConfig(97, 2, 2, 32, 32), GPTConfig(300, 3, 4, 64, 64)])
def test_logits_equal_those_of_transformers(config):
    from peers import to_transformers

    torch.manual_seed(0)
    model = GPT(config)
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.2)
    ids = torch.randint(0, config.vocab_size, (3, config.context))
    with torch.no_grad():
        ours, theirs = model(ids), to_transformers(model)(ids).logits
    assert ours.std() > 0.1
    torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-3)
