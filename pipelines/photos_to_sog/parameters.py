"""Signatures of the pipelines: their own parameters, the options, and a text of settings per stage."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from pipelines.photos_to_sog.options import Option

_TEXTS = {
    "inbox": "the inbox, such as quiet_minutes=15",
    "inspect": "the inspection, such as enabled=on",
    "ingest": "ingest, such as min_images=10",
    "sfm": "structure from motion, such as max_features=4096,min_points=500",
    "train": "training, such as steps=7000,sh_degree=2,ssim_lambda=0.1",
    "compress": "compression, such as max_palette_entries=4096",
    "evaluate": 'evaluation, such as min_psnr_db=15,title="Castle, east wing"',
    "publish": "the report, such as gpu_usd_per_hour=1.2",
}


def with_parameters(options: Iterable[Option], stages: Iterable[str]) -> Callable[[Callable[..., Any]], Any]:
    """Give a function with `**chosen` the options and the `<stage>_settings` as parameters of their own.

    Kubeflow's compiler reads the signature and the section `Args` of the docstring, and calls with positional
    arguments.
    """
    described = {option.name: (option.kind, option.default, option.help) for option in options}
    described |= {
        f"{stage}_settings": (str, "", f"Any settings of {_TEXTS[stage]}; they win over parameters.")
        for stage in stages
    }

    def decorate(function: Callable[..., Any]) -> Any:
        own = [
            each
            for each in inspect.signature(function).parameters.values()
            if each.kind is not each.VAR_KEYWORD
        ]
        added = [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind)
            for name, (kind, default, _) in described.items()
        ]
        signature = inspect.Signature([*own, *added])

        @functools.wraps(function)
        def with_all(*args: Any, **kwargs: Any) -> Any:
            return function(**signature.bind(*args, **kwargs).arguments)

        with_all.__signature__ = signature  # type: ignore[attr-defined]
        lines = [f"    {name}: {text}" for name, (_, _, text) in described.items()]
        with_all.__doc__ = "\n".join([inspect.getdoc(function) or "", *lines])
        return with_all

    return decorate


def options_text(options: Iterable[Option], channels: dict[str, Any]) -> str:
    """The options as `name=value,name=value`, where Kubeflow puts in the values when the task begins.

    Its launcher puts them into JSON unescaped, so that a quote would break the task's input: these options
    are numbers or choices, and free text has a parameter of its own.
    """
    return ",".join(f"{each.name}={channels[each.name]}" for each in options if not each.is_text)


def text_options(options: Iterable[Option], channels: dict[str, Any]) -> dict[str, Any]:
    """The options of free text, as parameters of a task by name."""
    return {each.name: channels[each.name] for each in options if each.is_text}
