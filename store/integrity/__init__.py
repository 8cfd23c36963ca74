"""Whether an index holds what it should, and mending what can be mended."""
