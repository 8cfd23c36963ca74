"""Checks of whether an index is intact, and repairs."""
