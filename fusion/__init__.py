"""The models: encoders, graphs, the networks, their training and calibration.

The interface is tensors in, tensors out: nothing here knows how an index is stored, and nothing
prints. Weights are safetensors; nothing is unpickled. Modules are imported by name, so importing
one does not load all the others; this file imports nothing for the same reason.
"""

__all__: list[str] = []
