"""Reads an XMP packet, which is RDF in XML, as properties; nothing outside the packet is loaded.

A packet may come from anyone, so its bytes, elements and depth are limited, and a document type
declaration, which could define entities, is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

__all__ = ["MOST_BYTES", "Node", "XmpPacket", "read_packet"]

MOST_BYTES = 4 * 2**20
MOST_ELEMENTS = 20_000
DEEPEST = 40
LONGEST_TEXT = 50_000

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_LISTS = {f"{RDF} Alt", f"{RDF} Bag", f"{RDF} Seq"}


class _RefusedError(Exception):
    """Stops reading a packet; the message is the reason."""


@dataclass
class Node:
    """An element; it and its attributes are named by namespace, a space and the local name."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    def child(self, name: str) -> Node | None:
        """Return the first child with this name; None if there is none."""
        return next((each for each in self.children if each.name == name), None)

    @property
    def text(self) -> str:
        """Its own text, or if it has a list, the item in the default language or the first item."""
        items = self.items()
        if not items:
            return "".join(self.pieces).strip()
        lang = "http://www.w3.org/XML/1998/namespace lang"
        default = next((i for i in items if i.attributes.get(lang) == "x-default"), items[0])
        return "".join(default.pieces).strip()

    def items(self) -> list[Node]:
        """Return the items of its list; none if it has no list."""
        lists = [each for each in self.children if each.name in _LISTS]
        return [item for each in lists for item in each.children if item.name == f"{RDF} li"]

    def values(self) -> list[str]:
        """Return the texts of its list, or its own text; without empty ones."""
        items = self.items()
        texts = [each.text for each in items] if items else [self.text]
        return [text for text in texts if text]

    def fields(self) -> Properties:
        """Return the properties of a structure, with or without an `rdf:Description` in it."""
        within = self.child(f"{RDF} Description") or self
        return Properties.of(within)


@dataclass(frozen=True)
class Properties:
    """Properties by name: namespace, a space and the local name."""

    texts: Mapping[str, str]
    nodes: Mapping[str, Node]

    @classmethod
    def of(cls, *nodes: Node) -> Properties:
        """Return the properties of elements, the first of each name."""
        texts: dict[str, str] = {}
        held: dict[str, Node] = {}
        for node in nodes:
            for name, text in node.attributes.items():
                texts.setdefault(name, text)
            for child in node.children:
                held.setdefault(child.name, child)
        return cls(texts, held)

    def text(self, *names: str) -> str:
        """Return the first text that these properties have, in the order given; else empty."""
        for name in names:
            node = self.nodes.get(name)
            text = self.texts.get(name, "").strip() or (node.text if node is not None else "")
            if text:
                return text
        return ""

    def values(self, name: str) -> list[str]:
        """Return the texts of a property's list."""
        node = self.nodes.get(name)
        own = self.texts.get(name, "").strip()
        return node.values() if node is not None else [own] if own else []


@dataclass(frozen=True)
class XmpPacket:
    """What was read of a packet, and a note on why the rest was not; empty if all was read."""

    properties: Properties
    note: str = ""


def read_packet(content: bytes) -> XmpPacket:
    """Return the properties of a packet; of a truncated or damaged one, those before the damage.

    >>> read_packet(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>").note
    'XMP has a document type declaration, which is not allowed'
    """
    reader = _Reader()
    note = ""
    if len(content) > MOST_BYTES:
        note = f"XMP has {len(content):,} bytes, of which only {MOST_BYTES:,} are read"
    try:
        reader.parser.Parse(content[:MOST_BYTES].strip(b"\0 \r\n\t"), True)
    except _RefusedError as refused:
        note = str(refused)
    except (expat.ExpatError, ValueError, LookupError) as error:
        note = note or f"XMP is damaged: {error}"
    return XmpPacket(Properties.of(*_descriptions(reader.root)), note)


def _descriptions(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.name == f"{RDF} RDF":
            yield from (each for each in node.children if each.name == f"{RDF} Description")
        else:
            waiting += reversed(node.children)


class _Reader:
    """Builds the tree of nodes from the parser's events."""

    def __init__(self) -> None:
        self.root = Node("")
        self._open = [self.root]
        self._elements = self._letters = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise _RefusedError(
                f"XMP has more than {MOST_ELEMENTS:,} elements, the rest is not read"
            )
        if len(self._open) > DEEPEST:
            raise _RefusedError(f"XMP is nested more than {DEEPEST} deep, the rest is not read")
        kept = {key: value[:LONGEST_TEXT] for key, value in attributes.items()}
        node = Node(name, kept)
        self._open[-1].children.append(node)
        self._open.append(node)
        self._letters = 0

    def _end(self, _: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._letters < LONGEST_TEXT:
            self._open[-1].pieces.append(text[: LONGEST_TEXT - self._letters])
        self._letters += len(text)

    def _refuse(self, *_: object) -> None:
        raise _RefusedError("XMP has a document type declaration, which is not allowed")
