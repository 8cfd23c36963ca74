"""crossgraph inside other programs' frameworks, one file each.

A file needs its framework, which the extra of the same name installs; nothing else in this package
imports it.
"""

__all__: list[str] = []
