"""Text that is to be seen in photos: signs, receipts, screens, whiteboards."""
