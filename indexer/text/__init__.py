"""Text that is visible in photos: signs, receipts, screens, whiteboards."""
