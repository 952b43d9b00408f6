"""Conversations: messages, the template that makes tokens of them, and the assistant's turn, with tools."""

from pocketgpt.chat.template import Conversation, Message, encode_text, prompt, render, with_tools
from pocketgpt.chat.turn import Piece, Reply, Tools, answers, completed, join_pieces, parse, replies, reply

__all__ = [
    "Conversation", "Message", "Piece", "Reply", "Tools", "answers", "completed", "encode_text", "join_pieces", "parse",
    "prompt", "render", "replies", "reply", "with_tools",
]  # fmt: skip
