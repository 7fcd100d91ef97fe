"""Links to the files of a scene that work without keys for some time."""

from __future__ import annotations

from components.publish.scenes.latest import read_latest
from components.shared.errors import InputError
from components.shared.run_layout import FLYTHROUGH, REPORT_PAGE, SCENE_SOG, THUMBNAIL, VIEWER
from components.shared.storage import join, open_storage

_SHARED = (VIEWER, SCENE_SOG, REPORT_PAGE, THUMBNAIL, FLYTHROUGH)


def share_links(scene: str, seconds: int) -> dict[str, str]:
    """Links by the names of files: of the latest version where `scene` has versions, else of its own files.

    Raises:
        InputError: nothing to share is there, or the results are on this machine.
    """
    latest = read_latest(open_storage(scene))
    place = join(scene, latest.version) if latest and latest.version else scene
    storage = open_storage(place)
    links = {name: storage.link(name, seconds) for name in _SHARED if storage.exists(name)}
    if not links:
        raise InputError(
            f"there is no scene at {scene}",
            remedy="Give the output of a run that succeeded, or the folder of one scene of an inbox.",
        )
    return links
