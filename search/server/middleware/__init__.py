"""Middleware, which every HTTP request passes before it reaches its route."""
