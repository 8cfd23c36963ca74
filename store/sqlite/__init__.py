"""The catalog's SQLite file: opened, locked, migrated, bounded, its errors told."""
