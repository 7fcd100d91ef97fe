"""Settings of a stage as one line of text, such as `max_features=4096,min_points=500`.

For callers that can hand over nothing but text (`kfp recurring-run create`), and for settings that have no
parameter of their own. Values with a comma stand in double quotes: `title="Castle, east wing"`.
"""

from __future__ import annotations

import difflib
import re
import types
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from components.shared.errors import InputError

FIELDS_OF = "fields_of"
"""Metadata of a field that is a dictionary: the dataclass whose fields it holds, set by their own names."""

_Settings = TypeVar("_Settings")
_PART = re.compile(r'(?:[^,"]|"[^"]*"?)+')
_TRUTH = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_ALLOWED = {bool: "on or off", int: "a whole number", float: "a number"}
_PLAIN = (bool, int, float, str, Path)


def build_settings(kind: type[_Settings], stage: str, text: str = "", **given: Any) -> _Settings:
    """Settings of the dataclass `kind` from parameters and from `text`, which wins: it is the more specific.

    A parameter of 0 or "" leaves a setting to the stage whose default is None.

    Raises:
        InputError: a name or value that is not allowed; the message names it and what is.
    """
    told = parse_settings(kind, stage, text)
    automatic = {each.name for each in fields(kind) if each.default is None}  # type: ignore[arg-type]
    chosen = {name: value for name, value in given.items() if value or name not in automatic}
    try:
        return kind(**chosen | told)
    except ValueError as error:
        is_from_text = str(error).split()[0] in _parts(stage, text)
        raise InputError(
            f"{stage}_settings: {error}" if is_from_text else str(error),
            remedy="Correct the value, then run again.",
        ) from error


def parse_settings(kind: type, stage: str, text: str) -> dict[str, Any]:
    """Arguments for the dataclass `kind` in the types of its fields; without its checks of ranges.

    Raises:
        InputError: as `build_settings`.
    """
    own, inner = _plain_fields(kind), _inner_fields(kind)
    arguments: dict[str, Any] = {}
    for name, value in _parts(stage, text).items():
        if name in own:
            arguments[name] = _value(stage, name, value, own[name])
        elif name in inner:
            field, hint = inner[name]
            arguments.setdefault(field, {})[name] = _value(stage, name, value, hint)
        else:
            raise _unknown(stage, name, [*own, *inner])
    return arguments


def _parts(stage: str, text: str) -> dict[str, str]:
    """Values by name, as they stand there."""
    parts: dict[str, str] = {}
    for part in filter(None, map(str.strip, _PART.findall(text))):
        name, equals, value = map(str.strip, part.partition("="))
        if not equals or value.count('"') % 2:
            raise InputError(
                f"{stage}_settings: {part!r} is no setting",
                remedy="Write NAME=VALUE with commas between them, and values with a comma in double quotes.",
            )
        if name in parts:
            raise InputError(
                f"{stage}_settings: {name} is given twice, as {parts[name]!r} and {value!r}",
                remedy="Give it once.",
            )
        parts[name] = value[1:-1] if value.startswith('"') and value.endswith('"') else value
    return parts


def _plain_fields(kind: type) -> dict[str, Any]:
    """Types of the fields that text can set, by name."""
    hints = get_type_hints(kind)
    names = [each.name for each in fields(kind)]
    return {name: hints[name] for name in names if _base(hints[name]) in _PLAIN}


def _inner_fields(kind: type) -> dict[str, tuple[str, Any]]:
    """Fields of dataclasses that a dictionary stands for: name of the dictionary and type, by name."""
    return {
        name: (each.name, hint)
        for each in fields(kind)
        if FIELDS_OF in each.metadata
        for name, hint in _plain_fields(each.metadata[FIELDS_OF]).items()
    }


def _base(hint: Any) -> Any:
    """`int | None` counts as int."""
    if isinstance(hint, types.UnionType):
        return next(each for each in get_args(hint) if each is not type(None))
    return hint


def _value(stage: str, name: str, text: str, hint: Any) -> Any:
    kind = _base(hint)
    if kind is not hint and text.lower() == "none":
        return None
    try:
        return _TRUTH[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        raise InputError(
            f"{stage}_settings: {name} is {text!r}; it must be {_ALLOWED[kind]}",
            remedy=f"Write {name}=VALUE with such a value.",
        ) from None


def _unknown(stage: str, name: str, known: list[str]) -> InputError:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return InputError(
        f"{stage}_settings: {name!r} is no setting of {stage}",
        remedy=f"{hint}There are {', '.join(known)}.",
    )
