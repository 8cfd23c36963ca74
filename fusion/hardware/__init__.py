"""What a machine has to compute with: its GPU, its processors, its memory."""
