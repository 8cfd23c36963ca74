"""Metadata of photos: EXIF, IPTC, XMP and sidecar files, which are read but never written."""
