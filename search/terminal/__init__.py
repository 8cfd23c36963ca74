"""The terminal: streams, progress, and errors as one line with an exit code."""
