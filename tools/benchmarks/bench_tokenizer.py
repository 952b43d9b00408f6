"""The tokenizer's speed against Hugging Face tokenizers: `python tools/benchmarks/bench_tokenizer.py`.

Both sides get the same text, split by the same pattern, in the same run. Times are CPU seconds, all threads
together, so that other work on the machine disturbs them little; the best of several runs counts.
"""

import os
import time
from collections.abc import Callable
from functools import cache
from typing import Any

# The peer reads these at its first parallel step; tiktoken and we use one thread anyway.
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import tokenizers
from texts import shakespeare
from tokenizers import models, pre_tokenizers, trainers

from pocketgpt.tokenizer import SPLIT_PATTERN, Tokenizer

VOCAB_SIZE = 1024
REPEATS = 3


@cache
def text() -> str:
    """The first million characters (all ASCII, so 1 MB) of Shakespeare."""
    return shakespeare(1_000_000)


def cpu_seconds(function: Callable[[], object]) -> float:
    """CPU seconds of the fastest of REPEATS calls."""
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return min(seconds)


def peer_tokenizer(model: models.BPE) -> tokenizers.Tokenizer:
    """A Hugging Face tokenizer with our split pattern."""
    peer = tokenizers.Tokenizer(model)
    peer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(tokenizers.Regex(SPLIT_PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return peer


def train_peer() -> tokenizers.Tokenizer:
    peer = peer_tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    peer.train_from_iterator([text()], trainer)
    return peer


def bench_training() -> dict[str, Any]:
    """Training, as a multiple of the peer's time: the lower, the better."""
    text()
    ours = cpu_seconds(lambda: Tokenizer.train(text(), VOCAB_SIZE, special_tokens=()))
    peer = cpu_seconds(train_peer)
    ratio = ours / peer
    name = "BPE training, 1 MB, vocabulary 1,024: our time / Hugging Face's"
    return {"name": name, "ours": ours, "peer": peer, "ratio": ratio, "target": 5.0, "reached": ratio <= 5.0}


def bench_encoding() -> dict[str, Any]:
    """Encoding, as a multiple of the peer's speed: the higher, the better. Each has its own merges."""
    tokenizer = Tokenizer.train(text(), VOCAB_SIZE, special_tokens=())
    trained_peer = train_peer()
    ours = cpu_seconds(lambda: tokenizer.encode(text()))
    peer = cpu_seconds(lambda: trained_peer.encode_batch_fast([text()]))
    ratio = peer / ours
    name = "encoding 1 MB in one thread: our speed / Hugging Face's"
    return {"name": name, "ours": ours, "peer": peer, "ratio": ratio, "target": 1.0, "reached": ratio >= 1.0}


BENCHMARKS = [bench_training, bench_encoding]


def main() -> None:
    for benchmark in BENCHMARKS:
        row = benchmark()
        verdict = "reached" if row["reached"] else "missed"
        print(f"{row['name']} = {row['ratio']:.2f} (target {row['target']:g}, {verdict}; "
              f"CPU seconds {row['ours']:.3f} against {row['peer']:.3f})")  # fmt: skip


if __name__ == "__main__":
    main()
