"""Our tokenizer as the files of Hugging Face's tokenizers, and the other way; with the chat template in Jinja.

Their vocabulary writes bytes as characters that can be seen, as GPT-2 does: a blank is "Ġ".

A difference that can't be helped: their tokenizer takes "<|end|>" in any text for the special token, unless it is
called with split_special_tokens=True. Within a chat, where strangers type, our template prevents it: it puts GUARD
into each "<|" of a message, and the tokenizer takes GUARD away again, after it has looked for special tokens.
"""

from collections.abc import Mapping
from typing import Any

from pocketgpt.chat.template import ROLES
from pocketgpt.errors import PocketError
from pocketgpt.tokenizer import SPLIT_PATTERN, Tokenizer

GUARD = "\ufdd0"  # a code point that Unicode keeps free for a program's own use

# {% generation %} marks what the assistant writes: transformers makes the loss mask of it.
CHAT_TEMPLATE = """\
{#- The template of Pocket ChatGPT. A result of a tool may have the role "tool", too. -#}
{%- set talk = namespace(before='') -%}
{{- '<|endoftext|>' -}}
{%- for message in messages -%}
  {%- set role = 'result' if message['role'] == 'tool' else message['role'] -%}
  {%- set text = message['content'] | trim | replace('<|', '<GUARD|') -%}
  {%- set text = ' ' + text if text else '' -%}
  {%- if role in ['system', 'user', 'result'] -%}
    {{- '<|' + role + '|>' + text + '<|end|>' -}}
  {%- elif role == 'assistant' -%}
    {%- set calls = not loop.last and messages[loop.index]['role'] == 'call' -%}
    {{- '<|assistant|>' -}}
    {%- generation -%}{{- text + ('' if calls else '<|end|>') -}}{%- endgeneration -%}
  {%- elif role == 'call' -%}
    {{- '' if talk.before == 'assistant' else '<|assistant|>' -}}
    {%- generation -%}{{- '<|call|>' + text + '<|end|>' -}}{%- endgeneration -%}
  {%- else -%}
    {{- raise_exception('There is no role ' + role + ': use system, user, assistant, call or result.') -}}
  {%- endif -%}
  {%- set talk.before = role -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}
""".replace("GUARD", GUARD)

_PRE_TOKENIZERS = [
    {"type": "Split", "pattern": {"Regex": SPLIT_PATTERN}, "behavior": "Isolated", "invert": False},
    {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
]
_NORMALIZER = {"type": "Replace", "pattern": {"String": f"<{GUARD}|"}, "content": "<|"}
_HIDDEN = [b for b in range(256) if not (33 <= b <= 126 or 161 <= b <= 172 or 174 <= b <= 255)]
_VISIBLE = [chr(256 + _HIDDEN.index(b)) if b in _HIDDEN else chr(b) for b in range(256)]


def visible(token: bytes) -> str:
    """Bytes as a vocabulary writes them, one character a byte.

    >>> visible(b" cat"), visible("é".encode())
    ('Ġcat', 'Ã©')
    """
    return "".join(_VISIBLE[b] for b in token)


def chats(tokenizer: Tokenizer) -> bool:
    """Whether it has the special tokens of the chat template."""
    return {f"<|{name}|>" for name in (*ROLES, "end", "endoftext")} <= tokenizer.special_tokens.keys()


def tokenizer_json(tokenizer: Tokenizer) -> dict[str, Any]:
    """The tokenizer as the contents of a tokenizer.json: the same ids for any text."""
    names = [visible(tokenizer.token_bytes(i)) for i in range(256 + len(tokenizer.merges))]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": i, "content": name, **flags} for name, i in tokenizer.special_tokens.items()],
        "normalizer": _NORMALIZER,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": _PRE_TOKENIZERS},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {name: i for i, name in enumerate(names)},
            "merges": [[names[left], names[right]] for left, right in tokenizer.merges],
        },
    }


def tokenizer_config(tokenizer: Tokenizer, context: int) -> dict[str, Any]:
    """What transformers needs to know of the tokenizer besides."""
    pad = "<|pad|>" if "<|pad|>" in tokenizer.special_tokens else "<|endoftext|>"
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|endoftext|>",
        "eos_token": "<|end|>" if chats(tokenizer) else "<|endoftext|>",
        "pad_token": pad,
        "padding_side": "left",
        "clean_up_tokenization_spaces": False,
        "model_max_length": context,
    }


def _check_steps(described: Mapping[str, Any]) -> None:
    """Raise PocketError unless text is cut and turned into bytes as our tokenizer does it."""
    model, cutting = described["model"], described["pre_tokenizer"]
    if model["type"] != "BPE":
        raise PocketError(f"Its tokenizer is of the kind {model['type']}; only byte-level BPE fits.")
    if model.get("byte_fallback") or model.get("dropout") or model.get("continuing_subword_prefix"):
        raise PocketError("Its tokenizer is no plain BPE: byte_fallback, dropout and prefixes don't fit.")
    if described.get("normalizer") not in (None, _NORMALIZER):
        raise PocketError("Its tokenizer changes text before it encodes it; only one without a normalizer fits.")
    steps = cutting["pretokenizers"] if cutting["type"] == "Sequence" else [cutting]
    told = [{key: value for key, value in step.items() if key != "trim_offsets"} for step in steps]
    wanted = [{key: value for key, value in step.items() if key != "trim_offsets"} for step in _PRE_TOKENIZERS]
    if told != wanted:
        raise PocketError("Its tokenizer cuts text into chunks in another way than ours; only the same way fits.")


def read_tokenizer(described: Mapping[str, Any]) -> tuple[Tokenizer, list[int]]:
    """The tokenizer in a tokenizer.json, and for each of its ids the id that the token has in the file.

    Ids may differ because we number bytes first, then merges, then special tokens. Raises PocketError if something
    doesn't fit, and KeyError, TypeError or AttributeError for what is no tokenizer.json.
    """
    _check_steps(described)
    vocab = described["model"]["vocab"]
    added = {token["content"]: token["id"] for token in described["added_tokens"]}
    names, places = list(_VISIBLE), {name: i for i, name in enumerate(_VISIBLE)}
    merges = []
    for merge in described["model"]["merges"]:
        left, right = merge.split(" ") if isinstance(merge, str) else merge
        merges.append((places[left], places[right]))
        names.append(left + right)
        places[left + right] = 255 + len(merges)
    special = sorted(added, key=lambda name: added[name])
    tokenizer = Tokenizer(merges, special)
    odd = sorted(set(names) - vocab.keys()) + sorted(vocab.keys() - set(names) - set(added))
    if odd:
        raise PocketError(f"Its tokenizer's vocabulary and merges don't fit together; see {odd[0]!r}.")
    ids = [vocab[name] for name in names] + [added[name] for name in special]
    if not all(type(number) is int and number >= 0 for number in ids):
        raise PocketError("Its tokenizer has ids that are no whole numbers from 0 up.")
    if len(set(ids)) < len(ids):
        raise PocketError("Its tokenizer gives two tokens the same id, which doesn't fit.")
    return tokenizer, ids
