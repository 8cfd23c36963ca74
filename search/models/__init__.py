"""Which model indexes or answers here, and how it is loaded, with torch or without."""
