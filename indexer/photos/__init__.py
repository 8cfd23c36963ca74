"""From the bytes of a photo to its RGB pixels, with what its file says of them."""
