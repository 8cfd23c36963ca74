"""A page of results: one self-contained HTML file.

Thumbnails are embedded, every text is escaped, and the page has no script and loads nothing.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape as html_escape
from importlib.resources import files
from itertools import groupby
from pathlib import Path

from search.output import weakness
from search.printable import printable
from search.result import Hit, HitGroup, match_percent
from store.photo_names import base_name

__all__ = ["Answer", "Credit", "render_page", "thumbnail", "write_page"]

THUMBNAIL_PX = 320


@dataclass(frozen=True)
class Answer:
    """A query, its hits, best first, and notes on them, a line each."""

    query: str
    hits: Sequence[Hit]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Credit:
    """The origin of photos, shown at the foot of the page."""

    photos: str
    source: str
    licence: str


def write_page(
    path: Path,
    answers: Sequence[Answer],
    *,
    title: str = "Search results",
    intro: str = "",
    sources: Sequence[Credit] = (),
) -> None:
    """Write the page of `render_page`, replacing what was there."""
    page = render_page(answers, title=title, intro=intro, sources=sources)
    path.write_text(page, encoding="utf-8", errors="replace")


def render_page(
    answers: Sequence[Answer],
    *,
    title: str = "Search results",
    intro: str = "",
    sources: Sequence[Credit] = (),
) -> str:
    """Return one self-contained HTML page with a section for each query, in order.

    A photo that can no longer be read is replaced by a grey box; its other facts stay.
    """
    style = (files("search.output") / "page.css").read_text(encoding="utf-8")
    sections = "\n".join(_section(number, answer) for number, answer in enumerate(answers, 1))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header>\n<h1>{escape(title)}</h1>\n{_paragraph(intro)}</header>\n"
        f"<main>\n{sections}\n</main>\n{_credits(sources)}</body>\n</html>\n"
    )


def thumbnail(photo: Path | str, longest_px: int = THUMBNAIL_PX) -> str | None:
    """Return a photo, by its name, as a JPEG data URI; None if it cannot be read.

    It is at most `longest_px` wide and high.
    """
    from indexer.photos.decode import UnreadableImage, decode_bytes
    from indexer.sources import open_photo

    try:
        image = decode_bytes(open_photo(photo))
    except (OSError, UnreadableImage):
        return None
    image.thumbnail((longest_px, longest_px))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def escape(text: str) -> str:
    """Return an untrusted text, escaped for the page."""
    return html_escape(printable(text))


def _section(number: int, answer: Answer) -> str:
    weak = weakness(answer.hits)
    notes = dict.fromkeys([*answer.notes, *([weak] if weak else [])])
    return (
        f'<section aria-labelledby="query-{number}">\n'
        f'<h2 id="query-{number}">{escape(answer.query)}</h2>\n'
        + "".join(f'<p class="weak">{escape(note[0].upper() + note[1:])}.</p>\n' for note in notes)
        + "".join(
            _group(answer.query, *each) for each in groupby(answer.hits, lambda hit: hit.group)
        )
        + "</section>"
    )


def _group(query: str, group: HitGroup, hits: Iterable[Hit]) -> str:
    cards = "\n".join(_card(hit, query) for hit in hits)
    heading = group.heading[0].upper() + group.heading[1:]
    return (
        f"<h3>{escape(heading)} <span>{escape(group.meaning)}</span></h3>\n"
        f'<ol class="hits">\n{cards}\n</ol>\n'
    )


def _card(hit: Hit, query: str) -> str:
    name = base_name(hit.name)
    alt = hit.captions[0] if hit.captions else f"Photo {name}, hit {hit.rank} for: {query}"
    uri = thumbnail(hit.name)
    picture = (
        f'<img src="{uri}" alt="{escape(alt)}" loading="lazy">'
        if uri
        else f'<div class="gone" role="img" aria-label="{escape(alt)}">no longer readable</div>'
    )
    captions = "".join(f"<li>{escape(caption)}</li>" for caption in hit.captions)
    return (
        f'<li class="hit"><figure>{picture}\n<figcaption>\n'
        f'<div class="facts"><span class="rank">{hit.rank}</span>'
        f'<span class="match">{escape(match_percent(hit.probability))} match</span>'
        f'<span class="score">score {hit.score:.3f}</span></div>\n'
        f'<div class="bar" aria-hidden="true"><i style="width:{_clipped(hit):.1f}%"></i></div>\n'
        f'<div class="name" title="{escape(hit.name)}">{escape(name)}</div>\n'
        + (f'<ul class="captions">{captions}</ul>\n' if captions else "")
        + _categories(hit)
        + "</figcaption></figure></li>"
    )


def _clipped(hit: Hit) -> float:
    return min(max(hit.probability, 0.0), 1.0) * 100


def _categories(hit: Hit) -> str:
    if not hit.categories:
        return ""
    tags = "".join(f"<span>{escape(name)}</span>" for name in hit.categories)
    return f'<div class="tags">{tags}</div>\n'


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>\n" if text else ""


def _credits(sources: Sequence[Credit]) -> str:
    if not sources:
        return ""
    rows = "\n".join(
        f"<tr><td>{escape(credit.photos)}</td><td>{escape(credit.source)}</td>"
        f"<td>{escape(credit.licence)}</td></tr>"
        for credit in sources
    )
    return (
        '<footer>\n<h2>Where the photos come from</h2>\n<div class="scroll"><table>\n'
        "<thead><tr><th>Photos</th><th>Source</th><th>Licence</th></tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody></table></div>\n</footer>\n"
    )
