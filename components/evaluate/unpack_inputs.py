"""Unpacks the archives that evaluation reads, without the photos that it does not look at."""

from __future__ import annotations

from pathlib import Path

from components.evaluate.report.photo_table import thumbnail_names
from components.shared.archive import unpack
from components.shared.contracts.scene import SCENE_FILE, SceneInfo
from components.shared.contracts.training import TRAINING_FILE, TrainingInfo
from components.shared.scene import IMAGES_FOLDER, MASKS_FOLDER


def unpack_inputs(scene: Path, splat: Path, folder: Path) -> tuple[Path, Path]:
    """Unpack the archives of stages `sfm` and `train` into `folder`; the folders of scene and splat.

    Of the photos only those are unpacked that are held out or shown as thumbnails in the report, of the masks
    only those of held-out photos.
    """
    scene_folder, splat_folder = folder / "scene", folder / "splat"
    unpack(splat, splat_folder)
    unpack(scene, scene_folder, only=lambda name: name.split("/")[0] not in (IMAGES_FOLDER, MASKS_FOLDER))
    held_out = TrainingInfo.read(splat_folder / TRAINING_FILE).held_out
    shown = thumbnail_names(SceneInfo.read(scene_folder / SCENE_FILE).images)
    photos = {f"{IMAGES_FOLDER}/{name}" for name in (*held_out, *shown)}
    masks = {f"{MASKS_FOLDER}/{name}.png" for name in held_out}
    unpack(scene, scene_folder, only=lambda name: name in photos or name in masks)
    return scene_folder, splat_folder
