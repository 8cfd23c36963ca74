"""What a query says beside what the photo shows: times, and names that the collection knows."""
