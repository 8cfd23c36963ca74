"""A trained model over a whole collection: every caption's score with every photo."""
