"""What `crossgraph doctor` looks at: packages, the machine, models that are at hand, an index.

Each examiner gives findings, a line each, and raises nothing that a person could have caused.
"""

from search.doctor.examination import examine
from search.doctor.finding import Finding

__all__ = ["Finding", "examine"]
