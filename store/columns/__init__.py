"""Values as columns of a row, and back; the tables' columns and the checksum of a row."""
