"""The commands of `crossgraph`, one file each: they parse, call and print, nothing else.

A command raises what it is told; `search.terminal.boundary` turns that into a line and an exit
code. Whatever costs time to import is imported inside the command. `search.cli` puts them together,
so nothing is exported here.
"""

__all__: list[str] = []
