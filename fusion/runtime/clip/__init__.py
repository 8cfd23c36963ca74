"""CLIP-like models as they come: their own embeddings, read through their own steps; no torch."""
