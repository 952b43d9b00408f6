"""Supervised fine-tuning: conversations to learn from, and the stages that they make of a base model."""
