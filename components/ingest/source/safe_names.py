"""Names of photos that every file system, COLMAP and a terminal can handle."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

_MAX_PART_BYTES, _MAX_PATH_BYTES = 120, 400
"""Later stages append suffixes; encrypted home folders of Linux take 143 bytes in a name."""
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*\\]')
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?= *(\.|$))")
_MAX_SUFFIX_BYTES = 10


def safe_name(name: str) -> str:
    """The path `name` as files may be called everywhere, with `_` in place of what they may not contain.

    Control and format characters would break COLMAP's text files and forge terminal output; bytes that are
    not UTF-8 break its database. Windows takes no `<>:"|?*` and backslash, no dot or space at the end of a
    name, and no names of devices such as `con.jpg`. Longer names than 120 bytes are cut before their suffix,
    and of paths of more than 400 bytes the first folders are left out.
    """
    parts = [_safe_part(part) for part in name.split("/")]
    while len(parts) > 1 and len("/".join(parts).encode()) > _MAX_PATH_BYTES:
        parts = parts[1:]
    return "/".join(parts)


def shown_text(text: str) -> str:
    """`text` without control and format characters, which would forge what a terminal or a page shows."""
    return "".join("_" if unicodedata.category(char)[0] == "C" else char for char in text)


def _safe_part(part: str) -> str:
    part = _NOT_ON_WINDOWS.sub("_", shown_text(part))
    part = re.sub(r"[. ]+$", "_", part)
    part = _DEVICES.sub(r"\1_", part, count=1) if _DEVICES.match(part) else part
    return _shortened(part) or "_"


def _shortened(part: str) -> str:
    if len(part.encode()) <= _MAX_PART_BYTES:
        return part
    suffix = PurePosixPath(part).suffix
    suffix = suffix if len(suffix.encode()) <= _MAX_SUFFIX_BYTES else ""
    stem = part[: len(part) - len(suffix)].encode()[: _MAX_PART_BYTES - len(suffix.encode())]
    return stem.decode(errors="ignore").rstrip(". ") + suffix


class DistinctNames:
    """Names that stay distinct on file systems that ignore case or normalize Unicode."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def add(self, name: str) -> str:
        """Take the path `name`, or one with `~2`, `~3`, … before its suffix where a file or folder has it."""
        *folders, file = name.split("/")
        for depth in range(len(folders)):
            while _key("/".join(folders[: depth + 1])) in self._files:
                folders[depth] += "~2"
        path = PurePosixPath(*folders, file)
        number, result = 1, str(path)
        while _key(result) in self._files | self._folders:
            number += 1
            result = str(path.with_name(f"{path.stem}~{number}{path.suffix}"))
        self._files.add(_key(result))
        self._folders |= {_key(str(folder)) for folder in path.parents}
        return result


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
