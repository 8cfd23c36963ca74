"""What a query says besides what the photo shows: times, and names that the collection knows."""
