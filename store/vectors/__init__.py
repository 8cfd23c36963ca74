"""The vector index: exact and approximate forms (FAISS), their file, and which one is chosen."""
