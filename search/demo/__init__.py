"""The demo: photos that installed packages contain, indexed and searched."""
