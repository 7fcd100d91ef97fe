"""A capture from anywhere to a checked capture."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from components.ingest.check_image import CheckedImage
from components.ingest.check_images import check_images
from components.ingest.choose_photos import Chosen, choose_photos
from components.ingest.compare_images import reject_blurred, reject_duplicates
from components.ingest.fetch_source import fetch_source
from components.ingest.given_poses import GivenPoses, read_given_poses
from components.ingest.group_cameras import group_cameras
from components.ingest.list_source import KINDS
from components.ingest.match_masks import attach_masks, match_masks
from components.ingest.pack_capture import pack_capture
from components.ingest.recognize_walk import is_walk
from components.ingest.records import CameraGroup, ImageRecord, IngestResult
from components.ingest.select_frames import select_frames
from components.ingest.settings import IngestSettings
from components.shared.errors import InputError, as_kubesplat_error
from components.shared.progress import OnProgress, ignore_progress, within

OnChecked = Callable[[list[ImageRecord]], None]
_FETCHED, _CHECKED = 0.3, 0.9
_MOST_REASONS = 5


def ignore_records(_: list[ImageRecord]) -> None:
    """For callers that wait for the result."""


def ingest(
    source: str,
    capture: Path,
    settings: IngestSettings,
    on_progress: OnProgress = ignore_progress,
    on_checked: OnChecked = ignore_records,
) -> IngestResult:
    """Fetch the photos, check every one, and write them with `capture.json` to the tar `capture`.

    `source` is not written to. `on_checked` gets every photo's verdict, also if too few are good.

    Raises:
        InputError: nothing usable, unreadable, or an unsafe archive.
        StorageError: the disk or the object store failed; nothing is written.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="kubesplat-ingest-") as folder:
            return _ingest(source, capture, settings, Path(folder), on_progress, on_checked)
    except OSError as error:
        raise as_kubesplat_error(error) from error


def _ingest(
    source: str,
    capture: Path,
    settings: IngestSettings,
    scratch: Path,
    on_progress: OnProgress,
    on_checked: OnChecked,
) -> IngestResult:
    fetched, converted, masks = (scratch / name for name in ("fetched", "converted", "masks"))
    for folder in (fetched, converted, masks):
        folder.mkdir()
    files = fetch_source(source, fetched, settings, within(on_progress, 0.0, _FETCHED))
    poses = read_given_poses(files)
    chosen = choose_photos(poses.named(files) if poses else files)
    from_video = _take_frames(source, chosen, scratch, settings, on_progress)
    checked = check_images(chosen.photos, converted, settings, within(on_progress, _FETCHED, _CHECKED))
    _attach_masks(chosen, checked, masks)
    groups = _judge_together(chosen, checked, poses, settings)
    accepted = [image for image in checked if image.record.is_accepted]
    images = sorted([image.record for image in checked] + chosen.rejected, key=lambda image: image.name)
    on_checked(images)
    _require_enough(source, images, len(accepted), chosen.ignored, settings)
    result = IngestResult(source, images, groups, ordered=from_video or is_walk(accepted))
    pack_capture(result, accepted, capture, within(on_progress, _CHECKED, 1.0))
    return result


def _attach_masks(chosen: Chosen, checked: list[CheckedImage], folder: Path) -> None:
    matched, lost = match_masks(chosen.photos, chosen.masks)
    attach_masks(checked, matched, folder)
    chosen.rejected += lost


def _judge_together(
    chosen: Chosen, checked: list[CheckedImage], poses: GivenPoses | None, settings: IngestSettings
) -> list[CameraGroup]:
    """Verdicts that need other photos, and their cameras. Who gave poses has chosen the photos already."""
    if poses:
        poses.write_into(chosen.photos, checked)
        poses.report_missing(chosen)
    else:
        reject_duplicates(checked)
    groups = group_cameras([image.record for image in checked if image.record.is_accepted])
    if not poses:
        reject_blurred([image.record for image in checked if image.record.is_accepted], settings)
    return groups


def _take_frames(
    source: str, chosen: Chosen, scratch: Path, settings: IngestSettings, on_progress: OnProgress
) -> bool:
    """Turn a capture that is one video into photos; True if it was one."""
    if not chosen.videos:
        return False
    if len(chosen.videos) > 1:
        raise InputError(
            f"{source} holds {len(chosen.videos)} videos and no photos",
            remedy="Give one video, of one walk around the scene.",
        )
    frames = scratch / "frames"
    frames.mkdir()
    chosen.photos = select_frames(chosen.videos[0], frames, settings, within(on_progress, 0.0, _FETCHED))
    return True


def _require_enough(
    source: str, images: list[ImageRecord], accepted: int, ignored: int, settings: IngestSettings
) -> None:
    if accepted >= settings.min_images:
        return
    if not images:
        others = f" among its {ignored} files" if ignored else ""
        raise InputError(f"{source} holds no photos{others}", remedy=f"A capture is {KINDS}.")
    again = "" if accepted == len(images) else " Copy those again that are damaged."
    raise InputError(
        f"{source}: {accepted} of {len(images)} photos can be used; at least {settings.min_images} are needed"
        + _summary(images),
        remedy="Walk around the scene and take 20 or more photos, each showing most of what the one before "
        f"shows.{again}",
    )


def _summary(images: list[ImageRecord]) -> str:
    """What was wrong, photo by photo, up to a length that a person reads."""
    rejected = [image for image in images if not image.is_accepted]
    lines = [f"\n  {image.name}: {image.verdict} ({image.reason})" for image in rejected[:_MOST_REASONS]]
    rest = Counter(image.verdict for image in rejected[_MOST_REASONS:])
    if rest:
        lines.append("\n  and " + ", ".join(f"{count} more {verdict}" for verdict, count in rest.items()))
    return "".join(lines)
