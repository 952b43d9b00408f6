"""A loss that keeps what a model has read: on old pages it is to expect what the model expected that it began as.

A page says which word came; the older model also says which others could have come, and how likely: that is more to
hold on to. It is distillation (Hinton et al. 2015, https://arxiv.org/abs/1503.02531). Li & Hoiem (2016,
https://arxiv.org/abs/1606.09282) used it against forgetting, where no old data is left; here old pages are.
"""

import torch
from torch import Tensor

from pocketgpt.model import GPT, IGNORE
from pocketgpt.sft.fine_tune import conversation_loss
from pocketgpt.training.data import digest


class Remembering:
    """The loss of rows with pictures, and on old pages the distance from what `before` expects.

    `before` has the model's first tokens only, those of text. In a batch of pages each row counts to its end, from some
    place on, and is text from there; what stands before that place, such as a picture, `before` isn't shown.
    """

    def __init__(self, before: GPT) -> None:
        self.before = before.eval().requires_grad_(False)

    def fingerprint(self) -> str:
        """A hash of the model that is remembered."""
        return digest(*self.before.state_dict().values())

    def __call__(self, model: GPT, ids: Tensor, targets: Tensor) -> Tensor:
        """In nats per target that counts; ids and targets (B, T)."""
        counts = targets != IGNORE
        if not self._are_pages(ids, counts):
            return conversation_loss(model, ids, targets)
        expected = self._expected(ids, counts)
        says = model(ids).log_softmax(-1)[..., : expected.size(-1)]
        return -(expected * says).sum(-1)[counts].mean()

    def _are_pages(self, ids: Tensor, counts: Tensor) -> bool:
        to_the_end = counts == counts.cummax(1).values
        return bool(to_the_end.all() and (ids[counts] < self.before.config.vocab_size).all())

    @torch.no_grad()
    def _expected(self, ids: Tensor, counts: Tensor) -> Tensor:
        """Probabilities (B, T, tokens of text) where a target counts: each row is read from there on, and put back."""
        start = counts.long().argmax(1, keepdim=True)
        place = torch.arange(ids.size(1), device=ids.device)
        read = ids.gather(1, (place + start).clamp(max=ids.size(1) - 1))
        probs = self.before(read).softmax(-1)
        back = (place - start).clamp(min=0)[..., None].expand(-1, -1, probs.size(-1))
        return probs.gather(1, back)
