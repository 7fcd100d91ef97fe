"""Find the COLMAP models of a capture, and read their poses."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath

from components.ingest.poses.colmap.binary_model import read_binary_cameras, read_binary_images
from components.ingest.poses.colmap.model import ModelFiles
from components.ingest.poses.colmap.text_model import read_text_cameras, read_text_images
from components.ingest.poses.image_folder import find_image_folder
from components.ingest.poses.pose_list import Frame, PoseList
from components.ingest.source.pose_files import CAMERAS, IMAGES, POINTS
from components.ingest.source.source_file import SourceFile

_BINARY, _TEXT = ".bin", ".txt"


def find_models(files: dict[str, SourceFile]) -> list[str]:
    """Names of the files of images, one for each model; binary ones before text, as in COLMAP."""
    found: dict[str, str] = {}
    for name in sorted(files):
        path = PurePosixPath(name)
        is_model = path.stem == IMAGES and path.suffix in (_BINARY, _TEXT)
        if is_model and str(path.with_name(CAMERAS + path.suffix)) in files:
            found.setdefault(str(path.parent), name)
    return sorted(found.values(), key=lambda name: (name.count("/"), name))


def incomplete_models(files: dict[str, SourceFile]) -> list[str]:
    """A note for each binary file of images without the cameras beside it."""
    paths = [path for path in map(PurePosixPath, files) if path.name == IMAGES + _BINARY]
    alone = [path for path in paths if str(path.with_name(CAMERAS + _BINARY)) not in files]
    return [f"{path} was not used: there is no {CAMERAS}{_BINARY} beside it" for path in sorted(alone)]


def read_model(images_name: str, files: dict[str, SourceFile], photos: list[str]) -> PoseList:
    """The poses of one model, in its own world.

    Raises:
        InputError: the model is damaged, or has cameras that cannot be used.
    """
    path = PurePosixPath(images_name)
    cameras = files[str(path.with_name(CAMERAS + path.suffix))]
    is_text = path.suffix == _TEXT
    model = ModelFiles(
        cameras_name=cameras.name,
        images_name=images_name,
        cameras=read_text_cameras(cameras) if is_text else read_binary_cameras(cameras),
        images=read_text_images(files[images_name]) if is_text else read_binary_images(files[images_name]),
    )
    folder = find_image_folder(images_name, model.sizes(), {name: files[name] for name in photos})
    return _pose_list(model, folder if folder is not None else posixpath.dirname(images_name), files)


def _pose_list(model: ModelFiles, folder: str, files: dict[str, SourceFile]) -> PoseList:
    intrinsics = model.intrinsics()
    frames = [
        Frame(
            path=image.name,
            source=model.images_name,
            folder=folder,
            world_from_camera=image.world_from_camera,
            intrinsics=intrinsics[image.camera_id],
            z_is_up=False,
        )
        for image in model.images
    ]
    path = PurePosixPath(model.images_name)
    points = str(path.with_name(POINTS + path.suffix))
    return PoseList(
        source=model.images_name,
        folder=folder,
        frames=frames,
        test_paths=(),
        train_paths=(),
        points_path=posixpath.relpath(points, folder or ".") if points in files else None,
    )
