"""A base model as an assistant: a page that looks like the transcript of a conversation, to go on with."""

import random

from pocketgpt.model import GPT
from pocketgpt.sampling.generate import continuations, prompt_ids
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.world import FACTS, Tables, fill

FRAMES = {  # how a transcript names who speaks, and what stands between two turns of the first
    "Question / Answer": ("Question", "Answer", "\n\n"),
    "User / Helper": ("User", "Helper", "\n"),
}


def transcripts(tables: Tables, frame: str, examples: int, n: int, seed: int) -> list[tuple[str, str]]:
    """Prompts that end where an answer is due, after `examples` questions with answers, each about another
    well-known person; with the value that the answer must name.
    """
    user, helper, gap = FRAMES[frame]
    known = [person for person in tables.people if person.mentions >= 30]
    found = []
    for i in range(n):
        rng = random.Random(f"transcript {seed}/{i}")
        people = rng.sample(known, 1 + examples)
        turns = []
        for person in people:
            fact = rng.choice(FACTS["person"])
            question = fill(rng.choice(tables.select(fact, "question")), person)
            answer = fill(rng.choice(tables.select(fact, "statement")), person)
            turns.append(f"{user}: {question}\n{helper}:")
            value = str(getattr(person, fact))
            if len(turns) <= examples:
                turns[-1] += f" {answer}"
        found.append((gap.join(turns), value))
    return found


def assistant(
    model: GPT, tokenizer: Tokenizer, tables: Tables, frame: str, examples: int, n: int = 60, seed: int = 0
) -> dict:
    """How often the first line of the answer names the value, and how often the model then goes on as the user."""
    asked = transcripts(tables, frame, examples, n, seed)
    prompts = [prompt_ids(tokenizer, prompt) for prompt, _ in asked]
    rows = continuations(model, prompts, 80, temperature=0, stop_ids=[tokenizer.eot_id])
    texts = [tokenizer.decode(row) for row in rows]
    right = sum(value in text.partition("\n")[0] for text, (_, value) in zip(texts, asked, strict=True))
    invented = sum(f"\n{FRAMES[frame][0]}:" in text for text in texts)
    return {"frame": frame, "examples": examples, "right": right, "invented": invented, "n": n}
