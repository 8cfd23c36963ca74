"""The catalog's SQLite file: opening, locking, migrations, limits and errors."""
