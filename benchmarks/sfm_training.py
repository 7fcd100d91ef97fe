"""Held-out PSNR of the same training on different poses of the same photos."""

from __future__ import annotations

# Before pycolmap: where that is imported first, Pillow's PNG encoder calls its zlib and may hang.
from PIL import Image  # noqa: F401

# isort: split

from dataclasses import replace
from pathlib import Path

import numpy as np
import pycolmap
import torch

from benchmarks.fits import make_trainer, prune_as_delivered
from benchmarks.scene_info import registered_scene_info
from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.sfm.capture import Capture, read_capture
from components.sfm.scene_images.undistort import undistort
from components.sfm.settings import SfmSettings
from components.shared.contracts.scene import SCENE_FILE
from components.shared.progress import ignore_progress
from components.shared.rasterize import make_rasterizer
from components.shared.scene import Scene, fitted_size, read_scene
from components.shared.settings import parse_text
from components.train.loop.schedule import LEVELS
from components.train.quality.measure import measure, render_photos
from components.train.scene.views import load_views
from components.train.settings import TrainSettings


class PoseTrainer:
    """Trains on the photos with the poses of a model; every eighth photo of the capture is held out."""

    def __init__(self, photos: Path, training: str, folder: Path) -> None:
        """`training` is a number of steps of the preset draft, or a preset, perhaps with settings."""
        ingest(str(photos), folder / "capture", IngestSettings())
        self._capture = read_capture(folder / "capture")
        self._folder = folder
        first, _, options = training.partition(" ")
        preset, steps = ("draft", int(first)) if first.isdigit() else (first, None)
        self._settings = TrainSettings(
            **{"preset": preset, **({"steps": steps} if steps else {}), **parse_text("train", options)}
        )

    def __call__(self, model: Path) -> str:
        """PSNR in dB for the folder of a COLMAP model, or of a scene."""
        scene = self._scene(model)
        names = sorted(photo.name for photo in self._capture.photos)
        held_out = tuple(names[:: self._settings.test_every])
        scene = replace(scene, info=scene.info.replace(held_out=held_out))
        draw = make_rasterizer(self._settings.backend)
        plan = self._settings.plan(draw.device.type)
        views = load_views(scene, plan.image_max_side_px, self._settings.test_every, LEVELS, draw.device)
        trainer = make_trainer(scene, views, self._settings, draw)
        trainer.run(lambda: None)
        prune_as_delivered(trainer, draw, views)
        psnr_db, _ = measure(render_photos(trainer.render, views.held_out), views.held_out)
        torch.cuda.empty_cache()
        return f"{psnr_db:.2f}"

    def _scene(self, model: Path) -> Scene:
        if (model / SCENE_FILE).exists():
            return read_scene(model)
        folder = self._folder / f"scene_{len(list(self._folder.iterdir()))}"
        folder.mkdir()
        sparse = model / "sparse"
        read = pycolmap.Reconstruction(str(sparse if sparse.is_dir() else model))
        posed = _numbered_as(self._capture, read)
        undistort(posed, self._capture, None, folder, ignore_progress)
        registered_scene_info(posed.num_reg_images()).write(folder / SCENE_FILE)
        return read_scene(folder)


def _numbered_as(capture: Capture, model: pycolmap.Reconstruction) -> pycolmap.Reconstruction:
    """The same poses and points with the capture's numbers of photos, at the size that the product uses."""
    by_name = {image.name: image for image in model.images.values() if image.has_pose}
    numbered = pycolmap.Reconstruction()
    for camera_id, camera in model.cameras.items():
        camera = pycolmap.Camera(camera.todict())
        camera.camera_id = camera_id
        camera.rescale(*fitted_size(camera.width, camera.height, SfmSettings().max_image_px))
        numbered.add_camera_with_trivial_rig(camera)
    for photo in capture.photos:
        if photo.name in by_name:
            image = by_name[photo.name]
            copy = pycolmap.Image(name=photo.name, camera_id=image.camera_id, image_id=photo.id)
            numbered.add_image_with_trivial_frame(copy, image.cam_from_world())
    for point in model.points3D.values():
        numbered.add_point3D(point.xyz, pycolmap.Track(), np.asarray(point.color, np.uint8))
    return numbered
