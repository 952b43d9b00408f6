"""Training: the one loop, its data, optimisers and precision; and pretraining, which uses them."""
