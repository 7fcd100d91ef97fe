"""The base of all contracts: immutable, checked when made, read and written as JSON in one way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from components.shared.errors import InputError
from components.shared.files import write_json

SchemaVersion = Annotated[Literal[1], Field(alias="schema")]
"""Type of a document's field `schema_version`, which is called `schema` in the file."""

_REQUIRED = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "tuple": "a list",
    "dict": "an object",
    "model": "an object",
}
"""What a value must be, by the first word of pydantic's type of error."""


class Contract(BaseModel):
    """A value of a JSON file. Unknown fields are ignored; absent ones have their defaults."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        json_schema_serialization_defaults_required=True,
    )

    @classmethod
    def read(cls, path: Path) -> Self:
        """The content of the file `path`.

        Raises:
            InputError: it is no JSON, or a value is missing or not allowed; the message names the first one.
        """
        return cls.parse(path.read_bytes(), path.name)

    @classmethod
    def parse(cls, text: bytes | str, name: str) -> Self:
        """The content of JSON `text`; `name` is what errors call it.

        Raises:
            InputError: as `read`.
        """
        try:
            return cls.model_validate(json.loads(text))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            message = _message(first["type"], _path(first["loc"]), first["input"], first)
            raise InputError(f"{name}: {message}", remedy=f"Make {name} again, with this version.") from error
        except ValueError as error:
            raise InputError(f"{name} is no JSON: {error}", remedy=f"Make {name} again.") from error

    def write(self, path: Path) -> None:
        """Write indented UTF-8 JSON; the file appears whole or not at all."""
        write_json(path, self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Plain values, in the order of the fields."""
        return self.model_dump(mode="json")

    def replace(self, **changes: Any) -> Self:
        """A copy with other values of some fields, which are checked.

        Raises:
            pydantic.ValidationError: a value is not allowed.
            TypeError: there is no such field.
        """
        unknown = changes.keys() - type(self).model_fields.keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(sorted(unknown))}")
        return self.model_validate({**dict(self), **changes})


def _path(location: tuple[int | str, ...]) -> str:
    """`images[3].width` for ("images", 3, "width")."""
    parts = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return parts.removeprefix(".") or "the file"


def _message(kind: str, path: str, value: Any, error: Mapping[str, Any]) -> str:
    if kind == "missing":
        return f"{path} is missing"
    expected = error.get("ctx", {}).get("expected") if kind in ("enum", "literal_error") else None
    required = expected or _REQUIRED.get(kind.split("_")[0])
    what = f"it must be {required}" if required else error["msg"]
    return f"{path} is {value!r}; {what}" if len(repr(value)) < 100 else f"{path}: {what}"
