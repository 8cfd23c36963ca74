"""Baseline models that crossgraph is compared with: each judges a photo and a caption together."""
