"""Inspect a capture: check each photo, match small images of them, and forecast the run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.sfm.preview.expected import ExpectedRegistration
from components.sfm.preview.preview import preview
from components.sfm.settings import SfmSettings
from components.shared.contracts.capture import CaptureImage, CaptureInfo
from components.shared.contracts.inspection import EXPECTED
from components.shared.contracts.scene import PhotoVerdict, SceneImage
from components.shared.progress import OnProgress, ignore_progress, within
from components.shared.settings import Settings
from pipelines.costs.capture_size import size_of_photos
from pipelines.costs.forecast import forecast_run
from pipelines.costs.gpu_memory import gpu_memory_bytes
from pipelines.costs.nodes import Nodes
from pipelines.costs.work import Run
from pipelines.inspect_capture.inspection import InspectedPhoto, Inspection
from pipelines.inspect_capture.settings import inspects

_CHECKED = 0.3


def inspect_capture(
    source: str,
    settings: Mapping[str, Settings],
    nodes: Nodes,
    on_progress: OnProgress = ignore_progress,
) -> Inspection:
    """Check the photos of `source`, expect their registration, and forecast a run on `nodes`.

    Raises:
        InputError: too few usable photos, or an unreadable source.
        StorageError: the disk or the object store failed.
    """
    ingest_settings, sfm_settings = settings["ingest"], settings["sfm"]
    assert isinstance(ingest_settings, IngestSettings), "settings are by stage"
    assert isinstance(sfm_settings, SfmSettings), "settings are by stage"
    with tempfile.TemporaryDirectory(prefix="kubesplat-inspect-") as folder:
        capture = Path(folder, "capture")
        info = ingest(source, capture, ingest_settings, within(on_progress, 0.0, _CHECKED))
        expected = _expect(info, capture, sfm_settings, within(on_progress, _CHECKED, 1.0))
    run = Run.of(size_of_photos(info.images), settings)
    return Inspection(
        capture=info.figures(),
        photos=[*_rejected(info.images), *_inspected(info, expected)],
        expected_registered=round(expected.fraction * len(expected.images)),
        expected_registered_fraction=expected.fraction,
        notes=expected.notes,
        unmet_gate=expected.unmet_gate,
        gpu_memory_bytes=gpu_memory_bytes(run),
        forecast=forecast_run(run, nodes, inspects=inspects(settings)),
    )


def _expect(
    info: CaptureInfo, capture: Path, settings: SfmSettings, on_progress: OnProgress
) -> ExpectedRegistration:
    """Poses that came with the capture are kept by structure from motion, and need no matches."""
    if not all(image.pose for image in info.accepted):
        return preview(capture, settings, on_progress)
    registered = PhotoVerdict.REGISTERED
    images = [
        SceneImage(name=image.name, verdict=registered, reason="", registered=True) for image in info.accepted
    ]
    return ExpectedRegistration(images=images)


def _rejected(images: Iterable[CaptureImage]) -> list[InspectedPhoto]:
    return [
        InspectedPhoto(name=image.name, verdict=image.verdict, reason=image.reason, sharpness=image.sharpness)
        for image in images
        if not image.is_accepted
    ]


def _inspected(info: CaptureInfo, expected: ExpectedRegistration) -> list[InspectedPhoto]:
    sharpness = {image.name: image.sharpness for image in info.images}
    return [
        InspectedPhoto(
            name=image.name,
            verdict=EXPECTED if image.registered else image.verdict,
            reason=image.reason,
            sharpness=sharpness[image.name],
            features=image.features or None,
            best_matches=image.best_matches or None,
        )
        for image in expected.images
    ]
