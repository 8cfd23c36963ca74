"""How nouns are related: a sofa is a couch, a puppy is a dog (WordNet)."""
