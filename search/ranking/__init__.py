"""From a request to hits: first stage, mixed terms, re-ranking, probabilities, notes."""
