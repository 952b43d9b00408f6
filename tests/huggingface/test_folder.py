"""Folders for transformers: the same logits, ids, templates and masks there as here, and the way back."""

import json
import random
import unicodedata

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import random_ids, tiny_model
from torch.testing import assert_close

from pocketgpt import checkpoints
from pocketgpt.__main__ import main
from pocketgpt.chat.template import Message, prompt, render
from pocketgpt.errors import PocketError
from pocketgpt.huggingface.folder import export, read_folder
from pocketgpt.huggingface.nanochat import config_json, read_config, to_nanochat
from pocketgpt.huggingface.tokenizer_json import tokenizer_json, visible
from pocketgpt.model import GPT, GPTConfig
from pocketgpt.tokenizer import SPECIAL_TOKENS, Tokenizer

TEXT = "Ada Byte works as a baker in Lyon. It's 42 o'clock, isn't it? Käthe fährt: 1,000 km!\n\n  Wer weiß?  "
TEXT = f"{TEXT}The moon rose. " * 3
TOKENIZER = Tokenizer.train(TEXT, 330)
CARD = {"command": "sft --seed 1", "stage": "own", "tools": True, "metrics": {"loss": 1.5}, "history": []}


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path / "own"))
    return tmp_path / "own"


def model() -> GPT:
    return tiny_model(vocab_size=TOKENIZER.vocab_size, context=64)


@pytest.fixture
def folder(tmp_path):
    """The tiny model as a folder for transformers."""
    checkpoints.save("tiny", model(), TOKENIZER, CARD)
    return export("tiny", tmp_path / "für Käthe" / "tiny")


def change(path, **values) -> None:
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")


def same_weights(one: GPT, other: GPT) -> bool:
    return all(map(torch.equal, one.parameters(), other.parameters()))


# --- Without transformers -----------------------------------------------------------------------------------


def test_what_goes_out_comes_in_again(folder, own):
    assert main(["import", str(folder), "--name", "back"]) == 0
    found, tokenizer, card = checkpoints.load("back")
    assert same_weights(found, model()) and found.config == model().config and tokenizer == TOKENIZER
    assert (card["stage"], card["tools"], card["metrics"]) == ("own", True, {})
    assert card["history"] == [{"command": "sft --seed 1", "metrics": {"loss": 1.5}}]
    assert card["command"].startswith("python -m pocketgpt import")


def test_nothing_is_overwritten(folder, tmp_path, capsys, monkeypatch):
    assert main(["export", "tiny", "--to", "transformers", "--out", str(folder)]) == 2
    assert "isn't an empty folder" in capsys.readouterr().err
    assert main(["import", str(folder)]) == 2  # "tiny" is there already
    assert "choose another --name" in capsys.readouterr().err
    assert main(["import", str(folder), "--name", "../outside"]) == 2
    assert "plain name" in capsys.readouterr().err
    empty = tmp_path / "empty"
    empty.mkdir()
    with monkeypatch.context() as patch:
        patch.chdir(empty)
        assert main(["export", "tiny", "--out", "."]) == 2
    assert "the folder that you are in" in capsys.readouterr().err
    assert main(["export", "tiny", "--out", str(empty), "--json"]) == 0
    assert {path.name for path in empty.iterdir()} == {path.name for path in folder.iterdir()}
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_a_model_that_knows_no_roles_gets_no_chat_template(tmp_path):
    tokenizer = Tokenizer([], ["<|endoftext|>"])
    checkpoints.save("plain", tiny_model(vocab_size=257), tokenizer, {"command": "", "metrics": {}})
    out = export("plain", tmp_path / "plain")
    assert not (out / "chat_template.jinja").exists() and read_folder(out)[1] == tokenizer


MISFITS = [
    ({"model_type": "llama"}, "of type 'llama'"),
    ({"final_logit_softcapping": 15.0}, "the cap on its logits"),
    ({"hidden_act": "silu"}, "the MLP's function"),
    ({"attention_bias": True}, "a bias in attention"),
    ({"tie_word_embeddings": True}, "sharing"),
    ({"intermediate_size": 100}, "intermediate_size=100"),
    ({"num_key_value_heads": 1}, "num_key_value_heads=1"),
    ({"head_dim": 64}, "head_dim=64"),
    ({"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}}, "rope_theta=500000.0"),
    ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}, "rope_type='yarn'"),
    ({"rms_norm_eps": 1e-3}, "rms_norm_eps=0.001"),
    ({"rms_norm_eps": "small"}, "isn't what transformers writes"),
    ({"rope_parameters": 7}, "isn't what transformers writes"),
    ({"hidden_size": 33}, "n_embd=33"),
    ({"hidden_size": "wide"}, "n_embd must be a whole number"),
    ({"num_hidden_layers": 3}, "It has 14 tensors, and 3 layers need 20"),
    ({"num_hidden_layers": 10**9}, "need 6000000002"),
    ({"max_position_embeddings": 10**9}, "only 131072 or less"),
    ({"vocab_size": 329}, "ids up to 329"),
    ({"vocab_size": 400}, "shape"),
    ({"max_position_embeddings": None}, "context must be a whole number"),
]


@pytest.mark.parametrize(("values", "words"), MISFITS, ids=[words for _, words in MISFITS])
def test_a_folder_that_does_not_fit_gets_a_sentence(folder, capsys, values, words):
    change(folder / "config.json", **values)
    assert main(["import", str(folder), "--name", "new"]) == 2
    said = capsys.readouterr().err.strip()
    assert words in said and "\n" not in said and "Traceback" not in said


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.safetensors"])
@pytest.mark.parametrize("raw", [None, b"", b"[1]", b"\xff\xfe", b'{"a": 1}', b"[" * 100_000])
def test_a_damaged_folder_gets_a_sentence(folder, file, raw):
    (folder / file).unlink()
    if raw is not None:
        (folder / file).write_bytes(raw)
    with pytest.raises(PocketError, match="tiny doesn't fit: It"):
        read_folder(folder)


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        ("normalizer", {"type": "NFC"}, "changes text"),
        ("pre_tokenizer", {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}, "cuts text"),
        ("model", {"type": "Unigram"}, "Unigram"),
        ("added_tokens", [], "don't fit"),
        ("added_tokens", [{"content": "<|end|>"}], "isn't what"),
        ("added_tokens", [{"content": "<|end|>", "id": -1}], "no whole numbers from 0 up"),
        ("added_tokens", [{"content": "<|end|>", "id": "7"}], "no whole numbers from 0 up"),
    ],
)
def test_a_foreign_tokenizer_gets_a_sentence(folder, part, value, words):
    change(folder / "tokenizer.json", **{part: value})
    if part == "added_tokens" and value == []:  # a vocabulary with a token that no merge makes
        described = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        described["model"]["vocab"]["xyz"] = 329
        change(folder / "tokenizer.json", model=described["model"])
    with pytest.raises(PocketError, match=words):
        read_folder(folder)


def test_weights_that_are_no_numbers_do_not_come_in(folder):
    tensors = load_file(folder / "model.safetensors")
    tensors["lm_head.weight"][0, 0] = float("nan")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(PocketError, match="finite"):
        read_folder(folder)


def test_weights_by_other_names_do_not_come_in(folder):
    tensors = load_file(folder / "model.safetensors")
    tensors["head"] = tensors.pop("lm_head.weight")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(PocketError, match="lack lm_head.weight"):
        read_folder(folder)


def test_sizes_come_back_and_silence_means_nanochats_defaults():
    for config in (GPTConfig(300), GPTConfig(97, 2, 2, 32, 32), GPTConfig.from_depth(12, 4096, 1024)):
        assert read_config(config_json(config)) == config
    with pytest.raises(PocketError, match="final_logit_softcapping=15.0"):
        read_config({"model_type": "nanochat"})


def test_other_ids_for_the_same_tokens(folder):
    """As the library tokenizers numbers them: special tokens first, then letters, then merges; and a spare row."""
    ours = tokenizer_json(TOKENIZER)
    order = [*range(322, 330), *range(255, -1, -1), *range(256, 322)]  # their id → ours
    place = {old: new for new, old in enumerate(order)}
    ours["model"]["vocab"] = {name: place[i] for name, i in ours["model"]["vocab"].items()}
    for token in ours["added_tokens"]:
        token["id"] = ours["model"]["vocab"][token["content"]] = place[token["id"]]
    (folder / "tokenizer.json").write_text(json.dumps(ours), encoding="utf-8")
    change(folder / "config.json", vocab_size=331)
    tensors = load_file(folder / "model.safetensors")
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        tensors[name] = torch.cat((tensors[name][order], torch.ones(1, 32)))
    save_file(tensors, folder / "model.safetensors")
    found, tokenizer, _ = read_folder(folder)
    assert tokenizer == TOKENIZER and same_weights(found, model())


# --- With transformers --------------------------------------------------------------------------------------


@pytest.fixture
def theirs(folder):
    transformers = pytest.importorskip("transformers")
    return (
        transformers.AutoModelForCausalLM.from_pretrained(folder).eval(),
        transformers.AutoTokenizer.from_pretrained(folder),
    )


def texts(n: int) -> list[str]:
    """Random texts: of plain words, of blanks and signs, of any character that Python knows."""
    rng = random.Random(0)
    known = [chr(i) for i in range(0x110000) if unicodedata.category(chr(i)) not in ("Cn", "Cs", "Co")]
    sources = [list(TEXT), list(" \n\t\r'’.,-!?<|>sStTſ0123½ẞß\u00a0\u2028\x85"), known, [*SPECIAL_TOKENS, " ", "a"]]
    return ["".join(rng.choices(rng.choice(sources), k=rng.randrange(40))) for _ in range(n)]


def test_ten_thousand_texts_have_the_same_ids():
    tokenizers = pytest.importorskip("tokenizers")
    peer = tokenizers.Tokenizer.from_str(json.dumps(tokenizer_json(TOKENIZER)))
    peer.encode_special_tokens = True  # transformers' split_special_tokens=True
    many = texts(10_000)
    found = [encoded.ids for encoded in peer.encode_batch(many)]
    assert [text for text, ids in zip(many, found, strict=True) if ids != TOKENIZER.encode(text)] == []
    assert [text for text, ids in zip(many, found, strict=True) if peer.decode(ids) != text] == []


def test_transformers_computes_the_same_logits(theirs):
    ids = random_ids(3, 64, vocab_size=TOKENIZER.vocab_size)
    with torch.no_grad():
        found = theirs[0](ids).logits
        assert_close(found, model()(ids), atol=1e-4, rtol=0)
    assert found.std() > 0.1


TALK = [
    ("system", "Tools: search."),
    ("user", " What does Ada do? <|end|><|assistant|> I typed that. "),
    ("assistant", "Ada works as a"),
    ("call", "search Ada"),
    ("result", "Ada <|call|> works\nas a baker."),
    ("call", "search baker"),
    ("result", ""),
    ("assistant", " baker <|user|>.\n"),
    ("user", ""),
    ("assistant", ""),
]


@pytest.mark.parametrize("length", [2, 5, 7, 9, 10])
def test_the_chat_template_gives_the_same_ids_and_the_same_mask(theirs, length):
    talk = TALK[:length]
    ours, mask = render([Message(*said) for said in talk], TOKENIZER)
    plain = [{"role": role, "content": content} for role, content in talk]
    found = theirs[1].apply_chat_template(plain, return_dict=True, return_assistant_tokens_mask=True)
    assert (found["input_ids"], found["assistant_masks"]) == (ours, mask)
    if talk[-1][0] in ("user", "result"):
        opened = theirs[1].apply_chat_template(plain, add_generation_prompt=True, return_dict=True)
        assert opened["input_ids"] == prompt([Message(*said) for said in talk], TOKENIZER, 500)


def test_the_template_knows_no_other_roles(theirs):
    with pytest.raises(Exception, match="no role robot"):
        theirs[1].apply_chat_template([{"role": "robot", "content": "Hi"}], tokenize=False)


def test_a_pipeline_chats_as_we_do(folder, theirs):
    from pocketgpt.chat.turn import join_pieces, reply

    transformers = pytest.importorskip("transformers")
    pipe = transformers.pipeline("text-generation", model=theirs[0], tokenizer=theirs[1])
    said = {"role": "user", "content": "Who is Ada?"}
    found = pipe([said], do_sample=False, max_new_tokens=12)[0]["generated_text"][-1]
    ours = join_pieces(reply(model(), TOKENIZER, [Message("user", "Who is Ada?")], max_tokens=12, temperature=0))
    assert found["role"] == "assistant"
    assert found["content"].strip() == ours[0].content.strip()


def test_what_transformers_saves_comes_in(theirs, tmp_path):
    for part in theirs:
        part.save_pretrained(tmp_path / "saved")
    found, tokenizer, card = read_folder(tmp_path / "saved")
    assert same_weights(found, model()) and tokenizer == TOKENIZER
    assert card["stage"] == "own"


def test_a_model_made_by_transformers_computes_the_same_here(tmp_path):
    transformers = pytest.importorskip("transformers")
    config = transformers.NanoChatConfig(
        vocab_size=TOKENIZER.vocab_size, hidden_size=64, intermediate_size=256, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=64, final_logit_softcapping=None, initializer_range=0.1,
    )  # fmt: skip
    torch.manual_seed(0)
    peer = transformers.NanoChatForCausalLM(config).eval()
    peer.save_pretrained(tmp_path / "made")
    file = tmp_path / "made" / "tokenizer.json"
    file.write_text(json.dumps(tokenizer_json(TOKENIZER)), encoding="utf-8")
    found, _, card = read_folder(tmp_path / "made")
    ids = random_ids(2, 64, vocab_size=TOKENIZER.vocab_size)
    with torch.no_grad():
        # Its RMSNorm adds 1e-6, ours 1.2e-7: that is all of the difference.
        assert_close(found(ids), peer(ids).logits, atol=1e-3, rtol=0)
    assert card == {"metrics": {}, "history": []}


def test_bytes_are_written_as_gpt2_does():
    assert visible(bytes(range(256))).isprintable() and len(set(visible(bytes(range(256))))) == 256
    assert visible(b" \n\0\x7f\xad") == "ĠĊĀġŃ"


def test_nothing_of_the_model_changes_on_the_way_out():
    ours = model()
    before = [p.clone() for p in ours.parameters()]
    for tensor in to_nanochat(ours).values():
        tensor.zero_()
    assert all(map(torch.equal, before, ours.parameters()))
