"""Rollouts for reinforcement learning, as a ratio to transformers' generate with the same weights."""

import time

import torch
from peers import to_transformers

from pocketgpt import checkpoints
from pocketgpt.evaluation.exam import sum_questions
from pocketgpt.rl.rollouts import roll_out
from pocketgpt.sampling.generate import pad_left, prompt_ids

BATCH, EACH, MAX_TOKENS = 256, 16, 112


def rollouts() -> dict:
    """256 answers to 16 sums at temperature 1, from the shipped base model: some at once, some in steps.

    Both stop at the end of the line, and only what comes before it counts.
    """
    model, tokenizer, _ = checkpoints.load("base", own=False)
    peer = to_transformers(model)
    sums = sum_questions(3, BATCH // EACH)
    prompts = [prompt_ids(tokenizer, q.prompt.removesuffix(" =")) for q in sums]
    stops = [i for i in range(tokenizer.vocab_size) if b"\n" in tokenizer.token_bytes(i)]
    ids, pad = pad_left(prompts, pad_id=0)
    attention = (torch.arange(ids.size(1)) >= pad[:, None]).long()
    ours, theirs = [], []
    for seed in range(3):
        start = time.perf_counter()
        made = int(roll_out(model, prompts, MAX_TOKENS, stops, EACH, seed=seed).lengths.sum())
        ours.append(made / (time.perf_counter() - start))
        torch.manual_seed(seed)
        start = time.perf_counter()
        found = peer.generate(
            ids, attention_mask=attention, max_new_tokens=MAX_TOKENS, do_sample=True, top_k=0,
            num_return_sequences=EACH, eos_token_id=stops, pad_token_id=0,
        )  # fmt: skip
        seconds = time.perf_counter() - start
        theirs.append(int((found[:, ids.size(1) :] != 0).sum()) / seconds)
    ratio = max(ours) / max(theirs)
    return {
        "name": f"rollouts, {BATCH} at once, 2.2 M parameters",
        "ours": f"{max(ours):,.0f} tokens/s",
        "peer": f"{max(theirs):,.0f} tokens/s (transformers' generate)",
        "ratio": ratio,
        "target": 3.0,
        "reached": ratio >= 3.0,
    }


BENCHMARKS = [rollouts]
