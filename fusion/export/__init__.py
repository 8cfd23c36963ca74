"""From torch to ONNX: a model's two sides as files that `fusion.runtime` runs."""
