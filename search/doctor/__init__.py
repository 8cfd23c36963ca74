"""What `crossgraph doctor` checks: packages, the machine, available models, an index.

Each check yields findings, a line each, and raises no error that a user could have caused.
"""

from search.doctor.examination import examine
from search.doctor.finding import Finding

__all__ = ["Finding", "examine"]
