"""Write Gaussians as a .sog, SOG version 2."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from components.compress.compare import compare
from components.compress.encode import EncodedScene, encode
from components.compress.fit_drop import encode_within_drop
from components.compress.fit_size import encode_to_size
from components.compress.prepare import Prepared, prepare
from components.compress.rate.fidelity import FIDELITIES
from components.compress.result import SogResult
from components.compress.settings import CompressSettings
from components.compress.size_limit import parse_size
from components.compress.visible.views_around import views_around
from components.shared.errors import InputError
from components.shared.files import atomic_path
from components.shared.gpus import check_gpus
from components.shared.held_out_photos import HELD_OUT_FOLDER, HeldOutPhoto
from components.shared.progress import OnProgress, Progress, ignore_progress, within
from components.shared.scene import Camera
from components.shared.sog.archive import write_archive
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats, ply_bytes
from components.shared.training_cameras import CAMERAS_FILE
from components.shared.versions import installed_versions

_PACKAGES = ("kubesplat", "numpy", "numba", "pillow", "torch")
"""Packages that decide the bytes of a .sog."""
_PREPARED, _ENCODED = 0.3, 0.9
"""Fractions of the whole time, as measured on large scenes."""


def write_sog(
    splats: Splats,
    path: Path,
    settings: CompressSettings,
    on_progress: OnProgress = ignore_progress,
    *,
    cameras: Sequence[Camera] = (),
    held_out: Sequence[HeldOutPhoto] = (),
) -> SogResult:
    """Write a .sog, read it back and measure the errors. Equal Gaussians and settings give equal bytes.

    cameras: the views that the Gaussians were trained on. With them values take the bits that are seen, and
    Gaussians that none shows are left out; without, all count by their own size and opacity.
    held_out: the photos that `max_psnr_drop` is measured on.

    Raises:
        InputError: no Gaussian can be shown, there are more than the format holds, no file is as small or as
            close, or `max_psnr_drop` is asked for where cameras or photos are not known.
        GpuError, GpuMissingError: the task requests a GPU that torch cannot use, or that is not there.
    """
    started = time.monotonic()
    if settings.device != "cpu":
        check_gpus()
    on_progress(Progress("sort", 0.02))
    if settings.size and not cameras:
        cameras = views_around(splats)
    _check_budget(settings, cameras, held_out)
    prepared = prepare(splats, cameras, settings, within(on_progress, 0.02, _PREPARED))
    encoded = _encode(prepared, settings, held_out, within(on_progress, _PREPARED, _ENCODED))
    with atomic_path(path) as temporary:
        write_archive(encoded.files, temporary)
        on_progress(Progress("read back", _ENCODED))
        errors = compare(encoded.splats, read_sog(temporary))
    on_progress(Progress("done", 1.0))
    return SogResult(
        bytes=path.stat().st_size,
        ply_bytes=ply_bytes(splats),
        gaussians=len(encoded.splats),
        left_out=replace(prepared.left_out, unseen=encoded.unseen),
        limited=prepared.limited,
        order=encoded.order,
        palette_entries=encoded.palette_entries,
        file_bytes={name: len(data) for name, data in encoded.files.items()},
        errors=errors,
        seconds=time.monotonic() - started,
        versions=installed_versions(*_PACKAGES),
        psnr_drop_db=encoded.psnr_drop_db,
    )


def _check_budget(
    settings: CompressSettings, cameras: Sequence[Camera], held_out: Sequence[HeldOutPhoto]
) -> None:
    if settings.max_psnr_drop is not None and not (cameras and held_out):
        raise InputError(
            f"compress.max_psnr_drop is {settings.max_psnr_drop:g} dB, on photos that are not known",
            remedy=f"Compress in a run, or give the {CAMERAS_FILE} of a training with its folder "
            f"{HELD_OUT_FOLDER}.",
        )


def _encode(
    prepared: Prepared,
    settings: CompressSettings,
    held_out: Sequence[HeldOutPhoto],
    on_progress: OnProgress,
) -> EncodedScene:
    if settings.max_psnr_drop is not None:
        return encode_within_drop(prepared, held_out, settings, on_progress)
    limit = parse_size(settings.size)
    if limit is None:
        return encode(prepared, FIDELITIES[settings.quality], settings, on_progress)
    return encode_to_size(prepared, limit, settings, on_progress)
