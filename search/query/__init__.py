"""Queries: the request, its grammar, negation, filters."""
