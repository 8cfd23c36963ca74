"""Decodes the bytes of a photo to RGB pixels, and reads what its file says about them."""
