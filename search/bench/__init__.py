"""What crossgraph costs: every figure as a ratio beside its limit, or beside a peer, in one run.

Times differ from machine to machine, and by the hour; what one takes over what another takes, run
in turns on the same machine, differs little. `limits.py` has the table of what is wanted. Each
group of figures is a module with a `measure`: `cold`, `query`, `indexing`, `scale` and `memory`.
What must not share a process with others runs in one of its own (`*_process.py`).

Large collections are made: up to 2,000 photos of a folder are embedded once, these come first, and
each further row is a mixture of two or three of them, with noise; see `mixtures.py`.
"""
