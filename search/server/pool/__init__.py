"""What the routes share: open indexes, threads, the model, and the writer."""
