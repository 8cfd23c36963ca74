"""The machine's hardware: its GPU, its processors, its memory."""
