"""One model for text and pictures: new tokens, rows of both, the mix that it learns from, and its exam."""
