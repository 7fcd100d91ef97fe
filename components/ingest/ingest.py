"""Ingest: from a folder, an archive, a video or an s3:// address to a capture of checked photos."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.ingest.compare.compare_images import (
    reject_blank,
    reject_blurred,
    reject_duplicates,
    reject_masks,
)
from components.ingest.compare.group_cameras import group_cameras
from components.ingest.compare.recognize_walk import is_walk
from components.ingest.fisheye.mark_fisheyes import mark_fisheyes
from components.ingest.panorama.split_panoramas import split_panoramas
from components.ingest.photos.attach_masks import attach_masks
from components.ingest.photos.check_image import CheckedImage
from components.ingest.photos.check_images import check_images
from components.ingest.poses.given_points import read_given_points
from components.ingest.poses.given_poses import GivenPoses, read_given_poses
from components.ingest.positions.given_positions import read_given_positions
from components.ingest.require_photos import require_photos
from components.ingest.settings import IngestSettings
from components.ingest.source.choose_photos import ChosenFiles, choose_photos
from components.ingest.source.fetch_source import fetch_source
from components.ingest.source.match_masks import match_masks
from components.ingest.source.safe_names import shown_text
from components.ingest.source.source_file import SourceFile
from components.ingest.video.mask_bars import mask_bars
from components.ingest.video.select_frames import select_frames
from components.ingest.write_capture import write_capture
from components.shared.contracts.capture import CaptureInfo
from components.shared.errors import InputError, KubesplatError, as_kubesplat_error
from components.shared.progress import OnProgress, ignore_progress, within
from components.shared.storage import is_s3, local_path

_FETCHED, _CHECKED, _RENDERED = 0.3, 0.8, 0.9


def ingest(
    source: str, capture: Path, settings: IngestSettings, on_progress: OnProgress = ignore_progress
) -> CaptureInfo:
    """Fetch the photos, check each, and write the accepted ones with `capture.json` to the folder `capture`.

    `source` is only read.

    Raises:
        InputError: too few usable photos, an unreadable source, or an unsafe archive. Its `figures` have the
            verdicts of the photos where these were checked.
        StorageError: the disk or the object store failed; nothing is written.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="kubesplat-ingest-") as folder:
            return _ingest(source, capture, settings, Path(folder), on_progress)
    except PermissionError as error:
        raise _unreadable(error, source) from error
    except OSError as error:
        raise as_kubesplat_error(error) from error


def _unreadable(error: PermissionError, source: str) -> KubesplatError:
    """The error for a file of the capture that may not be read; of other files that of the storage."""
    if is_s3(source) or not Path(str(error.filename)).is_relative_to(local_path(source)):
        return as_kubesplat_error(error)
    return InputError(
        f"{error.filename} cannot be read: {error.strerror}",
        remedy="Change its permissions, or copy the capture to a folder of your own.",
    )


def _ingest(
    source: str, capture: Path, settings: IngestSettings, scratch: Path, on_progress: OnProgress
) -> CaptureInfo:
    folders = [
        scratch / name for name in ("fetched", "frames", "converted", "circles", "bars", "masks", "views")
    ]
    fetched, frames, converted, circles, bars, masks, views = folders
    for folder in folders:
        folder.mkdir()
    fetching = within(on_progress, 0.0, _FETCHED)
    files = fetch_source(source, fetched, settings, fetching)
    notes: list[str] = []
    poses = read_given_poses(files, notes)
    chosen = choose_photos(poses.named(files), by_folder=False) if poses else choose_photos(files)
    positions = None if poses else read_given_positions(files, chosen.photos, notes)
    from_video = _take_frames(source, chosen, frames, settings, fetching)
    checking = within(on_progress, _FETCHED, _CHECKED)
    checked = check_images(chosen.photos, converted, settings, checking, keep_alpha=poses is not None)
    if positions:
        positions.assign(checked, notes)
    fisheyes_found = [] if poses else mark_fisheyes(checked, circles)
    if from_video:
        chosen.notes += mask_bars(checked, bars)
    _attach_masks(chosen, checked, poses, masks)
    _compare(chosen, checked, poses, settings)
    is_ordered = from_video or is_walk(_accepted(checked))
    checked, rendered = split_panoramas(checked, views, within(on_progress, _CHECKED, _RENDERED))
    accepted = _accepted(checked)
    groups = group_cameras(accepted)
    points = read_given_points(poses, notes)
    info = CaptureInfo(
        source=source.encode("utf-8", "replace").decode(),  # a path may have bytes that are no Unicode
        images=sorted([image.info for image in checked] + chosen.rejected, key=lambda image: image.name),
        camera_groups=groups,
        ordered=is_ordered,
        notes=tuple(shown_text(note) for note in [*notes, *chosen.notes, *fisheyes_found, *rendered]),
    )
    with _figures_in_errors(info):
        require_photos(source, chosen, info.images, settings)
        write_capture(info, accepted, points, capture, scratch, within(on_progress, _RENDERED, 1.0))
    return info


def _take_frames(
    source: str, chosen: ChosenFiles, folder: Path, settings: IngestSettings, on_progress: OnProgress
) -> bool:
    """Write the frames of the video to `folder`, as the photos; False without a video."""
    if not chosen.videos:
        return False
    selected = select_frames(_only_video(source, chosen), folder, settings, on_progress)
    chosen.photos = selected.frames
    chosen.notes += selected.notes
    return True


def _only_video(source: str, chosen: ChosenFiles) -> SourceFile:
    if len(chosen.videos) > 1:
        raise InputError(
            f"{source} holds {len(chosen.videos)} videos and no photos, {chosen.videos[0].name} first",
            remedy="Give one video, of one walk around the scene. Join the chapters of one recording first, "
            "by the camera maker's program.",
        )
    return chosen.videos[0]


def _attach_masks(
    chosen: ChosenFiles, checked: list[CheckedImage], poses: GivenPoses | None, folder: Path
) -> None:
    matched, notes = match_masks(chosen.photos, chosen.masks)
    if poses:
        matched |= poses.masks_of(chosen.photos)
    chosen.notes += notes + attach_masks(checked, matched, folder)


def _compare(
    chosen: ChosenFiles, checked: list[CheckedImage], poses: GivenPoses | None, settings: IngestSettings
) -> None:
    """Reject duplicates, masks, blank and blurred photos.

    A file of poses already selects photos, so with one only duplicates are rejected.
    """
    if poses:
        poses.assign(checked)
        chosen.rejected += poses.missing_images()
    else:
        reject_blank(_accepted(checked))
        reject_masks(_accepted(checked))
    reject_duplicates(_accepted(checked))
    if not poses:
        reject_blurred(_accepted(checked), settings)


def _accepted(checked: list[CheckedImage]) -> list[CheckedImage]:
    return [image for image in checked if image.info.is_accepted]


@contextmanager
def _figures_in_errors(info: CaptureInfo) -> Iterator[None]:
    """Errors of the block carry the verdicts of the photos and the notes."""
    figures = info.figures().to_json()
    try:
        yield
    except KubesplatError as error:
        error.figures = figures
        raise
    except OSError as error:
        failure = as_kubesplat_error(error)
        failure.figures = figures
        raise failure from error
