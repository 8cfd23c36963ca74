"""What several commands have in common: options, checks, and the lines that they print."""
