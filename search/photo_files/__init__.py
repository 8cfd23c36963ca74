"""Photo files to be shown: opened only inside their folders, and shrunk."""
