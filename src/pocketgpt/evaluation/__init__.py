"""Evaluation: exams, their figures, and what tells whether a model knows."""
