"""Write the capture: one uncompressed tar with accepted photos byte for byte, masks, and `capture.json`."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

from components.ingest.check_image import CheckedImage
from components.ingest.records import IngestResult
from components.shared.files import atomic_path
from components.shared.progress import OnProgress, Progress
from components.shared.scene import IMAGES_FOLDER, MASKS_FOLDER

CAPTURE_FILE = "capture.json"


def pack_capture(
    result: IngestResult, accepted: list[CheckedImage], capture: Path, on_progress: OnProgress
) -> None:
    """`capture.json` comes first, so that it can be read without passing the photos. No times, no owners."""
    text = json.dumps(result.to_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with atomic_path(capture) as temporary, tarfile.open(temporary, "w") as tar:
        member = tarfile.TarInfo(CAPTURE_FILE)
        data = text.encode("utf-8", "replace")  # the source's own path may be no Unicode
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
        for index, image in enumerate(accepted):
            on_progress(Progress("pack", index / len(accepted), f"{index} of {len(accepted)} photos"))
            member = tarfile.TarInfo(f"{IMAGES_FOLDER}/{image.record.name}")
            member.size = image.record.bytes
            with image.path.open("rb") as file:
                tar.addfile(member, file)
            if image.mask_path is not None:
                member = tarfile.TarInfo(f"{MASKS_FOLDER}/{image.record.name}.png")
                member.size = image.mask_path.stat().st_size
                with image.mask_path.open("rb") as file:
                    tar.addfile(member, file)
