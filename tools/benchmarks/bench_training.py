"""Training and generating, each as a ratio to a peer that is measured in the same run.

`python tools/benchmarks/run.py training` takes about five minutes on two cores with nothing else to do.
"""

import math
import time

import numpy as np
import torch
from peers import to_transformers
from texts import shakespeare
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import GPT2Config, GPT2LMHeadModel

from pocketgpt.model import GPT, GPTConfig, next_token_loss
from pocketgpt.sampling.generate import stream
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.data import TokenStream
from pocketgpt.training.loop import train
from pocketgpt.training.precision import Precision, pick_precision, seconds_per_step

CONTEXT = 64
PEER_STEPS = 2_000


def characters() -> np.ndarray:
    """A megabyte of Shakespeare as character ids."""
    text = shakespeare(1_100_000)
    place = {c: i for i, c in enumerate(sorted(set(text)))}
    return np.array([place[c] for c in text], dtype=np.uint16)


@torch.no_grad()
def test_loss(logits_of, test: TokenStream, windows: int = 400) -> float:
    """Mean loss over the same test windows for both models."""
    ids, targets = zip(*(test.batch(i) for i in range(windows // test.batch_size)), strict=True)
    losses = [
        torch.nn.functional.cross_entropy(logits_of(x).flatten(0, 1), y.flatten()).item()
        for x, y in zip(ids, targets, strict=True)
    ]
    return sum(losses) / len(losses)


def peer_run(tokens: np.ndarray, test: TokenStream, vocab_size: int) -> tuple[float, float]:
    """nanoGPT's recipe for CPUs with transformers' GPT-2: seconds of training, and the test loss reached."""
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=vocab_size, n_positions=CONTEXT, n_embd=128, n_layer=4, n_head=4,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    model = GPT2LMHeadModel(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1, fused=True)
    data = TokenStream(tokens, 12, CONTEXT)
    start = time.perf_counter()
    for step in range(PEER_STEPS):
        decayed = 1e-4 + 0.9e-3 * (1 + math.cos(math.pi * step / PEER_STEPS)) / 2
        optimizer.param_groups[0]["lr"] = min(1e-3 * (step + 1) / 100, decayed)
        ids, targets = data.batch(step)
        logits = model(ids).logits
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    seconds = time.perf_counter() - start
    return seconds, test_loss(lambda x: model.eval()(x).logits, test)


def our_run(tokens: np.ndarray, test: TokenStream, vocab_size: int, target: float) -> tuple[float, int, float]:
    """Seconds of training until our GPT of the same size is at the target, the steps taken, the loss then.

    Testing is not counted, for us as for the peer. The schedule needs the length of the run beforehand.
    """
    model = GPT(GPTConfig(vocab_size, n_layer=4, n_head=4, n_embd=128, context=CONTEXT))
    data = TokenStream(tokens, OUR_BATCH, CONTEXT)
    testing, loss = 0.0, math.inf
    start = time.perf_counter()
    for metrics in train(model, data, OURS):
        if metrics.step >= OURS.steps - 20 and metrics.step % 5 == 0:
            before = time.perf_counter()
            loss = test_loss(model, test)
            testing += time.perf_counter() - before
            if loss <= target:
                break
    return time.perf_counter() - start - testing, metrics.step, loss


OUR_BATCH = 16
OURS = TrainConfig(steps=180, matrix_lr=0.04, embed_lr=0.3, head_lr=0.02, decay=0.7, precision="fp32")


def time_to_loss() -> dict:
    """Time to the test loss that the peer reaches in 2,000 steps."""
    ids = characters()
    cut = int(0.9 * len(ids))
    test = TokenStream(ids[cut:], 20, CONTEXT)
    vocab_size = int(ids.max()) + 1
    peer_seconds, target = peer_run(ids[:cut], test, vocab_size)
    seconds, steps, loss = our_run(ids[:cut], test, vocab_size, target)
    ratio = peer_seconds / seconds if loss <= target else 0.0
    return {
        "name": "time to the loss of GPT-2's recipe on Shakespeare's characters",
        "ours": f"{seconds:.1f} s, {steps} steps, loss {loss:.3f}",
        "peer": f"{peer_seconds:.1f} s, {PEER_STEPS} steps, loss {target:.3f}",
        "ratio": ratio,
        "target": 6.0,
        "reached": ratio >= 6.0,
    }


def matrix_flops(seconds: float = 2.0) -> float:
    """FLOP/s of a large float32 matrix product on this machine."""
    a, b = torch.randn(2048, 2048), torch.randn(2048, 2048)
    a @ b
    n, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        a @ b
        n += 1
    return 2 * 2048**3 * n / (time.perf_counter() - start)


def training_flops() -> dict:
    """FLOP/s of whole training steps, optimizer included, counted as 6 × parameters × tokens.

    In bf16-compiled, on a processor with fast bfloat16, 1.56 of the peer. In float32 the target wasn't reached. Of a
    step of 293 ms, matrix products are 173 (each at 85–100% of the peer, alone), attention 53, fused small operations
    43, Muon 36 (rounded: a profile adds some). Little helped: batches of 64 gave 0.57, context 128 0.565, two layers of
    272 at that 0.64.
    """
    model = GPT(GPTConfig.from_depth(4, vocab_size=1024))
    data = TokenStream(np.random.default_rng(0).integers(0, 1024, 200_000).astype(np.uint16), 16, 256)
    precision = pick_precision(model, data, seconds=1_800)
    before = matrix_flops()
    *_, last = train(model, data, TrainConfig(steps=25, precision=precision.name))
    peer = (before + matrix_flops()) / 2
    ours = 6 * model.parameters_count * last.tokens_per_second
    return {
        "name": f"training FLOP/s, {model.parameters_count / 1e6:.1f} M parameters, {precision.name}",
        "ours": f"{ours / 1e9:.0f} G ({last.tokens_per_second:,.0f} tokens/s)",
        "peer": f"{peer / 1e9:.0f} G (float32 matrix product)",
        "ratio": ours / peer,
        "target": 0.7,
        "reached": ours >= 0.7 * peer,
    }


def bfloat16_steps() -> dict:
    """Forward and backward in bfloat16 on short rows, as in conversations; the peer is torch's kernel for attention."""
    model = GPT(GPTConfig.from_depth(4, vocab_size=1024))
    ids = torch.randint(1024, (16, 96), generator=torch.Generator().manual_seed(0))

    def plainly(model: GPT, ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        with sdpa_kernel([SDPBackend.FLASH_ATTENTION, SDPBackend.MATH], set_priority=True):
            return next_token_loss(model, ids, targets)

    ours, peer = (seconds_per_step(Precision("bf16", loss), model, ids, ids, 8) for loss in (next_token_loss, plainly))
    return {
        "name": "a forward and backward pass in bfloat16, rows of 96 tokens",
        "ours": f"{1000 * ours:.0f} ms",
        "peer": f"{1000 * peer:.0f} ms (torch's kernel for attention)",
        "ratio": peer / ours,
        "target": 1.0,
        "reached": peer >= ours,
    }


@torch.inference_mode()
def one_stream() -> dict:
    """200 tokens one after the other with a KV cache; the peer is NanoChat with the same weights."""
    model = GPT(GPTConfig.from_depth(4, vocab_size=1024)).eval()
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.05)
    peer = to_transformers(model)
    prompt = list(range(1, 17))
    ours, theirs = [], []
    for _ in range(3):
        start = time.perf_counter()
        made = sum(1 for _ in stream(model, [prompt], 200))
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        ids = peer.generate(
            torch.tensor([prompt]), attention_mask=torch.ones(1, 16, dtype=torch.long), min_new_tokens=200,
            max_new_tokens=200, do_sample=True, top_k=0, pad_token_id=0, use_cache=True,
        )  # fmt: skip
        theirs.append(time.perf_counter() - start)
    assert made == 200 and ids.size(1) == 216
    ratio = min(theirs) / min(ours)
    return {
        "name": "one stream of 200 tokens with KV cache",
        "ours": f"{200 / min(ours):.0f} tokens/s",
        "peer": f"{200 / min(theirs):.0f} tokens/s (transformers' generate)",
        "ratio": ratio,
        "target": 4.0,
        "reached": ratio >= 4.0,
    }


BENCHMARKS = [time_to_loss, training_flops, bfloat16_steps, one_stream]
