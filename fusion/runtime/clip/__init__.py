"""CLIP-like models used without training: own embeddings and preprocessing, without torch."""
