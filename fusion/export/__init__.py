"""Exports a model's photo and query sides from torch to ONNX files that `fusion.runtime` runs."""
