"""Files of conversations: what was written is read again."""

import tempfile

from hypothesis import given
from hypothesis import strategies as st

from pocketgpt.chat.template import Message
from pocketgpt.sft.handwritten import read_conversations, write_conversations

SEPARATORS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029\r\n\t\x00\ufeff\ud800"
TEXTS = st.text(st.sampled_from(f'ab "\\{SEPARATORS}')).map(lambda text: f"x{text}y")


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_what_was_written_is_read_again_whatever_separates_its_lines(texts):
    talks = [[Message("user", text), Message("assistant", text)] for text in texts]
    with tempfile.TemporaryDirectory() as folder:
        write_conversations(f"{folder}/talks.jsonl", talks)
        assert read_conversations(f"{folder}/talks.jsonl") == talks
