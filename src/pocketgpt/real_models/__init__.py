"""Real encodings and a real model, where optional packages carry them."""
