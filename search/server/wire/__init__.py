"""Bodies of requests and answers over HTTP: their schemas, errors and documentation."""
