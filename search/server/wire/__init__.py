"""Bodies of HTTP requests and responses: their schemas, errors and documentation."""
