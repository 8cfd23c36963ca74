"""What several commands share: options, checks, and the lines that they print."""
