"""Stand-ins shared by the tests of several packages."""

from tests.integration.colours import COLOURS, ColourModel, paint

__all__ = ["COLOURS", "ColourModel", "paint"]
