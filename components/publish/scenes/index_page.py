"""`index.html` beside all scenes: one page with everything in it, which loads nothing from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from components.publish.scenes.list_scenes import Scenes, list_scenes
from components.publish.scenes.version import SHORT
from components.shared.progress import duration
from components.shared.run_layout import INDEX_PAGE
from components.shared.storage import Storage, name_of

_TEMPLATE = "scenes.html.j2"


def write_index_page(scenes: Storage) -> int:
    """Write the page of all scenes in the folder `scenes`; returns how many there are."""
    found = list_scenes(scenes)
    page = render_index_page(found, title=name_of(scenes.uri), now=datetime.now(UTC))
    scenes.write_bytes(INDEX_PAGE, page.encode(), cache_control=SHORT)
    return found.total


def render_index_page(scenes: Scenes, *, title: str, now: datetime) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = duration
    return environment.get_template(_TEMPLATE).render(
        scenes=scenes,
        title=title,
        now=now.isoformat(timespec="seconds"),
        day=now.strftime("%Y-%m-%d %H:%M UTC"),
    )
