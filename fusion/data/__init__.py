"""A captioned collection as arrays: photos, captions, their features, false pairs."""
