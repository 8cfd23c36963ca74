"""Hits as people and programs read them: `lines` for pipes, `table` and `preview` for terminals.

`forms` chooses among these, `file_actions` opens and copies the photos themselves. Packages that
only some of them need (rich, textual-image) are imported there, so that a search in a pipe does not
wait for them.
"""

from search.output.forms import Form, chosen_form, print_hits
from search.output.lines import (
    as_csv_lines,
    as_json_lines,
    as_paths,
    as_plain_lines,
    known,
    weakness,
)
from search.output.table import as_table, print_table

__all__ = [
    "Form",
    "as_csv_lines",
    "as_json_lines",
    "as_paths",
    "as_plain_lines",
    "as_table",
    "chosen_form",
    "known",
    "print_hits",
    "print_table",
    "weakness",
]
