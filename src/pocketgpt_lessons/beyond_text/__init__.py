"""Notebook 08: pictures are tokens too."""
