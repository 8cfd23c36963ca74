"""What may be asked: the request, its grammar, negation, filters."""
