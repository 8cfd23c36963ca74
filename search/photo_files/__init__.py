"""Files of photos for whoever shows them: opened inside their folders only, and shrunk."""
