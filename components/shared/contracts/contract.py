"""The base of all contracts: immutable, checked when made, read and written as JSON in one way."""

from __future__ import annotations

import json
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
_LONGEST_SHOWN = 100
"""Characters of a refused value that messages show; longer values are left out."""


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
            message = f"{name}: {first_problem(error)}"
            raise InputError(message, remedy=f"Make {name} again, with this version.") from error
        except (ValueError, RecursionError) as error:
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


def first_problem(error: ValidationError) -> str:
    """The first value that was refused, such as `images[3].width is 'x'; it must be a whole number`."""
    first = error.errors(include_url=False)[0]
    kind, value = first["type"], repr(first["input"])
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    path = "".join(parts).removeprefix(".") or "the file"
    if kind == "missing":
        return f"{path} is missing"
    expected = first["ctx"]["expected"] if kind in ("enum", "literal_error") else None
    required = expected or _REQUIRED.get(kind.split("_")[0])
    what = f"it must be {required}" if required else first["msg"]
    return f"{path} is {value}; {what}" if len(value) < _LONGEST_SHOWN else f"{path}: {what}"
