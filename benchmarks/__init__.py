"""Programs that measure this project; they take long, and no test runs them in full."""
