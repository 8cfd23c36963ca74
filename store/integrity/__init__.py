"""Checks of whether an index holds what it should, and repairs."""
