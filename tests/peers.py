"""Our GPT as a model of transformers: NanoChat has the same parts, so equal weights must give equal logits."""

import torch
from transformers import NanoChatConfig, NanoChatForCausalLM

from pocketgpt.model import GPT


@torch.no_grad()
def to_transformers(model: GPT) -> NanoChatForCausalLM:
    """A transformers model with the same sizes and weights."""
    config = model.config
    peer = NanoChatForCausalLM(
        NanoChatConfig(
            vocab_size=config.vocab_size,
            hidden_size=config.n_embd,
            intermediate_size=4 * config.n_embd,
            num_hidden_layers=config.n_layer,
            num_attention_heads=config.n_head,
            num_key_value_heads=config.n_head,
            max_position_embeddings=config.context,
            rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
            rms_norm_eps=torch.finfo(torch.float32).eps,
            final_logit_softcapping=None,
            tie_word_embeddings=False,
            attn_implementation="sdpa",
        )
    ).eval()
    # NanoChat rotates the other way round; turning the sign of each head's second half makes that the same.
    half = config.head_dim // 2
    turn = torch.cat((torch.ones(half), -torch.ones(half))).repeat(config.n_head)[:, None]
    peer.model.embed_tokens.weight.copy_(model.embed.weight)
    peer.lm_head.weight.copy_(model.head.weight)
    for theirs, ours in zip(peer.model.layers, model.blocks, strict=True):
        q, k, v = ours.attention.qkv.weight.chunk(3)
        theirs.self_attn.q_proj.weight.copy_(turn * q)
        theirs.self_attn.k_proj.weight.copy_(turn * k)
        theirs.self_attn.v_proj.weight.copy_(v)
        theirs.self_attn.o_proj.weight.copy_(ours.attention.out.weight)
        theirs.mlp.fc1.weight.copy_(ours.mlp.up.weight)
        theirs.mlp.fc2.weight.copy_(ours.mlp.down.weight)
    return peer
