"""Annotations of photos: captions and categories, matched to the photos of an index."""
