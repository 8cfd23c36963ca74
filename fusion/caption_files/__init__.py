"""Captions and photo names as files of other programs hold them. No torch."""
