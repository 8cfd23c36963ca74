"""What a collection of any size needs, calculated from measured rates."""
