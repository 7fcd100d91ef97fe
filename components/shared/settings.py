"""Settings of a stage as a Pydantic model: type, range, default and help of each setting stand in one place.

Values come from Python, the command line, YAML, `report.json`, or one line of text such as
`max_features=4096,min_points=500` (`kfp recurring-run create` passes nothing but text). All of them are
checked here and refused with the same words.
"""

from __future__ import annotations

import difflib
import json
import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator

from components.shared.errors import InputError
from components.shared.setting import Setting

_PART = re.compile(r'(?:[^,"]|"[^"]*"?)+')
_log = logging.getLogger(__name__)


class Settings(BaseModel):
    """Base of the stages' settings. A field that is a `Settings` itself lends its fields: names stay flat.

    Raises, where one is made:
        InputError: a name or a value that is not allowed; the message has the name, the value and what is.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        coerce_numbers_to_str=True,
    )

    stage: ClassVar[str]
    """The stage whose settings these are: the part of a setting's full name before the dot."""
    renamed: ClassVar[Mapping[str, str]] = {}
    """Present names by deprecated ones, which are still understood."""

    @classmethod
    def settings(cls) -> dict[str, Setting]:
        """Every setting by its name, those of inner models included."""
        found: dict[str, Setting] = {}
        for name, field in cls.model_fields.items():
            inner = _inner_model(field.annotation)
            found |= inner.settings() if inner else {name: Setting.of(cls.stage, name, field)}
        return found

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Settings from `name=value,name=value` or from a JSON object."""
        return cls.model_validate(parse_text(cls.stage, text))

    def resolved(self) -> dict[str, Any]:
        """Every setting by its name, as JSON has it."""
        flat: dict[str, Any] = {}
        for name, value in self.model_dump(mode="json").items():
            inner = getattr(self, name)
            flat |= inner.resolved() if isinstance(inner, Settings) else {name: value}
        return flat

    def changed(self) -> dict[str, Any]:
        """The settings that differ from the defaults; of an inner model those that were given."""
        flat: dict[str, Any] = {}
        for name, value in self.model_dump(mode="json").items():
            inner = getattr(self, name)
            if isinstance(inner, Settings):
                flat |= {each: inner.resolved()[each] for each in inner.model_fields_set}
            elif inner != type(self).model_fields[name].default:
                flat[name] = value
        return flat

    def to_text(self) -> str:
        """The canonical text: equal settings have equal texts, so that it is fit for the key of a cache."""
        return canonical_text(self.changed())

    @classmethod
    def with_present_names(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """The same values, those with a deprecated name under the present one."""
        return {cls._present_name(name, given): value for name, value in given.items()}

    @model_validator(mode="wrap")
    @classmethod
    def _check(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(cls._normalized(given) if isinstance(given, Mapping) else given)
        except ValidationError as error:
            raise cls._refusal(error) from error

    @classmethod
    def _normalized(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Values under their present names, flat ones moved into the inner model that they belong to."""
        known = cls.settings()
        owners = {
            setting: name
            for name, field in cls.model_fields.items()
            if (inner := _inner_model(field.annotation))
            for setting in inner.model_fields
        }
        values: dict[str, Any] = {}
        for name, value in cls.with_present_names(given).items():
            place = values
            if name in owners:
                place = values.setdefault(owners[name], {})
            elif name not in known and name not in cls.model_fields:
                raise unknown_setting(cls.stage, name, known)
            place[name] = known[name].normalized(value) if name in known else value
        return values

    @classmethod
    def _present_name(cls, name: str, given: Mapping[str, Any]) -> str:
        present = cls.renamed.get(name, name)
        if present != name:
            if present in given:
                raise InputError(
                    f"{cls.stage}.{present} is given twice, also by its old name {name}",
                    remedy="Give it once, by its present name.",
                )
            _log.warning("%s.%s is deprecated; its name is %s.%s", cls.stage, name, cls.stage, present)
        return present

    @classmethod
    def _refusal(cls, error: ValidationError) -> InputError:
        """The first fault that Pydantic found, in the words of this project."""
        first = error.errors()[0]
        return cls.settings()[str(first["loc"][0])].refusal(first["input"])


def _inner_model(annotation: Any) -> type[Settings] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, Settings) else None


def canonical_text(values: Mapping[str, Any]) -> str:
    """Values by name as one line of JSON that `parse_text` reads."""
    return json.dumps(values, sort_keys=True)


def parse_text(stage: str, text: str) -> dict[str, Any]:
    """Values by name from `name=value,name=value` or from a JSON object; neither is checked.

    A value with a comma stands in double quotes: `title="Castle, east wing"`.
    """
    if text.lstrip().startswith("{"):
        return _parse_json(stage, text)
    parts: dict[str, Any] = {}
    for part in filter(None, map(str.strip, _PART.findall(text))):
        name, equals, value = map(str.strip, part.partition("="))
        if not equals or value.count('"') % 2:
            raise InputError(
                f"{part!r} is no setting of {stage}",
                remedy="Write NAME=VALUE with commas between them, and values with a comma in double quotes.",
            )
        if name in parts:
            raise InputError(
                f"{stage}.{name} is given twice, as {parts[name]!r} and {value!r}", remedy="Give it once."
            )
        parts[name] = value[1:-1] if value.startswith('"') and value.endswith('"') else value
    return parts


def _parse_json(stage: str, text: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"the settings of {stage} are no JSON: {error}",
            remedy='Write {"name": value, …}, or NAME=VALUE,….',
        ) from error
    return content


def unknown_setting(stage: str, name: str, known: Iterable[str], elsewhere: Iterable[str] = ()) -> InputError:
    """`elsewhere` are full names of other stages' settings, one of which may have been meant."""
    known = list(known)
    near = [f"{stage}.{each}" for each in difflib.get_close_matches(name, known, n=1)]
    near = [each for each in elsewhere if each.partition(".")[2] == name] or near
    hint = (
        f"Did you mean {' or '.join(near)}?" if near else f"The settings of {stage} are {', '.join(known)}."
    )
    return InputError(f"{stage} has no setting {name!r}", remedy=hint)
