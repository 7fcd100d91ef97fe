"""Find the files that another file names by paths, as many programs write them."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from components.ingest.source.suffixes import PHOTO_SUFFIXES

_SUFFIXES = (".png", ".jpg", ".jpeg", *sorted(PHOTO_SUFFIXES - {".png", ".jpg", ".jpeg"}))
_SMALLER_COPIES = ("images_2", "images_4", "images_8")
"""Folders of nerfstudio and Mip-NeRF 360 for copies of the photos in `images`, shrunk by 2, 4 and 8."""


class PathMatcher:
    """Finds names of a capture's files."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = set(names)
        self._by_case: dict[str, list[str]] = defaultdict(list)
        for name in self._names:
            self._by_case[name.casefold()].append(name)

    def find(self, path: str, folder: str) -> str | None:
        """The name of the file that a file in `folder` calls `path`; None if there is none or several.

        The suffix may be absent, doubled or in another case, `%20` may stand for a space, `\\` for `/`, and
        smaller copies for the photos. An absolute path, or one that leads out of the capture, is that of
        another machine: the longest end of it that is a name counts.
        """
        path = path.replace("\\", "/")
        for spelled in dict.fromkeys((path, unquote(path))):
            for candidate in _candidates(spelled, folder):
                found = self._spelled(candidate)
                if found:
                    return found
        return None

    def _spelled(self, candidate: str) -> str | None:
        for name in _with_suffixes(candidate):
            if name in self._names:
                return name
        for name in _with_suffixes(candidate):
            found = self._by_case.get(name.casefold(), [])
            if len(found) == 1:
                return found[0]
        return None


def _candidates(path: str, folder: str) -> Iterator[str]:
    """Names to look for, the most literal first."""
    joined = posixpath.normpath(posixpath.join(folder, path))
    if not _is_foreign(path) and not joined.startswith("../"):
        yield joined
        for copies in _SMALLER_COPIES:
            smaller = re.sub(r"(^|/)images/", rf"\g<1>{copies}/", joined)
            if smaller != joined:
                yield smaller
        return
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    for start in range(len(parts)):
        yield posixpath.join(folder, *parts[start:])


def _is_foreign(path: str) -> bool:
    return path.startswith("/") or re.match(r"[A-Za-z]:/", path) is not None


def _with_suffixes(name: str) -> Iterator[str]:
    yield name
    yield from (name + suffix for suffix in _SUFFIXES)
    stem, suffix = posixpath.splitext(name)
    if suffix and stem.lower().endswith(suffix.lower()):
        yield stem
