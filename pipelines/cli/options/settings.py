"""Options for settings: one for each first-class setting, --set and --config."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from components.shared.settings import Settings
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.photos_to_sog.options import Option

_PANEL = "Settings"
_METAVARS = {bool: "on|off", int: "N", float: "X", str: "NAME"}

_Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        rich_help_panel=_PANEL,
        help="YAML of settings by stage and name, or the report.json of a run to repeat; all others win.",
    ),
]
_Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="STAGE.NAME=VALUE",
        rich_help_panel=_PANEL,
        help="Any setting of docs/options.md, such as train.sh_degree=2; repeatable; wins over all others.",
    ),
]
_Training = Annotated[str, typer.Option("--training", metavar="NAME=VALUE,…", hidden=True)]


def takes_settings(
    options: tuple[Option, ...], kinds: Mapping[str, type[Settings]], *, on_cluster: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator: replace a command's parameter `settings` by options, and call it with the given settings.

    `on_cluster`: --set also takes the pipeline's other parameters, such as train_memory=20Gi.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [
            each
            for each in inspect.signature(command, eval_str=True).parameters.values()
            if each.name != "settings"
        ]
        added = [
            *(_parameter(option.name, _annotation(option), None) for option in options),
            _parameter("set_", _Set, None),
            _parameter("config", _Config, None),
            _parameter("training", _Training, ""),
        ]

        def with_settings(**arguments: Any) -> None:
            values = {option.name: arguments.pop(option.name) for option in options}
            settings = GivenSettings(
                options=options,
                kinds=kinds,
                config=arguments.pop("config"),
                values={name: value for name, value in values.items() if value is not None},
                training=arguments.pop("training"),
                assignments=tuple(arguments.pop("set_") or ()),
                on_cluster=on_cluster,
            )
            command(**arguments, settings=settings)

        parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*own, *added)]
        with_settings.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        with_settings.__annotations__ = {each.name: each.annotation for each in parameters}
        with_settings.__name__, with_settings.__doc__ = command.__name__, command.__doc__
        return with_settings

    return decorate


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _annotation(option: Option) -> Any:
    """Text for every kind of value: it is checked with the other settings and refused with the same words."""
    setting = option.settings[0]
    limits = f"{setting.range}; " if setting.range and not setting.choices else ""
    return Annotated[
        str | None,
        typer.Option(
            f"--{option.name.replace('_', '-')}",
            metavar=_METAVARS[option.kind],
            rich_help_panel=_PANEL,
            help=f"{option.help} ({limits}default: {_shown(option.default)})",
        ),
    ]


def _shown(default: Any) -> Any:
    return ("off", "on")[default] if isinstance(default, bool) else default
