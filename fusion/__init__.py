"""What is computed: encoders, graphs, the networks, their training and calibration.

Tensors in, tensors out. Nothing here knows how an index is stored or what a person reads: no store,
no printing. Weights are safetensors; nothing is unpickled. Modules are imported by name, so that a
reader of one of them does not pay for all; this file imports nothing for the same reason.
"""

__all__: list[str] = []
