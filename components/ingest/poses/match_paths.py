"""Find the files that another file names by paths, as many programs write them."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from components.ingest.source.suffixes import PHOTO_SUFFIXES, RAW_SUFFIXES, UNSUPPORTED_SUFFIXES

_SUFFIXES = (".png", ".jpg", ".jpeg", *sorted(PHOTO_SUFFIXES - {".png", ".jpg", ".jpeg"}))
_PICTURE_SUFFIXES = PHOTO_SUFFIXES | RAW_SUFFIXES | UNSUPPORTED_SUFFIXES
_SMALLER_COPIES = ("images_2", "images_4", "images_8")
"""Folders of nerfstudio and Mip-NeRF 360 for copies of the photos in `images`, shrunk by 2, 4 and 8."""


class PathMatcher:
    """Finds names of a capture's files."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = set(names)
        self._by_case: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for name in self._names:
            self._by_case[name.casefold()].append(name)
            if key := picture_stem(name):
                self._by_stem[key].append(name)

    def find(self, path: str, folder: str) -> str | None:
        """The name of the file that a file in `folder` calls `path`; None if there is none or several.

        The suffix may be absent, doubled or in another case, `%20` may stand for a space, `\\` for `/`, and
        smaller copies for the photos. Where there is no such file, the only picture of that name in another
        format counts: photos are often converted after a program named them. An absolute path, or one that
        leads out of the capture, is that of another machine: the longest end of it that is a name counts.
        """
        path = path.replace("\\", "/").strip()
        spelled = dict.fromkeys((path, unquote(path)))
        candidates = [name for each in spelled for name in _candidates(each, folder)]
        found = (find(name) for find in (self._spelled, self._converted) for name in candidates)
        return next(filter(None, found), None)

    def _spelled(self, candidate: str) -> str | None:
        for name in _with_suffixes(candidate):
            if name in self._names:
                return name
        for name in _with_suffixes(candidate):
            found = self._by_case.get(name.casefold(), [])
            if len(found) == 1:
                return found[0]
        return None

    def _converted(self, candidate: str) -> str | None:
        found = self._by_stem.get(picture_stem(candidate), [])
        return found[0] if len(found) == 1 else None


def picture_stem(name: str) -> str:
    """The name of a picture without its suffix, in lower case; empty for other files."""
    stem, suffix = posixpath.splitext(name)
    return stem.casefold() if suffix.lower() in _PICTURE_SUFFIXES else ""


def is_converted(path: str, name: str) -> bool:
    """Whether the file `name`, which `path` means, is in another format than `path` says."""
    said, found = picture_stem(path.replace("\\", "/")), picture_stem(name)
    suffixes = {posixpath.splitext(each)[1].lower() for each in (path, name)}
    return bool(said) and posixpath.basename(said) == posixpath.basename(found) and len(suffixes) > 1


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
    """Whether a path is absolute, has a drive, or is an address: `file:///`, `https://`."""
    return path.startswith("/") or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/", path) is not None


def _with_suffixes(name: str) -> Iterator[str]:
    yield name
    yield from (name + suffix for suffix in _SUFFIXES)
    stem, suffix = posixpath.splitext(name)
    if suffix and stem.lower().endswith(suffix.lower()):
        yield stem
