"""Learning from what people like: judged pairs, a reward model, DPO, best-of-n."""
