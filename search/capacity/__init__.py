"""What a collection of any size takes, reckoned from measured rates."""
