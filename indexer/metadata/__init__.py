"""What files say of photos beside their pixels: EXIF, IPTC, XMP, and sidecars; only ever read."""
