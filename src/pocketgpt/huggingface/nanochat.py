"""Our GPT in the words of transformers' NanoChat, which is made of the same parts: sizes and weights, both ways.

One thing differs. NanoChat turns queries and keys the other way round (its rotate_half has the minus sign at the
other half). Turning the sign of the second half of each head makes both the same, and changes no product of a query
and a key. NanoChat normalises after it turns, we before: turning keeps lengths, so the order doesn't matter.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT, ROTARY_BASE, GPTConfig

MODEL_TYPE = "nanochat"
LARGEST_EPSILON = 1e-6  # of RMSNorm: what NanoChat has by default; ours is 1.2e-7, too near to be told apart
LONGEST_CONTEXT = 2**17  # for which we keep a table of angles

# What NanoChatConfig assumes where config.json is silent.
DEFAULTS = {
    "vocab_size": 50_304,
    "hidden_size": 768,
    "intermediate_size": 8_192,
    "num_hidden_layers": 12,
    "num_attention_heads": 6,
    "max_position_embeddings": 2_048,
    "hidden_act": "relu2",
    "rms_norm_eps": 1e-6,
    "final_logit_softcapping": 15.0,
    "attention_bias": False,
    "tie_word_embeddings": False,
}

FIXED = {  # what our GPT can't do otherwise → how a sentence calls it
    "hidden_act": ("relu2", "the MLP's function"),
    "final_logit_softcapping": (None, "the cap on its logits"),
    "attention_bias": (False, "a bias in attention"),
    "tie_word_embeddings": (False, "sharing embedding and output layer"),
}


def config_json(config: GPTConfig) -> dict[str, Any]:
    """The sizes of a GPT, as NanoChat's config.json has them.

    >>> config_json(GPTConfig.from_depth(4, vocab_size=1024))["hidden_size"]
    192
    """
    return {
        "architectures": ["NanoChatForCausalLM"],
        "model_type": MODEL_TYPE,
        "dtype": "float32",
        "vocab_size": config.vocab_size,
        "hidden_size": config.n_embd,
        "intermediate_size": 4 * config.n_embd,
        "num_hidden_layers": config.n_layer,
        "num_attention_heads": config.n_head,
        "num_key_value_heads": config.n_head,
        "max_position_embeddings": config.context,
        "rope_parameters": {"rope_type": "default", "rope_theta": ROTARY_BASE},
        "rms_norm_eps": torch.finfo(torch.float32).eps,  # what torch's rms_norm takes where none is given
    } | {name: value for name, (value, _) in FIXED.items()}


def read_config(described: Mapping[str, Any]) -> GPTConfig:
    """The sizes in a config.json; PocketError names the first thing that our GPT can't do.

    >>> read_config(config_json(GPTConfig(vocab_size=300)))
    GPTConfig(vocab_size=300, n_layer=4, n_head=4, n_embd=192, context=256)
    """
    if described.get("model_type") != MODEL_TYPE:
        raise PocketError(f"It is a model of type {described.get('model_type')!r}; only {MODEL_TYPE!r} fits.")
    told: dict[str, Any] = DEFAULTS | dict(described)
    for name, (wanted, what) in FIXED.items():
        if told[name] != wanted:
            raise PocketError(f"It has {name}={told[name]!r}, {what}; only {wanted!r} fits.")
    width, heads = told["hidden_size"], told["num_attention_heads"]
    config = GPTConfig(
        told["vocab_size"], told["num_hidden_layers"], heads, width, told["max_position_embeddings"]
    )  # which refuses what is no whole number
    rope = told.get("rope_parameters") or told.get("rope_scaling") or {}
    equal = {
        "intermediate_size": (told["intermediate_size"], 4 * width),
        "num_key_value_heads": (told.get("num_key_value_heads") or heads, heads),
        "head_dim": (told.get("head_dim") or config.head_dim, config.head_dim),
        "rope_theta": (rope.get("rope_theta", told.get("rope_theta", ROTARY_BASE)), ROTARY_BASE),
        "rope_type": (rope.get("rope_type", "default"), "default"),
    }
    for name, (found, wanted) in equal.items():
        if found != wanted:
            raise PocketError(f"It has {name}={found!r}; with its other sizes only {wanted!r} fits.")
    if config.context > LONGEST_CONTEXT:
        raise PocketError(f"It has max_position_embeddings={config.context}; only {LONGEST_CONTEXT} or less fits.")
    if not told["rms_norm_eps"] <= LARGEST_EPSILON:
        raise PocketError(f"It has rms_norm_eps={told['rms_norm_eps']!r}; only {LARGEST_EPSILON} or less fits.")
    return config


def _names(config: GPTConfig) -> dict[str, str]:
    """NanoChat's name → ours, of all weights that are the same in both."""
    names = {"model.embed_tokens.weight": "embed.weight", "lm_head.weight": "head.weight"}
    for i in range(config.n_layer):
        names |= {
            f"model.layers.{i}.self_attn.o_proj.weight": f"blocks.{i}.attention.out.weight",
            f"model.layers.{i}.mlp.fc1.weight": f"blocks.{i}.mlp.up.weight",
            f"model.layers.{i}.mlp.fc2.weight": f"blocks.{i}.mlp.down.weight",
        }
    return names


def _turned(weight: Tensor, config: GPTConfig) -> Tensor:
    """A query or key matrix (n_embd, n_embd) for the other way of turning; applied twice, nothing changes."""
    heads = weight.unflatten(0, (config.n_head, 2, -1)).clone()
    heads[:, 1] *= -1
    return heads.flatten(0, 2)


def _attention(layer: int) -> tuple[list[str], str]:
    theirs = [f"model.layers.{layer}.self_attn.{part}_proj.weight" for part in "qkv"]
    return theirs, f"blocks.{layer}.attention.qkv.weight"


def _shape(name: str, config: GPTConfig) -> tuple[int, int]:
    """The shape of one of our weights that _names() knows, by the last part of its name."""
    n = config.n_embd
    tables = dict.fromkeys(("embed", "head"), (config.vocab_size, n))
    return (tables | {"out": (n, n), "up": (4 * n, n), "down": (n, 4 * n)})[name.split(".")[-2]]


@torch.no_grad()
def to_nanochat(model: GPT) -> dict[str, Tensor]:
    """The weights under NanoChat's names, float32, each with memory of its own."""
    config, ours = model.config, dict(model.named_parameters())
    found = {theirs: ours[name].clone() for theirs, name in _names(config).items()}
    for layer in range(config.n_layer):
        theirs, name = _attention(layer)
        q, k, v = ours[name].chunk(3)
        found |= zip(theirs, (_turned(q, config), _turned(k, config), v.clone()), strict=True)
    return {name: weight.float().cpu() for name, weight in found.items()}


def from_nanochat(tensors: Mapping[str, Tensor], config: GPTConfig) -> dict[str, Tensor]:
    """The weights under our names, float32; PocketError if they are too few or too many, or of other shapes."""
    if len(tensors) != 2 + 6 * config.n_layer:  # before names are made of what may be no honest number
        raise PocketError(f"It has {len(tensors)} tensors, and {config.n_layer} layers need {2 + 6 * config.n_layer}.")
    names, layers = _names(config), [_attention(layer) for layer in range(config.n_layer)]
    shapes = {theirs: _shape(name, config) for theirs, name in names.items()}
    shapes |= {name: (config.n_embd, config.n_embd) for theirs, _ in layers for name in theirs}
    for name, shape in shapes.items():
        if name not in tensors:
            raise PocketError(f"Its weights lack {name}.")
        if tuple(tensors[name].shape) != shape:
            raise PocketError(f"Its {name} has the shape {tuple(tensors[name].shape)}, and {shape} would fit.")
    found = {name: tensors[theirs].float() for theirs, name in names.items()}
    for theirs, name in layers:
        q, k, v = (tensors[part].float() for part in theirs)
        found[name] = torch.cat((_turned(q, config), _turned(k, config), v))
    return found
