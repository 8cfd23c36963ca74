"""What is new, changed, moved or gone since the last run."""
