"""XML of untrusted files: bounded in size, and without document types, so that no entity can expand."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from xml.parsers import expat

from components.ingest.poses.damaged import damaged

_MAX_DEPTH = 100


def read_xml(path: Path, source: str, max_bytes: int) -> ET.Element:
    """The root of the document; names have the form `{namespace}name`.

    Raises:
        InputError: it is larger than `max_bytes`, is damaged, nests deeper than 100 elements, or declares a
            document type.
    """
    size = path.stat().st_size
    if size > max_bytes:
        raise damaged(source, f"{size} bytes; the limit is {max_bytes}")
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise damaged(source, f"it nests more than {_MAX_DEPTH} elements")
        builder.start(_qualified(name), {_qualified(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_qualified(name))

    def refuse_type(*_: object) -> None:
        raise damaged(source, "it declares a document type, which exports of poses do not have")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse_type
    try:
        parser.Parse(path.read_bytes(), True)
        return builder.close()
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise damaged(source, str(error)) from error


def _qualified(name: str) -> str:
    return "{" + name if "}" in name else name
