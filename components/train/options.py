"""Settings of training as one line of text, for those that have no parameter of their own."""

from __future__ import annotations

import types
from dataclasses import fields
from typing import Any, get_args, get_origin, get_type_hints

from components.train.recipe import Recipe
from components.train.settings import TrainSettings

_TRUTH = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


def parse_options(text: str) -> dict[str, Any]:
    """Arguments for `TrainSettings` from `name=value,name=value`; those of `Recipe` are gathered in `recipe`.

    Raises:
        ValueError: no such setting, or a value of another type.
    """
    known, choices = _types(TrainSettings), _types(Recipe)
    arguments: dict[str, Any] = {}
    recipe: dict[str, Any] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, equals, value = (each.strip() for each in part.partition("="))
        if not equals:
            raise ValueError(f"{part!r} is no setting of training; write NAME=VALUE, and commas between them")
        if name in choices:
            recipe[name] = _value(name, value, choices[name])
        elif name in known:
            arguments[name] = _value(name, value, known[name])
        else:
            raise ValueError(f"{name!r} is no setting of training; known are {', '.join([*known, *choices])}")
    return {**arguments, "recipe": recipe} if recipe else arguments


def check_options(text: str) -> None:
    """Refuse what training would refuse, before hours of other work.

    Raises:
        ValueError: with the setting, its value and its limits.
    """
    TrainSettings(**parse_options(text))


def _types(settings: type) -> dict[str, type]:
    """Plain types by name; `int | None` counts as int."""
    hints = get_type_hints(settings)
    plain = {}
    for each in fields(settings):
        hint = hints[each.name]
        if isinstance(hint, types.UnionType):
            hint = next(kind for kind in get_args(hint) if kind is not type(None))
        if get_origin(hint) is None:
            plain[each.name] = hint
    return plain


def _value(name: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text.lower() not in _TRUTH:
            raise ValueError(f"{name} is {text!r}; it must be on or off")
        return _TRUTH[text.lower()]
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}; it must be a number") from None
