"""The GPT's parts against transformers' and against arithmetic by hand; its cache against no cache."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import SIZES, random_ids, tiny_model
from torch.testing import assert_close

from pocketgpt.errors import PocketError
from pocketgpt.model import GPT, GPTConfig, cross_entropy, next_token_loss, rms_norm, rotary_table, rotate

EPSILON = torch.finfo(torch.float32).eps  # what torch's RMSNorm adds under the root


# --- Parts --------------------------------------------------------------------------------------------------


def test_rms_norm_is_torchs_without_weights():
    x = torch.randn(3, 5, 32, generator=torch.Generator().manual_seed(0))
    assert_close(rms_norm(x), torch.nn.RMSNorm(32, elementwise_affine=False)(x))
    assert_close(rms_norm(x), x / (x * x).mean(-1, keepdim=True).sqrt())


def test_rotation_is_that_of_transformers():
    from transformers.models.llama.modeling_llama import LlamaConfig, LlamaRotaryEmbedding, apply_rotary_pos_emb

    q, k = torch.randn(2, 1, 2, 20, 16, generator=torch.Generator().manual_seed(0))  # (B, n_head, T, head_dim)
    rope = LlamaRotaryEmbedding(LlamaConfig(hidden_size=32, num_attention_heads=2))
    theirs = apply_rotary_pos_emb(q, k, *rope(q, torch.arange(20)[None]))
    table = rotary_table(20, 16)
    assert_close((rotate(q, *table), rotate(k, *table)), theirs, atol=1e-5, rtol=1e-5)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 1000))
def test_rotated_dot_products_depend_only_on_the_distance(m, n, shift, seed):
    cos, sin = rotary_table(121, 16)
    q, k = torch.randn(2, 16, generator=torch.Generator().manual_seed(seed))

    def dot(i, j):
        return rotate(q, cos[i], sin[i]) @ rotate(k, cos[j], sin[j])

    assert_close(dot(m, n), dot(m + shift, n + shift), atol=1e-4, rtol=1e-4)
    assert_close(dot(m, m), q @ k, atol=1e-4, rtol=1e-4)
    assert_close(rotate(q, cos[m], sin[m]).norm(), q.norm())


def attention_of_transformers(model, block):
    """Qwen3's attention is ours: RoPE, queries and keys normalised head by head, no biases."""
    from transformers.models.qwen3.modeling_qwen3 import Qwen3Attention, Qwen3Config, Qwen3RotaryEmbedding

    sizes = model.config
    config = Qwen3Config(
        hidden_size=sizes.n_embd,
        num_attention_heads=sizes.n_head,
        num_key_value_heads=sizes.n_head,
        head_dim=sizes.head_dim,
        num_hidden_layers=1,
        rms_norm_eps=EPSILON,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        attn_implementation="eager",
    )
    theirs, rope = Qwen3Attention(config, layer_idx=0).eval(), Qwen3RotaryEmbedding(config)
    ones = torch.ones(sizes.head_dim)
    weights = {f"{name}_proj.weight": w for name, w in zip("qkv", block.attention.qkv.weight.chunk(3), strict=True)}
    weights |= {"o_proj.weight": block.attention.out.weight, "q_norm.weight": ones, "k_norm.weight": ones}
    theirs.load_state_dict(weights)

    def attend(x):
        T = x.size(1)
        future = torch.full((T, T), float("-inf")).triu(1)[None, None]
        return theirs(x, position_embeddings=rope(x, torch.arange(T)[None]), attention_mask=future)

    return attend


@torch.no_grad()
def test_the_whole_model_is_transformers_attention_and_a_squared_relu():
    from transformers.activations import ACT2FN

    model, ids = tiny_model(), random_ids(2, 13)
    norm, relu2 = torch.nn.RMSNorm(32, elementwise_affine=False), ACT2FN["relu2"]
    x = norm(model.embed.weight[ids])
    for block, ours in zip(model.blocks, model.attention(ids), strict=True):
        found, weights = attention_of_transformers(model, block)(norm(x))
        assert_close(ours, weights, atol=1e-5, rtol=1e-4)
        x = x + found
        x = x + relu2(norm(x) @ block.mlp.up.weight.T) @ block.mlp.down.weight.T
    assert_close(model(ids), norm(x) @ model.head.weight.T, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_attention_weights_are_a_causal_average_that_gives_the_next_residual():
    model, ids = tiny_model(), random_ids(2, 11)
    stream = model.residuals(ids)
    table = model.cos[:11], model.sin[:11]
    for layer, (block, weights) in enumerate(zip(model.blocks, model.attention(ids), strict=True)):
        assert weights.shape == (2, 2, 11, 11)
        assert_close(weights.sum(-1), torch.ones(2, 2, 11))
        assert (weights.triu(1) == 0).all()
        values = block.attention.queries_keys_values(rms_norm(stream[layer]), *table)[2]
        found = (weights @ values).transpose(1, 2).flatten(2) @ block.attention.out.weight.T
        x = stream[layer] + found
        assert_close(x + block.mlp(rms_norm(x)), stream[layer + 1], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_residuals_lead_from_the_embedding_to_the_logits():
    model, ids = tiny_model(), random_ids(2, 7)
    stream = model.residuals(ids)
    assert [tuple(x.shape) for x in stream] == 3 * [(2, 7, 32)]
    assert_close(stream[0], rms_norm(model.embed(ids)))
    assert_close(model(ids), rms_norm(stream[-1]) @ model.head.weight.T)
    assert model(ids).shape == (2, 7, 300)


# --- What the whole does ------------------------------------------------------------------------------------


@torch.no_grad()
def test_a_later_token_changes_nothing_before_it():
    model, ids = tiny_model(), random_ids(1, 12)
    changed = ids.clone()
    changed[0, 7] = (ids[0, 7] + 1) % 300
    before, after = model(ids), model(changed)
    assert_close(before[:, :7], after[:, :7])
    assert not torch.allclose(before[:, 7:], after[:, 7:])


def test_a_fresh_model_gives_all_tokens_the_same_chance():
    model = GPT(GPTConfig(**SIZES))
    assert next_token_loss(model, random_ids(2, 8), random_ids(2, 8, seed=1)).item() == pytest.approx(math.log(300))


def test_the_seed_decides_the_fresh_weights():
    def weights(seed):
        return GPT(GPTConfig(**SIZES), seed).blocks[1].mlp.up.weight

    assert torch.equal(weights(1), weights(1)) and not torch.equal(weights(1), weights(2))


@pytest.mark.parametrize(("V", "L", "n"), [(300, 2, 32), (500, 1, 64)])
def test_the_number_of_parameters(V, L, n):
    # Two tables, and in each layer 4 n² for attention and 8 n² for the MLP.
    assert tiny_model(vocab_size=V, n_layer=L, n_embd=n).parameters_count == 2 * V * n + 12 * L * n**2


def test_under_bfloat16_the_logits_are_float32_and_close():
    model, ids = tiny_model(), random_ids(2, 8)
    with torch.autocast("cpu", torch.bfloat16):
        rough = model(ids)
    assert rough.dtype == torch.float32
    assert (rough - model(ids)).norm() < 0.05 * rough.norm()


# --- Loss ---------------------------------------------------------------------------------------------------


def test_a_masked_loss_by_hand():
    model, ids = tiny_model(), random_ids(2, 3)
    targets = torch.tensor([[5, -100, 7], [-100, -100, 299]])
    log_p = model(ids).log_softmax(-1)
    by_hand = -(log_p[0, 0, 5] + log_p[0, 2, 7] + log_p[1, 2, 299]) / 3
    assert_close(next_token_loss(model, ids, targets), by_hand)


def test_ignored_targets_send_no_gradient():
    logits = torch.randn(2, 3, 10, generator=torch.Generator().manual_seed(0), requires_grad=True)
    targets = torch.tensor([[1, -100, 2], [-100, -100, 3]])
    cross_entropy(logits, targets).backward()
    assert (logits.grad[targets == -100] == 0).all()
    # Cross-entropy's gradient is known: probabilities minus 1 at the target, over the number of targets.
    wanted = logits.detach().softmax(-1)[targets != -100]
    wanted[torch.arange(3), targets[targets != -100]] -= 1
    assert_close(logits.grad[targets != -100], wanted / 3)


def test_a_batch_without_any_target_costs_nothing_and_moves_nothing():
    model, ids = tiny_model(), random_ids(2, 3)
    loss = next_token_loss(model, ids, torch.full((2, 3), -100))
    loss.backward()
    assert loss.item() == 0
    assert all((p.grad == 0).all() for p in model.parameters())


# --- Cache --------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5))
@torch.no_grad()
def test_in_any_chunks_the_cache_gives_the_logits_of_the_whole(chunks):
    model, ids = tiny_model(), random_ids(2, sum(chunks))
    cache = model.new_cache(2, sum(chunks))
    parts = [model(part, cache) for part in ids.split(chunks, dim=1)]
    assert_close(torch.cat(parts, 1), model(ids), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_one_by_one_the_cache_gives_the_logits_of_the_whole():
    model, ids = tiny_model(), random_ids(2, 12)
    cache = model.new_cache(2, 12)
    for place, whole in enumerate(model(ids).unbind(1)):
        assert_close(model.next_logits(ids[:, place : place + 1], cache), whole, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_rows_padded_on_the_left_are_as_if_each_were_alone():
    model, lengths, more = tiny_model(), [5, 2, 7], 4
    rows = [random_ids(1, n + more, seed=n) for n in lengths]
    pad = torch.tensor([7 - n for n in lengths])
    prompt = torch.zeros(3, 7, dtype=torch.long)
    for i, (row, n) in enumerate(zip(rows, lengths, strict=True)):
        prompt[i, 7 - n :] = row[0, :n]
    cache = model.new_cache(3, 7 + more, pad)
    logits = [model(prompt[:, :3], cache), model(prompt[:, 3:], cache)]
    for step in range(more):
        logits.append(
            model(torch.cat([row[:, n + step] for row, n in zip(rows, lengths, strict=True)])[:, None], cache)
        )
    logits = torch.cat(logits, 1)
    assert logits.isfinite().all()
    for i, row in enumerate(rows):
        assert_close(logits[i, pad[i] :], model(row)[0], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_rows_that_are_kept_go_on_as_before():
    model, ids = tiny_model(), random_ids(3, 8)
    pad = torch.tensor([0, 2, 4])
    cache = model.new_cache(3, 8, pad)
    model(ids[:, :7], cache)
    cache.keep(torch.tensor([0, 2]))
    last = model.next_logits(ids[[0, 2], 7:], cache)
    assert_close(last[0], model(ids[:1])[0, -1], atol=1e-4, rtol=1e-4)
    assert_close(last[1], model(ids[2:, 4:])[0, -1], atol=1e-4, rtol=1e-4)


# --- Longer than in training --------------------------------------------------------------------------------


@torch.no_grad()
def test_texts_longer_than_the_context_work():
    ids = random_ids(1, 40)
    long, short = tiny_model(context=64), tiny_model(context=16)
    assert_close(short(ids), long(ids), atol=1e-4, rtol=1e-4)
    cache = short.new_cache(1, 40)
    parts = [short(part, cache) for part in ids.split(10, dim=1)]
    assert_close(torch.cat(parts, 1), long(ids), atol=1e-4, rtol=1e-4)


def test_a_long_text_in_inference_mode_leaves_the_model_trainable():
    model = tiny_model()
    with torch.inference_mode():
        model(random_ids(1, 40))
    next_token_loss(model, random_ids(1, 8), random_ids(1, 8)).backward()


# --- Sizes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "complaint"),
    [
        ({"n_layer": 0}, "n_layer must be at least 1"),
        ({"context": 2.5}, "context must be a whole number"),
        ({"vocab_size": "300"}, "vocab_size must be a whole number"),
        ({"n_head": 3}, "n_embd=32 must be a multiple of 2 × n_head=6"),
        ({"n_embd": 33, "n_head": 1}, "n_embd=33 must be a multiple of 2 × n_head=2"),
    ],
)
def test_sizes_that_no_model_can_have(sizes, complaint):
    with pytest.raises(PocketError, match=complaint):
        GPTConfig(**(SIZES | sizes))


def test_one_dial_sets_all_sizes():
    for depth in (1, 2, 4, 8):
        config = GPTConfig.from_depth(depth, vocab_size=1024)
        assert (config.n_layer, config.n_head, config.head_dim) == (depth, depth, 48)
    assert GPT(GPTConfig.from_depth(4, vocab_size=1024)).parameters_count == pytest.approx(2e6, rel=0.2)
