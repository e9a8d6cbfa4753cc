# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""XML from a source that nobody vouches for: no document types, so no entities, and no endless depth. Pure."""

from __future__ import annotations

from typing import Any, Iterator, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.errors import MAX_XML, BundleError

_DEPTH = 100


def parse(data: bytes, where: str) -> Element:
    """The root element, namespaces kept in the names as written; BundleError for anything else."""
    if len(data) > MAX_XML:
        raise BundleError(where, "too-large", f"it has more than {MAX_XML} bytes of XML, which no descriptor has")
    builder = TreeBuilder()
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEPTH:
            raise BundleError(where, "xml-depth", f"its XML is more than {_DEPTH} elements deep, which no descriptor is")
        builder.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    def doctype(*_: Any) -> NoReturn:
        raise BundleError(where, "xml-entities", "its XML declares a document type, which no descriptor does and which entity bombs need")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, builder.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = doctype
    try:
        parser.Parse(data, True)
        return builder.close()
    # What is no encoding that Python has is a LookupError or a ValueError.
    except (expat.ExpatError, LookupError, ValueError, AssertionError) as error:
        raise BundleError(where, "xml", f"its XML can't be read ({error})") from error


def text(element: Element | None, path: str, default: str = "") -> str:
    """The text at a path below an element, without blanks around it."""
    found = element.find(path) if element is not None else None
    return (found.text or "").strip() if found is not None else default


def texts(element: Element | None, path: str) -> list[str]:
    """All texts at a path, without empty ones."""
    found = element.findall(path) if element is not None else []
    return [value for value in ((each.text or "").strip() for each in found) if value]


def children(element: Element | None, path: str) -> Iterator[Element]:
    """All elements at a path."""
    return iter(element.findall(path) if element is not None else ())
