"""A video of the scene along the path of the capture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av

from components.evaluate.camera_path import CameraPath
from components.evaluate.measure import render_image
from components.evaluate.thumbnail import frame_size
from components.shared.files import atomic_path
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.splats import Splats

_QUALITY = "23"
"""x264's constant rate factor: 18 is visually lossless, 28 is coarse."""


def write_flythrough(
    splats: Splats,
    path: CameraPath,
    video: Path,
    *,
    max_side_px: int,
    fps: int,
    background: Sequence[float],
    on_progress: OnProgress = ignore_progress,
) -> None:
    """Write one video frame per frame of `path`, as H.264 in MP4.

    The index comes first in the file (faststart), so that playback starts during the download.
    """
    width, height = frame_size(path.frames[0], max_side_px, multiple=2)
    with (
        atomic_path(video) as temporary,
        av.open(str(temporary), "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        stream = container.add_stream("libx264", rate=fps, options={"crf": _QUALITY, "preset": "medium"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index, look in enumerate(path.frames):
            on_progress(Progress("render the fly-through", index / len(path.frames)))
            frame = render_image(splats, look.camera(width, height), background)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
