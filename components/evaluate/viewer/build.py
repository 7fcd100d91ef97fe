"""Builds `viewer.html`: one file that shows a scene and works offline."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import JsonValue

from components.evaluate.encode_images import data_uri
from components.evaluate.look_at import LookAt
from components.evaluate.viewer import install
from components.evaluate.viewer.settings import experience_settings
from components.shared.errors import StorageError
from components.shared.files import atomic_path

_HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewerPage:
    """Content of the page besides the scene."""

    title: str
    initial: LookAt
    """Camera when the page opens."""
    tour: Sequence[LookAt] = ()
    """Loop along the capture, played on demand."""
    tour_seconds: float = 30.0
    background: Sequence[float] = (0.0, 0.0, 0.0)
    """sRGB in [0, 1]."""
    poster: bytes | None = None
    """WebP shown while the scene loads."""
    antialiased: bool = False
    """Whether the scene is rendered with opacity compensation."""


def build_viewer(sog: Path, html: Path, page: ViewerPage) -> None:
    """Write the page with `sog` embedded to `html`.

    Raises:
        StorageError: the viewer is not installed.
    """
    folder = install.viewer_folder()
    version = install.installed_version(folder)
    if version is None:
        raise StorageError(
            f"PlayCanvas' viewer is not installed in {folder}",
            remedy="Run `make install`, or `python -m components.evaluate.viewer.install --version 1.36.2`.",
        )
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    parts = environment.get_template("page.html.j2").stream(
        title=page.title,
        version=version,
        license=(folder / install.LICENSE).read_text(encoding="utf-8").replace("--", "- -"),
        background=_css_color(page.background),
        viewer_style=Markup((folder / install.STYLE).read_text(encoding="utf-8")),
        viewer_script=script_text(_without_source_map((folder / install.SCRIPT).read_text(encoding="utf-8"))),
        boot=json_text(_boot(page)),
        boot_script=script_text((_HERE / "boot.js").read_text(encoding="utf-8")),
        sog=Markup(base64.b64encode(sog.read_bytes()).decode("ascii")),
    )
    with atomic_path(html) as temporary:
        parts.dump(str(temporary), encoding="utf-8")


def script_text(script: str) -> Markup:
    """JavaScript for a script element, with the sequences escaped that HTML's parser interprets.

    The three sequences occur only inside strings, templates and regular expressions, where the escape has
    the same meaning.
    """
    return Markup(re.sub(r"<(?=/script|script|!--)", r"\\x3c", script, flags=re.IGNORECASE))


def json_text(value: JsonValue) -> Markup:
    """JSON for a script element."""
    return Markup(json.dumps(value, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c"))


def _boot(page: ViewerPage) -> dict[str, JsonValue]:
    return {
        "settings": experience_settings(page.initial, page.tour, page.tour_seconds, page.background),
        "tangents": [page.initial.tan_x, page.initial.tan_y],
        "poster": None if page.poster is None else data_uri(page.poster),
        "antialiased": page.antialiased,
    }


def _css_color(background: Sequence[float]) -> str:
    return f"rgb({', '.join(str(round(255 * channel)) for channel in background)})"


def _without_source_map(script: str) -> str:
    return re.sub(r"\n//# sourceMappingURL=\S+\s*$", "\n", script)
