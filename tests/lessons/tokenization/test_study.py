"""The studies behind notebook 01: small parts on made-up inputs, and the shipped evidence."""

import re
from itertools import islice

import nbformat
import pytest
import torch
from notebook_runner import REPOSITORY
from tiny import tiny_model

from pocketgpt.errors import PocketError
from pocketgpt.tokenizer import Tokenizer
from pocketgpt.training import pretrain
from pocketgpt.training.data import TokenStream
from pocketgpt.training.pretrain import prepare, text_corpus
from pocketgpt.training.scale import flop_per_token
from pocketgpt.world import documents, load_tables, story_words
from pocketgpt_lessons.evidence import evidence_of
from pocketgpt_lessons.tokenization import compare_encodings, experiments, study


@pytest.fixture(scope="module")
def tables():
    return load_tables()


@pytest.fixture(scope="module")
def small_run():
    """A few steps of a small model on a text in which 'q' and the planted word never come."""
    text = "The owl sees the sea. The seal sees the owl and the sea.\n" * 120
    tokenizer = experiments.plant(Tokenizer.train(text, 280), " zamwick")
    corpus = text_corpus(text, tokenizer=tokenizer)
    run = prepare(corpus, pretrain.Recipe(depth=1, context=32, batch_size=4, steps=12, precision="fp32"))
    for _ in run:
        pass
    return run


def test_equal_compute_gives_larger_vocabularies_fewer_steps():
    text = "The owl sees the sea, and the seal sees the owl.\n" * 400
    corpora = [text_corpus(text, tokenizer=Tokenizer([])), text_corpus(text, vocab_size=300)]
    runs = [experiments.live_run(corpus, seed=0, compute=1e13) for corpus in corpora]
    assert runs[0].config.steps > runs[1].config.steps
    for run in runs:
        done = run.config.steps * experiments.LIVE.batch_size * experiments.LIVE.context
        attended = experiments.LIVE.context // 2  # masked places cost nothing here
        assert done * flop_per_token(run.model.config, attended) == pytest.approx(1e13, rel=1e-3)


def test_a_planted_word_is_one_token_and_text_without_its_letters_keeps_its_tokens():
    tokenizer = Tokenizer.train("The owl sees the sea. " * 20, 275)
    planted = experiments.plant(tokenizer, " zamwick")
    assert len(planted.encode(" zamwick")) == 1 and len(tokenizer.encode(" zamwick")) > 1
    assert planted.encode("The owls see seals.") == tokenizer.encode("The owls see seals.")
    with pytest.raises(PocketError, match="one word"):
        experiments.plant(tokenizer, " two words")


def test_tokens_that_no_step_read_are_found_by_their_output_row_alone(small_run):
    tokenizer = small_run.corpus.tokenizer
    distances, counts = (
        experiments.distances_from_unread(small_run.model, tokenizer),
        experiments.times_read(small_run),
    )
    [planted] = tokenizer.encode(" zamwick")
    assert counts[planted] == counts[ord("q")] == 0 and counts[tokenizer.encode(" owl")[0]] > 0
    assert experiments.place(distances, planted) == 1
    assert ((distances < experiments.ALIKE).numpy() == (counts == 0)).all()


def test_the_notebook_finds_unread_tokens_as_the_study_does(small_run, capsys):
    cells = nbformat.read(REPOSITORY / "notebooks" / "01_tokenization.ipynb", as_version=4).cells
    [found] = [cell.source for cell in cells if "torch.cosine_similarity(" in cell.source]
    shown = []
    space = {"runs": {1024: small_run}, "tokenizer": small_run.corpus.tokenizer, "experiments": experiments}
    exec(found, space | {"PLANT": " zamwick", "show": lambda figure, alt: shown.append(alt)}, space)
    distances = experiments.distances_from_unread(small_run.model, small_run.corpus.tokenizer)
    assert torch.equal(space["distances"], distances) and "token is at 0.000" in shown[0]
    assert "0 of them were read" in capsys.readouterr().out


def test_tokens_at_distance_0_are_told_by_kind():
    tokenizer = Tokenizer([(97, 98), (256, 99)])  # ids 258 to 265 are special
    distances = torch.ones(266)
    distances[[5, 7, 257, 260]] = 0
    times_read = torch.zeros(266).numpy()
    times_read[7] = 3
    told = experiments.told_of_alike(distances, times_read, tokenizer).splitlines()
    assert told[0] == "At distance 0: 4 of 266 tokens; 1 of them were read."
    assert told[1:] == ["2 bytes, 1 special tokens and 1 made by merging, such as", "['abc']"]


def test_targets_of_a_run_are_counted_one_by_one(small_run):
    counts = experiments.times_read(small_run)
    stream = TokenStream(small_run.corpus.train, 4, 32, seed=0)
    by_hand = torch.cat([stream.batch(step)[1].flatten() for step in range(12)])
    assert counts.sum() == 12 * 4 * 32
    assert all(counts[i] == (by_hand == i).sum() for i in (10, 32, 260, 265))


def test_a_lent_id_changes_its_name_and_nothing_else():
    tokenizer = Tokenizer([(97, 98)])
    lent = experiments.lend(tokenizer, " Zam")
    assert lent.vocab_size == tokenizer.vocab_size
    assert lent.encode("ab Zam", {" Zam"}) == [256, tokenizer.special_tokens["<|pad|>"]]


def test_answers_are_asked_with_the_name_as_one_token_or_in_pieces(tables, monkeypatch):
    asked = []

    def record(model, rows, max_tokens, **options):
        asked.extend(rows)
        return [[104, 105] for _ in rows]

    monkeypatch.setattr(experiments, "continuations", record)
    lent = experiments.lend(Tokenizer([]), " Zam")
    model = tiny_model(vocab_size=264)
    for tokenizer, times in ((Tokenizer([]), 0), (lent, 2)):
        asked.clear()
        assert experiments.answers_about(model, tokenizer, tables, " Zam", n=3) == ["hi"] * 3
        assert all(row.count(263) == times for row in asked)


def test_words_that_are_never_spelled_are_on_pages_but_in_no_spelling(tables):
    words = experiments.never_spelled(tables)
    assert "saxophone" in words and len(words) > 100
    assert not set(words) & set(story_words(tables))
    spelled = [page.text for page in islice(documents(tables), 4_000) if page.genre == "spelling"]
    assert spelled and not any("s-a-x-o" in text for text in spelled)


def test_numbers_and_languages_are_counted():
    assert compare_encodings.number_cuts(Tokenizer([(49, 48)])) == {"1+1+1+1": 1.0}  # digits are chunks of their own
    assert compare_encodings.tokens_by_language(Tokenizer([]))["Chinese"] == len(
        compare_encodings.LANGUAGES["Chinese"].encode()
    )
    shares = compare_encodings.no_common_id(Tokenizer([(ord(" "), ord("a"))]), ["a", "bc"])
    assert shares == {"a space before it": 0.5, "a capital first letter": 0.5, "all capitals": 1.0}


def test_results_are_put_together_by_vocabulary():
    found = {
        "runs": [
            {"vocab_size": size, "val_bits_per_byte": bits} for size in experiments.VOCABULARIES for bits in (1.0, 2.0)
        ],
        "spelling": [
            {"vocab_size": size, "new": {"right": right, "n": 4}} for size in experiments.SPELLERS for right in (1, 3)
        ],
    }
    rows = study.bits_by_vocabulary(found)
    assert rows[0] == {"x": 264, "y": 1.5, "low": 1.0, "high": 2.0}
    assert [row["x"] for row in rows] == list(experiments.VOCABULARIES)
    assert study.spelling_by_vocabulary(found)[0] == {"x": 264, "y": 50, "low": 25, "high": 75}


def test_the_shipped_evidence_belongs_to_todays_pages(tables):
    """When a table or a recipe changes, the study must be run again: its numbers no longer describe the notebook."""
    found = evidence_of("01")
    tokenizer = experiments.plant(Tokenizer.train(experiments.live_pages(tables), 1023), experiments.PLANTED)
    assert tokenizer.vocab_size == 1024
    assert found["data_hash"] == experiments.live_corpus(tables, tokenizer).hash
    assert found["compute"] == experiments.COMPUTE
    assert {run["vocab_size"] for run in found["runs"]} == set(experiments.VOCABULARIES)
    assert len({run["seed"] for run in found["runs"]}) >= 3
    assert found["encodings"].keys() == compare_encodings.REAL.keys()
    assert all(known["languages"].keys() == compare_encodings.LANGUAGES.keys() for known in found["encodings"].values())


def test_the_shipped_evidence_shows_what_the_notebook_claims():
    found = evidence_of("01")
    bits = {row["x"]: row for row in study.bits_by_vocabulary(found)}
    assert bits[264]["low"] > bits[512]["high"] and bits[512]["low"] > bits[1024]["high"]
    assert bits[1024]["low"] > bits[2048]["high"] > bits[4096]["low"] and bits[8192]["low"] > bits[4096]["high"]
    assert len({run["seed"] for run in found["runs"]}) == 4
    changes = {row["vocab_size"]: row for row in study.what_else_changes(found)}
    assert changes[264] == {"vocab_size": 264, "bytes_read": 371_678, "parameters": 822_528, "view": 255}
    assert changes[4096]["bytes_read"] < changes[2048]["bytes_read"]  # so reading more can't be why it does better
    assert [round(changes[size]["parameters"] / 1e6, 1) for size in (2048, 4096)] == [1.3, 1.9]
    assert [round(changes[size]["view"], -1) for size in (2048, 4096)] == [950, 1070]
    assert [round(changes[size]["bytes_read"] / 1e6, 2) for size in (2048, 4096)] == [1.07, 0.96]
    by_seed = {(run["vocab_size"], run["seed"]): run["val_bits_per_byte"] for run in found["runs"]}
    assert sum(by_seed[4096, seed] < by_seed[2048, seed] for seed in range(4)) == 3
    assert min(row["bytes_read"] for size, row in changes.items() if size > 264) > 720_000
    last_layer = 8192 * 192  # weights of the last layer, and those of the three others, with their attention
    assert last_layer > 3 * (12 * 192**2 + 256 * 192)
    spelled = {row["x"]: row for row in study.spelling_by_vocabulary(found)}
    assert spelled[264]["low"] > 90 and max(spelled[1024]["high"], spelled[2048]["high"]) < 60
    assert spelled[264]["low"] > spelled[1024]["high"] and spelled[264]["low"] > spelled[2048]["high"]
    assert spelled[1024]["y"] > spelled[2048]["y"]
    learned = [(run["vocab_size"], run["learned"]["right"] / run["learned"]["n"]) for run in found["spelling"]]
    of_bytes, others = ([share for size, share in learned if (size == 264) == is_bytes] for is_bytes in (True, False))
    assert [round(100 * share) for share in (min(of_bytes), max(of_bytes))] == [97, 98]
    assert [round(100 * share) for share in (min(others), max(others))] == [64, 84]
    for run in found["runs"]:
        if run["vocab_size"] == 1024:
            planted = run["planted"]
            assert planted["place"] == 1
            assert planted["near"] == planted["unread"] == planted["near_and_unread"]
            assert planted["nearest_read"] > 0.000014


def test_the_shipped_evidence_shows_what_the_notebook_says_of_real_encodings():
    known = evidence_of("01")["encodings"]
    assert {name: round(each["columns"], 2) for name, each in known.items()} == {
        "GPT-2": 0.23, "GPT-4": 0.12, "GPT-4o": 0.12,
    }  # fmt: skip
    assert compare_encodings.columns_agree(Tokenizer([]), n=50) == 1
    apart = [each["changes"]["a space before it"] for each in known.values()]
    assert min(apart) >= 0.97 and max(apart) < 0.985
    assert [round(100 * share) for share in list(known["GPT-2"]["numbers"].values())[:3]] == [65, 28, 6]
    assert known["GPT-4"]["numbers"] == known["GPT-4o"]["numbers"] == {"3+1": 1.0}


def test_columns_are_those_of_the_digits_in_the_last_tokens():
    class FromTheLeft:
        """Cuts numbers as GPT-4 does: three digits, three digits, the rest."""

        def encode(self, text):
            return [int(f"1{text[i : i + 3]}") for i in range(0, len(text), 3)]  # 1 before it, lest a 0 be lost

        def token_bytes(self, token_id):
            return str(token_id)[1:].encode()

    share = compare_encodings.columns_agree(FromTheLeft(), n=600)
    assert share == pytest.approx(evidence_of("01")["encodings"]["GPT-4"]["columns"], abs=0.04)


def test_the_shipped_model_spells_what_it_read_spelled_and_cannot_say_what_it_never_read(tables):
    from pocketgpt import checkpoints

    base, tokenizer, _ = checkpoints.load("base", own=False)
    share = {score.name: score.share for score in experiments.spelling_scores(base, tokenizer, tables, n=60)}
    assert share["spelling words that it read spelled"] > 0.85
    assert share["spelling words that it only read"] < 0.35
    assert share["counting a letter that comes more often"] < 0.1 and share["counting a letter that comes once"] > 0.9
    lent = experiments.lend(tokenizer, experiments.PLANTED)
    in_pieces, as_one = (
        sum(
            bool(re.search(re.escape(experiments.PLANTED) + r"\b", answer))
            for answer in experiments.answers_about(base, used, tables, experiments.PLANTED, 40)
        )
        for used in (tokenizer, lent)
    )
    assert in_pieces > 20 and as_one == 0
