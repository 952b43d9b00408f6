"""Our checkpoints as folders of Hugging Face's transformers, and the other way. Neither package need be installed.

`nanochat` has sizes and weights, `tokenizer_json` the tokenizer, `folder` puts both into a folder or takes them out.
"""
