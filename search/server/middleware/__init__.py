"""What every HTTP request goes through before it reaches its route."""
