"""One setting of a stage: what may be said of it, to a reader and to whom its value was refused."""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from components.shared.errors import InputError

_KINDS = {bool: "on or off", int: "a whole number", float: "a number", str: "a text", Path: "a path"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """Read from a field of a `Settings` model."""

    stage: str
    name: str
    kind: type
    """bool, int, float, str or Path."""
    choices: tuple[str, ...]
    """The words that are allowed; empty where there is no such list."""
    bounds: Mapping[Any, float]
    """Limits by `Ge`, `Gt`, `Le` and `Lt` of annotated_types."""
    default: Any
    optional: bool
    """Whether None is allowed, which leaves the value to the stage."""
    description: str
    """The docstring of the field, on one line."""

    @classmethod
    def of(cls, stage: str, name: str, field: FieldInfo) -> Setting:
        """The setting that a field declares, by its annotation, its constraints and its docstring."""
        hint, optional = field.annotation, False
        if isinstance(hint, types.UnionType):
            optional = type(None) in get_args(hint)
            hint = next(each for each in get_args(hint) if each is not type(None))
        choices = get_args(hint) if get_origin(hint) is Literal else ()
        bounds = {
            kind: getattr(each, kind.__name__.lower())
            for each in field.metadata
            for kind in (Ge, Gt, Le, Lt)
            if isinstance(each, kind)
        }
        return cls(
            stage=stage,
            name=name,
            kind=str if choices else hint,  # type: ignore[arg-type]
            choices=choices,
            bounds=bounds,
            default=field.default,
            optional=optional,
            description=" ".join((field.description or "").split()),
        )

    @property
    def full_name(self) -> str:
        return f"{self.stage}.{self.name}"

    @property
    def zero_is_automatic(self) -> bool:
        """Whether 0 stands for None, since it is outside of the range."""
        return self.optional and (self.bounds.get(Ge, 0) > 0 or self.bounds.get(Gt, -1) >= 0)

    @property
    def help(self) -> str:
        """The description, and what 0 stands for."""
        automatic = self.zero_is_automatic and " 0: " not in self.description
        return f"{self.description} 0: automatic." if automatic else self.description

    @property
    def allowed(self) -> str:
        """What a value must be, such as `a whole number from 100 to 1000000`."""
        return self.range if self.choices else " ".join(filter(None, (_KINDS[self.kind], self.range)))

    @property
    def range(self) -> str:
        """The choices, or the limits as `from 100 to 1000000`; empty where there are none."""
        if self.choices:
            return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"
        words = ((Ge, "from"), (Gt, "above"), (Le, "to"), (Lt, "and below"))
        return " ".join(f"{word} {_plain(self.bounds[kind])}" for kind, word in words if kind in self.bounds)

    def normalized(self, value: Any) -> Any:
        """The value for Pydantic: None where it means automatic, a word where YAML made a bool of it."""
        if isinstance(value, bool):
            word = "on" if value else "off"  # YAML reads `exposure: off` as false
            return word if word in self.choices else value
        text = value.strip().lower() if isinstance(value, str) else value
        if self.optional and (text == "none" or (self.zero_is_automatic and text in (0, "0", "0.0", ""))):
            return None
        return value

    def refusal(self, value: Any) -> InputError:
        """The error of a value that is not allowed: name, value, what is allowed, and the nearest choice."""
        near = difflib.get_close_matches(str(value), self.choices, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        return InputError(
            f"{self.full_name} is {_shown(value)}; it must be {self.allowed}",
            remedy=f"{hint}Correct the value, then run again.",
        )


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _shown(value: Any) -> str:
    """Numbers as they are, also those that came as text; other text in quotes."""
    try:
        float(value)
    except (TypeError, ValueError):
        return repr(value)
    return str(value)
