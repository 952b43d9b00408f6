"""Direct preference optimisation: a model learns from judged pairs, without a reward model.

    pairs = crowd.judge(sample_pairs(model, tokenizer, Request.draw, 2_000))
    data = PairData(pairs, tokenizer)
    for metrics in train(model, data, config, loss=direct_preference(reference)): ...

`reward_model` has the other way: guess the taste, then practise to please it.
"""

import torch
from torch import Tensor

from pocketgpt.bounds import check_number
from pocketgpt.model import GPT, IGNORE
from pocketgpt.rl.objectives import token_logprobs
from pocketgpt.rlhf.objectives import dpo_loss
from pocketgpt.training.data import Loss


def answer_logprobs(model: GPT, ids: Tensor, written: Tensor) -> Tensor:
    """Log-probability (N,) of all written tokens of each conversation (N, T)."""
    return token_logprobs(model.logits_of(ids, written), ids, written).sum(1)


def direct_preference(reference: GPT, beta: float = 0.1) -> Loss:
    """The DPO loss in nats, for train(loss=…): pairs (B, 2, T) as in PairData, `reference`: the model at first."""
    check_number("beta", beta, above=0)

    def loss(model: GPT, ids: Tensor, targets: Tensor) -> Tensor:
        flat, written = ids.flatten(0, 1), targets.flatten(0, 1) != IGNORE
        with torch.no_grad():
            before = answer_logprobs(reference, flat, written).view(-1, 2)
        now = answer_logprobs(model, flat, written).view(-1, 2)
        return dpo_loss(now[:, 0], now[:, 1], before[:, 0], before[:, 1], beta)

    return loss
