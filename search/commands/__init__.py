"""The commands of `crossgraph`, one file each: they parse, call and print, nothing else.

A command lets errors pass; `search.terminal.boundary` turns them into a line and an exit code.
Whatever takes time to import is imported inside the command. `search.cli` registers the commands,
so nothing is exported here.
"""

__all__: list[str] = []
