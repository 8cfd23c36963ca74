"""A checkpoint made ready for ONNX Runtime without torch, by graphs that come without weights."""
