"""Sampling: from a model's scores to text, for one text or for many at once."""
