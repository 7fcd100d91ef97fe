"""Replace the 360° photos of a capture by flat views of them, each a photo of its own."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from components.ingest.metadata.read_exif import Exif
from components.ingest.metadata.write_exif import exif_bytes
from components.ingest.panorama.render_views import Panorama, Rendered
from components.ingest.panorama.views import DIRECTIONS, focal_px
from components.ingest.photos.check_image import CheckedImage
from components.ingest.photos.encode_photo import write_jpeg, write_png
from components.ingest.photos.measure_sharpness import luminance
from components.ingest.photos.preview import make_preview
from components.ingest.source.safe_names import DistinctNames
from components.shared.contracts.capture import ImageVerdict, RigView
from components.shared.parallel import completed
from components.shared.progress import OnProgress, Progress
from components.shared.resources import available_cpus

_MAX_THREADS = 4  # each holds the pixels of a 360° photo
_QUALITY = 97
_CHANGE = "360° photo to flat views"


def split_panoramas(
    checked: list[CheckedImage], folder: Path, on_progress: OnProgress
) -> tuple[list[CheckedImage], list[str]]:
    """The photos with the views in place of each accepted 360° photo, and notes for the photographer.

    Views are written to `folder`. They have the place and time of their 360° photo. A view of one flat colour
    is rejected alone.
    """
    spheres = [image for image in checked if image.sphere and image.info.is_accepted]
    stems = _stems(checked, spheres)
    views: dict[int, list[CheckedImage]] = {}
    threads = min(_MAX_THREADS, available_cpus())
    work = [(image, stems[id(image)], folder / f"{number:06d}") for number, image in enumerate(spheres)]
    for item, found in completed(lambda item: _split(*item), work, threads=threads, name="split-panorama"):
        views[id(item[0])] = found
        note = f"{len(views)} of {len(spheres)} 360° photos"
        on_progress(Progress("render views", len(views) / len(spheres), note))
    result = [view for image in checked for view in views.get(id(image), [image])]
    return result, _notes([sum(view.info.rig is not None for view in found) for found in views.values()])


def _stems(checked: list[CheckedImage], spheres: list[CheckedImage]) -> dict[int, str]:
    """A folder for the views of each 360° photo, called like it."""
    taken = DistinctNames()
    for image in checked:
        taken.add(image.info.name)
    return {id(image): taken.add(str(PurePosixPath(image.info.name).with_suffix(""))) for image in spheres}


def _split(panorama: CheckedImage, stem: str, folder: Path) -> list[CheckedImage]:
    assert panorama.sphere is not None, "only 360° photos are split"
    folder.mkdir()
    source = Panorama(panorama.path, panorama.sphere, _mask(panorama))
    rendered = (source.render(direction) for direction in DIRECTIONS)
    views = [_view(panorama, view, stem, folder) for view in rendered if view is not None]
    if not views:
        panorama.reject(ImageVerdict.UNSUPPORTED, "it shows less than half of any flat view of 90°")
    return views or [panorama]


def _mask(panorama: CheckedImage) -> np.ndarray | None:
    if panorama.mask_path is None:
        return None
    with Image.open(panorama.mask_path) as image:
        return np.asarray(image) > 0


def _view(panorama: CheckedImage, rendered: Rendered, stem: str, folder: Path) -> CheckedImage:
    """Write a view with its mask; its entry."""
    image = Image.fromarray(rendered.pixels)
    info = panorama.info
    exif = Exif(make=info.make, model=info.model, captured_at=info.captured_at, gps=info.gps)
    path = folder / f"{rendered.direction.name}.jpg"
    write_jpeg(image, path, exif_bytes(exif, *image.size), quality=_QUALITY)
    frame = info.source_name or info.name
    view = CheckedImage(panorama.source, info, path)
    view.update(
        name=f"{stem}/{path.name}",
        source_name=frame,
        changes=(*info.changes, _CHANGE),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        bytes=path.stat().st_size,
        width=image.width,
        height=image.height,
        focal_length_px=focal_px(image.width),
        focal_length_mm=None,
        focal_length_35mm=None,
        orientation=1,
        masked_fraction=None,
        rig=RigView(frame=frame, cam_from_rig=rendered.direction.quaternion),
    )
    if rendered.used is not None:
        view.mask_path = path.with_suffix(".png")
        view.update(masked_fraction=float(1.0 - rendered.used.mean()))
        write_png(Image.fromarray(rendered.used.astype(np.uint8) * 255), view.mask_path)
    if make_preview(luminance(image)).is_blank:
        view.reject(ImageVerdict.BLANK, "this view of the 360° photo is one flat colour")
    return view


def _notes(counts: list[int]) -> list[str]:
    """How many 360° photos became how many views."""
    return [
        f"1 360° photo was rendered as {views} flat views."
        if photos == 1
        else f"{photos} 360° photos were rendered as {views} flat views each."
        for views, photos in sorted(Counter(counts).items(), reverse=True)
        if views
    ]
