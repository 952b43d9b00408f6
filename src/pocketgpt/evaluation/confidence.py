"""What a model's own numbers say about whether it knows: the probability at the fact, samples that disagree.

The assistant's answer is begun for it, up to where the fact must come ("… works as a"). There one looks: at the
next token's probabilities, at several samples, or inside (`probes`).
"""

import math
import random
from collections import Counter
from collections.abc import Hashable, Sequence
from os.path import commonprefix

import torch
from torch import Tensor

from pocketgpt.chat.template import encode_text, prompt
from pocketgpt.errors import PocketError
from pocketgpt.model import GPT
from pocketgpt.sampling.generate import BATCH, by_length, continue_all, sentence_stops
from pocketgpt.sft.conversations import REFUSAL, FactQuestion
from pocketgpt.tokenizer import AnyTokenizer
from pocketgpt.world.pages import cloze
from pocketgpt.world.tables import Tables

ROOM = 150  # tokens of a question
VALUE_TOKENS = 12  # of how a begun answer goes on


def begun_answers(
    tables: Tables, tokenizer: AnyTokenizer, questions: Sequence[FactQuestion], seed: int = 0
) -> list[list[int]]:
    """Ids of each question with the beginning of an answer, up to the fact, and what all its values begin with:
    years of birth begin with 19, which tells nothing.
    """
    found = []
    for question in questions:
        rng = random.Random(f"begin {seed}/{question.text}")
        start, _ = cloze(rng.choice(tables.select(question.fact, "statement")), question.row)
        common = commonprefix(tables.values(question.fact))
        begun = encode_text(f"{start} {common}", tokenizer)
        found.append(prompt(question.conversation, tokenizer, ROOM) + begun)
    return found


@torch.no_grad()
def last_states(model: GPT, prompts: Sequence[Sequence[int]], batch: int = 128) -> Tensor:
    """The residual stream at each prompt's last token, (n_layer + 1, N, n_embd): after the embedding and each block."""
    if not prompts:
        raise PocketError("Give at least one prompt to look into.")
    found = torch.empty(model.config.n_layer + 1, len(prompts), model.config.n_embd)
    for part in by_length(map(len, prompts), batch):
        ids = torch.zeros(len(part), len(prompts[part[-1]]), dtype=torch.long)
        for row, i in enumerate(part):  # filled up on the right, which no token sees
            ids[row, : len(prompts[i])] = torch.tensor(prompts[i])
        ends = torch.tensor([len(prompts[i]) - 1 for i in part])
        stream = model.residuals(ids.to(model.device))
        for layer, x in enumerate(stream):
            found[layer, part] = x[torch.arange(len(part)), ends].cpu()
    return found


def next_probabilities(model: GPT, states: Tensor) -> Tensor:
    """The next token's probabilities (N, V) that follow from `last_states`."""
    with torch.no_grad():
        return model.logits(states[-1].to(model.device)).softmax(-1).cpu()


def largest_probabilities(model: GPT, states: Tensor) -> list[float]:
    """How sure the model is of the token that comes next, whichever it is."""
    return next_probabilities(model, states).amax(-1).tolist()


def sampled_values(
    model: GPT, tokenizer: AnyTokenizer, prompts: Sequence[Sequence[int]], k: int, seed: int = 0, batch: int = BATCH
) -> list[list[str]]:
    """For each begun answer, how `k` samples at temperature 1 go on, up to the full stop."""
    stops = [*sentence_stops(tokenizer), *tokenizer.special_tokens.values()]
    repeated = [ids for ids in prompts for _ in range(k)]
    found = continue_all(model, repeated, VALUE_TOKENS, seed, batch, stop_ids=stops)
    values = [tokenizer.decode(ids).split(".")[0].strip() for ids in found]
    return [values[i * k : (i + 1) * k] for i in range(len(prompts))]


def answer_entropy(answers: Sequence[Hashable]) -> float:
    """Entropy in bits of which answer comes: 0 if all agree, log2 k if k answers all differ.

    >>> answer_entropy(["baker"] * 4), answer_entropy(["baker", "baker", "judge", "diver"])
    (0.0, 1.5)
    """
    if not answers:
        raise PocketError("Give at least one answer.")
    counts = Counter(answers).values()
    return sum(count / len(answers) * math.log2(len(answers) / count) for count in counts)


@torch.inference_mode()
def token_probabilities(model: GPT, ids: Sequence[int], start: int) -> list[float]:
    """The probability of each token from position `start` (≥ 1) on, given all before it."""
    row = torch.tensor([list(ids)], device=model.device)
    probabilities = model(row)[0, start - 1 : -1].softmax(-1)
    return probabilities.gather(-1, row[0, start:, None])[:, 0].tolist()


def said_value(tables: Tables, question: FactQuestion, answer: str) -> str | None:
    """The value that an answer in one of our wordings names; None for any other answer, a refusal among them.

    >>> from pocketgpt.world import load_tables
    >>> tables = load_tables()
    >>> question = FactQuestion(tables.absent[0], "profession", "What is the job?")
    >>> said_value(tables, question, f"{tables.absent[0].name} works as a baker.")
    'baker'
    """
    if not answer.endswith(".") or REFUSAL in answer:
        return None
    starts = (cloze(w, question.row)[0] for w in tables.select(question.fact, "statement"))
    fitting = [start for start in starts if answer.startswith(f"{start} ")]
    return answer[len(max(fitting, key=len)) + 1 : -1] if fitting else None
