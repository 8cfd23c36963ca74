"""Collections searched as people search: single words, absent things, shown probabilities."""
