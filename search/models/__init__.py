"""Which model indexes or answers, and how it is loaded, with or without torch."""
