"""What indexes photos and answers queries without torch: numpy, ONNX Runtime, a tokenizer.

Nothing here may import torch, which the import-linter holds: a search from the command line waits
for what this package imports.
"""
