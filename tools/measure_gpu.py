"""Measures a graphics card, each figure beside a NanoChat of transformers of equal size in the same run.

    python tools/measure_gpu.py --out gpu.json

For each depth: tokens a second of training, the share of the peak that these are, and tokens a second of generating one
text and 64 at once. The peak is that of a large bfloat16 matrix product on this card (float16 where that is faster), so
no data sheet is needed. Each depth is written as soon as it is measured; fewer --depths take less time.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pocketgpt.huggingface.nanochat import config_json, to_nanochat
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.sampling.generate import stream
from pocketgpt.training.config import TrainConfig
from pocketgpt.training.data import TokenStream
from pocketgpt.training.gradients import Gradients
from pocketgpt.training.loop import train
from pocketgpt.training.precision import Precision, pick_precision, synchronize
from pocketgpt.training.scale import flop_per_token

VOCAB_SIZE = 16_384


def matrix_flops(device: torch.device, side: int, seconds: float) -> float:
    """FLOP/s of large matrix products, in the faster one of the 16-bit types; on a processor in float32."""
    dtypes = [torch.bfloat16, torch.float16] if device.type != "cpu" else [torch.float32]
    return max(_product_flops(device, dtype, side, seconds) for dtype in dtypes)


def _product_flops(device: torch.device, dtype: torch.dtype, side: int, seconds: float) -> float:
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    a @ b
    synchronize(device)
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for _ in range(10):
            a @ b
        synchronize(device)
        count += 10
    return 2 * side**3 * count / (time.perf_counter() - start)


def training_speed(model: GPT, data: TokenStream, steps: int, precision: Precision) -> float:
    """Tokens a second of whole training steps, optimizer included."""
    *_, last = train(model, data, TrainConfig(steps=steps, precision=precision.name))
    return last.tokens_per_second


def gradient_speed(
    make: Callable[[Tensor, Tensor], None], data: TokenStream, steps: int, device: torch.device
) -> float:
    """Tokens a second of forward and backward, without the first step, which warms up or compiles."""
    tokens, start = 0, 0.0
    for step in range(steps):
        ids, targets = (tensor.to(device) for tensor in data.batch(step))
        if step == 1:
            synchronize(device)
            start = time.perf_counter()
        make(ids, targets)
        tokens += ids.numel() if step else 0
    synchronize(device)
    return tokens / (time.perf_counter() - start)


def nanochat_of(model: GPT) -> torch.nn.Module:
    """The same model, as transformers has it."""
    from transformers import NanoChatConfig, NanoChatForCausalLM

    config = NanoChatConfig.from_dict(config_json(model.config))
    config._attn_implementation = "sdpa"
    peer = NanoChatForCausalLM(config)
    peer.load_state_dict(to_nanochat(model), strict=True)
    return peer.to(model.device)


def peer_speed(peer: torch.nn.Module, data: TokenStream, steps: int, precision: Precision, device) -> float:
    """Tokens a second of the peer's forward and backward, in the same precision, as ours is measured."""

    def objective(model, ids: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(model(ids).logits.float().flatten(0, 1), targets.flatten())

    chosen = Precision(precision.name, objective)

    def make(ids: Tensor, targets: Tensor) -> None:
        chosen.loss(peer, ids, targets).backward()
        peer.zero_grad()

    return gradient_speed(make, data, steps, device)


def timed(make: Callable[[], int], device: torch.device) -> float:
    """Tokens a second of the better of two tries, after one that warms up."""
    speeds = []
    for _ in range(3):
        synchronize(device)
        start = time.perf_counter()
        made = make()
        synchronize(device)
        speeds.append(made / (time.perf_counter() - start))
    return max(speeds[1:])


@torch.inference_mode()
def generating(model: GPT, peer: torch.nn.Module, batch: int, tokens: int) -> dict[str, float]:
    """Tokens a second of `batch` texts at once, ours and the peer's, both in float32 with a cache."""
    prompt = list(range(1, 17))

    def ours() -> int:
        return sum(len(row) for row in stream(model, [prompt] * batch, tokens))

    def theirs() -> int:
        ids = torch.tensor([prompt] * batch, device=model.device)
        settings = {"min_new_tokens": tokens, "max_new_tokens": tokens, "do_sample": True, "top_k": 0}
        made = peer.generate(ids, attention_mask=torch.ones_like(ids), pad_token_id=0, **settings)
        return batch * (made.size(1) - len(prompt))

    return {"ours": timed(ours, model.device), "transformers": timed(theirs, model.device)}


def measure(depth: int, device: torch.device, args: argparse.Namespace, peak: float) -> dict:
    """All figures of one depth."""
    config = GPTConfig.from_depth(depth, args.vocab_size, args.context)
    tokens = np.random.default_rng(0).integers(config.vocab_size, size=50 * args.rows * args.context + 1)
    data = TokenStream(tokens.astype(np.uint16), args.rows, args.context)
    model = GPT(config).to(device)
    precision = pick_precision(model, data, seconds=1_800)
    gradients = Gradients(model, precision)

    def make(ids: Tensor, targets: Tensor) -> None:
        gradients.compute(ids, targets)
        model.zero_grad()

    whole = training_speed(model, data, args.steps, precision)
    ours = gradient_speed(make, data, args.steps, device)
    peer = nanochat_of(model)
    return {
        "depth": depth,
        "parameters": model.parameters_count,
        "precision": precision.name,
        "training": {
            "tokens_per_second": whole,
            "share_of_peak": whole * flop_per_token(config) / peak,
            "without_optimizer": ours,
            "without_optimizer_transformers": peer_speed(peer, data, args.steps, precision, device),
        },
        "generating": {
            f"{batch} at once": generating(model, peer.eval(), batch, args.tokens) for batch in args.batches
        },
    }


def lines(found: dict) -> Iterator[str]:
    """The figures as text."""
    yield f"{found['device']}, torch {found['torch']}: {found['peak'] / 1e12:.1f} TFLOP/s in a matrix product"
    for row in found["depths"]:
        training = row["training"]
        yield (
            f"depth {row['depth']}, {row['parameters']:,} parameters, {row['precision']}: training "
            f"{training['tokens_per_second']:,.0f} tokens/s, {training['share_of_peak']:.1%} of that; "
            f"without optimizer {training['without_optimizer']:,.0f}, "
            f"transformers {training['without_optimizer_transformers']:,.0f}"
        )
        for name, speeds in row["generating"].items():
            yield f"  generating {name}: {speeds['ours']:,.0f} tokens/s, transformers {speeds['transformers']:,.0f}"


def main(argv: list[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, default=Path("gpu.json"))
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--depths", type=int, nargs="+", default=[4, 8, 12])
    parser.add_argument("--rows", type=int, default=64, help="texts in a step")
    parser.add_argument("--context", type=int, default=256)
    parser.add_argument("--vocab-size", type=int, default=VOCAB_SIZE)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--tokens", type=int, default=200, help="to generate")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 64], help="texts to generate at once")
    parser.add_argument("--side", type=int, default=8_192, help="of the square matrices that show the peak")
    args = parser.parse_args(argv)
    device = torch.device(args.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    peak = matrix_flops(device, args.side, seconds=2.0 if args.side > 1_000 else 0.01)
    found = {"device": name, "torch": torch.__version__, "peak": peak, "depths": []}
    for depth in args.depths:
        found["depths"].append(measure(depth, device, args, peak))
        args.out.write_text(json.dumps(found, indent=1), encoding="utf-8")  # what is measured stays, come what may
    print("\n".join(lines(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
