"""What crossgraph costs: each figure as a ratio, compared with its limit or a peer, in one run.

Times differ from machine to machine and from hour to hour; the ratio of two times measured
alternately on one machine differs little. `targets.py` has the table of limits. Each group of
figures is a module with a `measure`: `cold`, `query`, `indexing`, `scale` and `memory`. What must
not share a process with anything else has its own (`*_process.py`).

Large collections are synthetic: up to 2,000 photos of a folder are embedded once and come first;
each further row is a mixture of two or three of them, with noise; see `mixtures.py`.
"""
