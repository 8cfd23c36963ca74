"""Collections asked as people ask them: one word, what is not there, shown probabilities."""
