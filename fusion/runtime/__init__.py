"""Indexes photos and answers queries without torch: with numpy, ONNX Runtime and a tokenizer.

Nothing here may import torch, which import-linter enforces: a search from the command line waits
for everything that this package imports.
"""
