"""Scores of a trained model over a whole collection: every caption with every photo."""
