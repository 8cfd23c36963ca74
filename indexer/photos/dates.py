"""Parses dates as cameras write them, in EXIF and in the names of files."""

from __future__ import annotations

import re
from datetime import datetime

__all__ = ["date_of_name", "date_of_text"]

FIRST_PHOTO = 1826
FIRST_DIGITAL = 1990
"""Numbers in names that would be earlier years are rarely dates."""

LONGEST = 64
"""Number of characters at the beginning of a text that are read for a date."""

_DAY = r"(\d{4})(?:[:/.-] ?|[年년] ?)(\d\d?)(?:[:/.-] ?|[月월] ?)(\d\d?)(?!\d)[日일]?"
_BEFORE = r"(?P<before>上午|下午|오전|오후|[ap]\.?m\.?(?= ?\d))?"
_TIME = (
    r"(?P<hour>\d\d?)(?P<mark>[:.h-]) ?(?P<minute>\d\d?)?"
    r"(?:(?:(?P=mark)|m) ?(?P<second>\d\d?)?)?(?:[.,]\d+)?"
    r" ?(?P<half>[ap]\.?m\b)?"
)
_TEXT = re.compile(rf"{_DAY}(?:[ T]*{_BEFORE}[ T]*(?<!\d){_TIME})?", re.IGNORECASE)
_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[ T]?(\d\d)(\d\d)(\d\d)?)?(?!\d)")
_IN_WORDS = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +)?(?P<month>[a-z]{3})[a-z]* +(?P<day>\d\d?) +"
    r"(?P<time>\d\d:\d\d(?::\d\d)?)(?: [A-Z]{1,5}(?:[+-]\d\d:?\d\d)?)? +(?P<year>\d{4})",
    re.IGNORECASE,
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_AFTERNOON = ("下午", "오후")
_NAME = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<mark>[-_.]?)(?P<month>\d\d)(?P=mark)(?P<day>\d\d)"
    r"(?:(?: (?:[^\W\d_]{1,5}\.? ){1,2}|[-_ T.]|(?<=\d{8})(?=\d{6}))"
    r"(?P<hour>\d\d|(?<= )\d(?=[-_.:]))(?P<colon>[-_.:]?)"
    r"(?P<minute>\d\d)(?P=colon)(?P<second>\d\d)(?:[\s_]?(?P<half>[ap])\.?m\b)?)?"
    r"(?!\d{1,2}(?!\d))",
    re.IGNORECASE,
)
_CAMERA = re.compile(
    r"(?:IMG|MVIMG|PXL|PANO|BURST|DSC|DSCF|PIC|PHOTO|SAVE|VID|WP|WhatsApp Image|Screenshot|signal)"
    r"[-_ ]?$",
    re.IGNORECASE,
)


def date_of_text(text: str) -> datetime | None:
    """Read a date from EXIF, in whole seconds without a time zone; None if it is not a date.

    Cameras omit seconds or the whole time, write blanks instead, hour 24 for the first hour of the
    day, second 60, single digits, 12-hour times with AM and PM in some languages, digits without
    separators, and months as words.

    >>> date_of_text("2024:05:31 18:30:07"), date_of_text("2019:1:1 24:04")
    (datetime.datetime(2024, 5, 31, 18, 30, 7), datetime.datetime(2019, 1, 1, 0, 4))
    >>> date_of_text("0000:00:00 00:00:00") is None
    True
    """
    text = text[:LONGEST].strip(" \"'")
    if (worded := _IN_WORDS.match(text)) and worded["month"].lower() in _MONTHS:
        month = _MONTHS.index(worded["month"].lower()) + 1
        text = f"{worded['year']}:{month}:{worded['day']} {worded['time']}"
    if (match := _TEXT.match(text)) is not None:
        year, month, day, hour, minute, second = (
            int(match[part] or 0) for part in (1, 2, 3, "hour", "minute", "second")
        )
        half = match["half"] or match["before"]
        if half:
            hour = _hour_of_half(hour, "p" if half in _AFTERNOON else half)
    elif (match := _DIGITS.match(text)) is not None:
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    else:
        return None
    time = _time(year, month, day, hour % 24 if hour == 24 else hour, minute, second)
    return time if time is not None and time.year >= FIRST_PHOTO else None


def date_of_name(name: str) -> datetime | None:
    """Read the date in the name of a file, as cameras and phones write them; None if there is none.

    Eight digits alone may be anything: they count as a date only after a prefix such as `IMG`, or
    before a time.

    >>> date_of_name("IMG_20240101_123059.jpg"), date_of_name("IMG-20240101-WA0007.jpg")
    (datetime.datetime(2024, 1, 1, 12, 30, 59), datetime.datetime(2024, 1, 1, 0, 0))
    >>> date_of_name("Screen Shot 2024-01-01 at 9.05.59 PM.png")
    datetime.datetime(2024, 1, 1, 21, 5, 59)
    >>> date_of_name("part 20240101.jpg") is None
    True
    """
    for match in _NAME.finditer(name):
        year, month, day = (int(match[part]) for part in ("year", "month", "day"))
        hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
        if match["half"]:
            hour = _hour_of_half(hour, match["half"])
        is_told = match["mark"] or match["hour"] or _CAMERA.search(name, 0, match.start())
        time = _time(year, month, day, hour, minute, second)
        if is_told and time is not None and FIRST_DIGITAL <= year <= datetime.now().year + 1:
            return time
    return None


def _hour_of_half(hour: int, half: str) -> int:
    """Return the hour of the day for a 12-hour time with `am` or `pm`."""
    return hour % 12 + 12 * (half[0] in "pP") if hour <= 12 else hour


def _time(year: int, month: int, day: int, hour: int, minute: int, second: int) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, min(second, 59) if second == 60 else second)
    except ValueError:  # for example month 13, or all zeros
        return None
