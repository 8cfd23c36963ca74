"""Capacity planning beyond one machine: `python -m search.scale_plan`; see `search.capacity`."""

from search.capacity.plan_tables import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
