"""Photos selected by what the catalog knows about them: a typed expression, turned into SQL.

Values go to SQLite as parameters and never into the SQL, which is built only from the fixed table
of fields below. Unknown values of a photo (a date, a camera) are not compared: they meet neither a
condition nor its negation, as in SQL; `Has` tests for them. Letters A-Z match in either case, and
letters with accents in either Unicode form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from store.catalog.filter_fields import FIELDS, PHOTOS, Kind
from store.columns.codec import one_form, text_to_row
from store.errors import QueryError
from store.sqlite.catalog_file import CatalogFile
from store.sqlite.functions import DISTANCE_KM, ONE_FORM

__all__ = [
    "FIELDS",
    "AllOf",
    "AnyOf",
    "Condition",
    "Dialect",
    "Expression",
    "Has",
    "Kind",
    "Near",
    "Not",
    "Operator",
    "matching",
    "to_sql",
]

KM_OF_DEGREE = 111.19
"""Kilometres in a degree of latitude."""
MOST_CONDITIONS = 256
DEEPEST = 64

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "~"]


@dataclass(frozen=True)
class Condition:
    """One comparison.

    Attributes:
        field: one of `FIELDS`.
        operator: numbers take all but `~`, texts `=`, `!=` and `~`: contains, or, if the value has
            `*` (anything) or `?` (one character), matches that pattern as a whole.
        value: a number or a text, depending on the field.

    Raises:
        ValueError: no such field, or it takes no such operator or value.
    """

    field: str
    operator: Operator
    value: int | float | str

    def __post_init__(self) -> None:
        kind = FIELDS[self.field].kind if self.field in FIELDS else None
        if kind is None or self.operator not in get_args(Operator):
            raise ValueError(f"{self.field!r} {self.operator!r}: no such field or operator")
        is_text = isinstance(self.value, str)
        if is_text == (kind == "number") or self.operator not in operators_of(kind):
            raise ValueError(
                f"{self.field} is of kind {kind}, found {self.operator} {self.value!r}"
            )
        if isinstance(self.value, int) and not -(2**63) <= self.value < 2**63:
            raise ValueError(f"{self.field}: {self.value} is too large")


@dataclass(frozen=True)
class Has:
    """Whether any value is known: `Has("camera")`, `Has("caption")`."""

    field: str

    def __post_init__(self) -> None:
        if self.field not in FIELDS:
            raise ValueError(f"{self.field!r}: no such field")


@dataclass(frozen=True)
class Not:
    """The negation of a part."""

    of: Expression


@dataclass(frozen=True)
class AllOf:
    """Every part is true; without parts, true of all photos."""

    of: tuple[Expression, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one part is true; without parts, true of none."""

    of: tuple[Expression, ...]


@dataclass(frozen=True)
class Near:
    """Taken within a distance of a place; neither true nor false if that is unknown.

    Attributes:
        latitude: degrees north, -90..90.
        longitude: degrees east, -180..180.
        km: kilometres along the ground, above 0.

    Raises:
        ValueError: one is out of its range.
    """

    latitude: float
    longitude: float
    km: float

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180 and self.km > 0):
            raise ValueError(
                f"near {self.latitude}, {self.longitude}, {self.km} km: expected a latitude of -90 "
                "to 90, a longitude of -180 to 180, and a distance above 0"
            )


Expression: TypeAlias = Condition | Has | Not | AllOf | AnyOf | Near


@dataclass(frozen=True)
class Dialect:
    """The SQL of a database; the texts have placeholders `{field}`, `{operator}` and `{test}`.

    Attributes:
        fields: name to the field's form there: an expression, or where a photo's texts are.
        number: compares a number.
        one_form: converts a text to the Unicode form in which non-ASCII values are compared.
        text: compares a text, `=` or `!=`.
        like: compares a text with a pattern.
        any_text: true if one of a photo's texts passes a test.
        one: the name of that text in the test.
        has_texts: true if a photo has texts.
        near: true if a photo is near a place; takes the lowest and the highest latitude, the
            place's latitude and longitude, and the kilometres.
    """

    fields: Mapping[str, str]
    number: str
    one_form: str
    text: str
    like: str
    any_text: str
    one: str
    has_texts: str
    near: str


_SQLITE = Dialect(
    fields={name: field.sql for name, field in FIELDS.items()},
    number="({field}) {operator} ?",
    # As bytes: a name that is not valid Unicode cannot be passed to a function as text.
    one_form=f"{ONE_FORM}(CAST({{field}} AS BLOB))",
    text="({field}) {operator} ? COLLATE NOCASE",
    like="({field}) LIKE ? ESCAPE '\\'",
    any_text="id IN (SELECT image_id FROM {field} WHERE {test})",
    one="text",
    has_texts="id IN (SELECT image_id FROM {field})",
    near=f"latitude BETWEEN ? AND ? AND {DISTANCE_KM}(latitude, longitude, ?, ?) <= ?",
)


def operators_of(kind: Kind) -> tuple[str, ...]:
    """Return the operators of fields of a kind.

    >>> operators_of("text")
    ('=', '!=', '~')
    """
    return ("=", "!=", "<", "<=", ">", ">=") if kind == "number" else ("=", "!=", "~")


def matching(catalog: CatalogFile, expression: Expression) -> NDArray[np.int64]:
    """Return the ids (N,) of the photos that an expression is true of, ascending.

    Raises:
        QueryError: it has more than 256 conditions, or is nested more than 64 deep.
    """
    where, arguments = to_sql(expression, _SQLITE)
    rows = catalog.rows(f"SELECT id FROM {PHOTOS} WHERE {where} ORDER BY id", *arguments)
    return np.fromiter((row[0] for row in rows), dtype=np.int64)


def to_sql(expression: Expression, dialect: Dialect) -> tuple[str, list[object]]:
    """Return an expression as an SQL condition on a photo's row, and its parameters in order.

    Raises:
        QueryError: it has more than 256 conditions, or is nested more than 64 deep.
    """
    _check_size(expression)
    arguments: list[object] = []
    return _sql(expression, dialect, arguments), arguments


def like_pattern(text: str) -> str:
    r"""Return the SQL pattern for a value of `~`.

    >>> like_pattern("50%"), like_pattern("img_*.jp?g")
    ('%50\\%%', 'img\\_%.jp_g')
    """
    escaped = "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in text)
    if "*" not in text and "?" not in text:
        return f"%{escaped}%"
    return escaped.replace("*", "%").replace("?", "_")


def _check_size(expression: Expression) -> None:
    conditions = 0
    for depth, part in _with_depths(expression):
        conditions += isinstance(part, Condition | Has | Near)
        if conditions > MOST_CONDITIONS or depth > DEEPEST:
            raise QueryError(
                f"the filter has more than {MOST_CONDITIONS} conditions, or is nested more than "
                f"{DEEPEST} deep: simplify it"
            )


def _with_depths(expression: Expression) -> Iterator[tuple[int, Expression]]:
    left = [(0, expression)]
    while left:
        depth, part = left.pop()
        yield depth, part
        below = () if isinstance(part, Condition | Has | Near) else part.of
        left += [(depth + 1, one) for one in (below if isinstance(below, tuple) else (below,))]


def _sql(part: Expression, dialect: Dialect, arguments: list[object]) -> str:
    if isinstance(part, Condition):
        return _compared(part, dialect, arguments)
    if isinstance(part, Has):
        field = dialect.fields[part.field]
        if FIELDS[part.field].kind == "texts":
            return dialect.has_texts.format(field=field)
        return f"({field}) IS NOT NULL"
    if isinstance(part, Near):
        arguments += _near_arguments(part)
        return f"({dialect.near})"
    if isinstance(part, Not):
        return f"NOT ({_sql(part.of, dialect, arguments)})"
    word, nothing = (" AND ", "TRUE") if isinstance(part, AllOf) else (" OR ", "FALSE")
    return "(" + (word.join(_sql(one, dialect, arguments) for one in part.of) or nothing) + ")"


def _near_arguments(near: Near) -> list[float]:
    degrees = near.km / KM_OF_DEGREE * 1.01  # a little more, for rounding
    low, high = near.latitude - degrees, near.latitude + degrees
    return [low, high, near.latitude, near.longitude, near.km]


def _compared(condition: Condition, dialect: Dialect, arguments: list[object]) -> str:
    operator, value = condition.operator, condition.value
    kind, field = FIELDS[condition.field].kind, dialect.fields[condition.field]
    one = dialect.one
    if isinstance(value, str):
        text = one_form(text_to_row(value))
        if not text.isascii():  # the same letters may be single characters or pairs in the catalog
            field, one = _in_one_form(kind, field, dialect)
        arguments.append(like_pattern(text) if operator == "~" else text)
    else:
        arguments.append(value)
    if kind == "number":
        return dialect.number.format(field=field, operator=operator)
    compare = dialect.like if operator == "~" else dialect.text
    if kind == "text":
        return compare.format(field=field, operator=operator)
    test = compare.format(field=one, operator="=")
    held = dialect.any_text.format(field=field, test=test)
    return f"NOT ({held})" if operator == "!=" else held


def _in_one_form(kind: Kind, field: str, dialect: Dialect) -> tuple[str, str]:
    """Return the SQL of a field and of one of its texts, the compared one converted by `one_form`.

    The field itself is compared unless it has several texts.
    """
    if kind == "texts":
        return field, dialect.one_form.format(field=dialect.one)
    return dialect.one_form.format(field=field), dialect.one
