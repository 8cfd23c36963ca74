"""What nouns have to do with each other: a sofa is a couch, a puppy is a dog (WordNet)."""
