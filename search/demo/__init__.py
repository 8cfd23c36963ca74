"""The demo: photos that installed packages carry, indexed and asked for."""
