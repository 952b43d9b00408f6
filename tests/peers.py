"""Our GPT as a model of transformers: NanoChat has the same parts, so equal weights must give equal logits."""

import torch
from transformers import NanoChatConfig, NanoChatForCausalLM

from pocketgpt.huggingface.nanochat import config_json, to_nanochat
from pocketgpt.model import GPT


def to_transformers(model: GPT) -> NanoChatForCausalLM:
    """A transformers model with the same sizes and weights."""
    config = NanoChatConfig.from_dict(config_json(model.config))
    config._attn_implementation = "sdpa"
    peer = NanoChatForCausalLM(config).to(torch.float32).eval()
    peer.load_state_dict(to_nanochat(model), strict=True)
    return peer
