"""Adjust a reconstruction to accurate positions of its photos, as RTK gives them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pycolmap

from components.sfm.assess.reprojection import mean_error_px
from components.sfm.capture import CapturePhoto
from components.sfm.mapping.adjust import whole_model
from components.sfm.mapping.threads import mapper_threads
from components.sfm.world.align import Alignment, NotAlignedError, align_to_positions, stated_deviations
from components.sfm.world.gravity import estimate_down, level
from components.sfm.world.poses import camera_poses, registered_photos, transform_model
from components.sfm.world.positions import PhotoPositions, positions_of_frames
from components.sfm.world.similarity import distances

_MIN_POSITIONS = 4
_LEAST_M = 0.01
"""Antennas are not exactly where the lens is, and clocks not exactly in time."""
_MAX_MORE_ERROR, _MAX_MORE_ERROR_PX = 1.05, 0.02
"""The reprojection error may grow by so much; positions that cost more contradict the photos."""
_RESIDUAL_SCALE = 2.8
"""Standard deviations from which on a residual counts less: 95 % of three normal deviates are within."""
_MAX_RESIDUAL = 10.0
"""Stated accuracies; if half of the positions are farther off, what is stated is wrong."""
_MAX_ITERATIONS = 50


@dataclass(frozen=True, slots=True)
class Refined:
    """A reconstruction in metres east, north and up."""

    model: pycolmap.Reconstruction
    alignment: Alignment


def refine_with_positions(
    model: pycolmap.Reconstruction, photos: list[CapturePhoto], *, seed: int
) -> Refined | None:
    """Adjust poses, points and lenses to the photos and to positions that are stated to be accurate.

    `model` is left as it is. None where it is to be kept: without such positions, where they contradict it,
    or where the adjusted one fits the photos worse, or the positions no better.
    """
    registered = registered_photos(model, photos)
    positions = positions_of_frames(registered)
    if len(positions.accurate()) < _MIN_POSITIONS:
        return None
    rotations, centers = camera_poses(model, registered)
    leveled = level(rotations, estimate_down(rotations, [photo.orientation for photo in registered]))
    try:
        alignment = align_to_positions(centers, positions, leveled)
    except NotAlignedError:
        return None
    positions = alignment.positions
    fitting = positions.where(~alignment.outliers)
    are_accurate = len(positions.accurate()) == len(positions) and positions.has_heights
    if not are_accurate or len(fitting) < _MIN_POSITIONS:
        return None
    refined = pycolmap.Reconstruction(model)
    transform_model(refined, alignment.enu_from_model)
    _adjust(refined, registered, fitting, 5.0 * alignment.residual_m, seed)
    if not _still_fits(model, refined):
        return None
    _, centers = camera_poses(refined, registered)
    residuals = distances(np.eye(4), centers[positions.photos], positions.metres)
    found = replace(alignment, enu_from_model=np.eye(4), residuals_m=residuals, is_refined=True)
    is_as_stated = found.residual_m < _MAX_RESIDUAL * np.median(stated_deviations(positions))
    return Refined(refined, found) if is_as_stated and found.residual_m < alignment.residual_m else None


def _still_fits(model: pycolmap.Reconstruction, refined: pycolmap.Reconstruction) -> bool:
    before, after = mean_error_px(model), mean_error_px(refined)
    if before is None or after is None:
        return False
    return after <= max(_MAX_MORE_ERROR * before, before + _MAX_MORE_ERROR_PX)


def _adjust(
    model: pycolmap.Reconstruction,
    photos: list[CapturePhoto],
    positions: PhotoPositions,
    max_residual_m: float,
    seed: int,
) -> None:
    """Bundle adjustment of all registered photos, in place, with Cauchy's loss on the positions."""
    options = pycolmap.BundleAdjustmentOptions()
    options.refine_sensor_from_rig = False
    options.print_summary = False
    options.ceres.solver_options.num_threads = mapper_threads(model.num_images())
    options.ceres.solver_options.max_num_iterations = _MAX_ITERATIONS
    prior_options = pycolmap.PosePriorBundleAdjustmentOptions()
    prior_options.alignment_ransac.max_error = max(max_residual_m, 5.0 * _LEAST_M)
    prior_options.alignment_ransac.random_seed = seed
    prior_options.ceres.prior_position_loss_function_type = pycolmap.LossFunctionType.CAUCHY
    prior_options.ceres.prior_position_loss_scale = _RESIDUAL_SCALE
    pycolmap.create_pose_prior_bundle_adjuster(
        options, prior_options, whole_model(model), _priors(model, photos, positions), model
    ).solve()


def _priors(
    model: pycolmap.Reconstruction, photos: list[CapturePhoto], positions: PhotoPositions
) -> list[pycolmap.PosePrior]:
    priors = []
    for row, index in enumerate(positions.photos):
        ground = max(_LEAST_M, positions.accuracies[row])
        height = max(_LEAST_M, positions.height_accuracies[row])
        prior = pycolmap.PosePrior()
        prior.corr_data_id = _reference(model.images[photos[index].id])
        prior.position = positions.metres[row]
        prior.position_covariance = np.diag([ground**2, ground**2, height**2])
        prior.coordinate_system = pycolmap.PosePriorCoordinateSystem.CARTESIAN
        priors.append(prior)
    return priors


def _reference(image: pycolmap.Image) -> pycolmap.data_t:
    """The image of the frame whose pose is the frame's; COLMAP takes positions of no others."""
    frame = image.frame
    assert frame is not None, "registered images have a frame"
    rig = frame.rig
    assert rig is not None, "frames of a reconstruction have a rig"
    return next((each for each in frame.image_ids if rig.is_ref_sensor(each.sensor_id)), image.data_id)
