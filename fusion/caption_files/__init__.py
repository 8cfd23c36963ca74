"""Captions and photo names as other programs write them to files. Imports no torch."""
