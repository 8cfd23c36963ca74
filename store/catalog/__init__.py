"""Rows of the catalog: photos, captions, folders, models, words, and how photos are chosen."""
