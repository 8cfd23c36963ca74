"""Prepares a checkpoint for ONNX Runtime without torch, with graphs that ship without weights."""
