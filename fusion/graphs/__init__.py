"""The graph networks: regions, words, concepts, and the messages that they send each other."""
