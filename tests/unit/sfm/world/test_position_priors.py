"""Accurate positions straighten a flight that the photos alone leave bent."""

from dataclasses import replace

import numpy as np
import pycolmap
import pytest

from components.sfm.assess.reprojection import mean_error_px
from components.sfm.world.orient import orient
from components.sfm.world.position_priors import refine_with_positions
from tests.unit.sfm.world.flights import centers_of_model, flight, photos_at


@pytest.fixture(scope="module")
def bent():
    return flight()


def errors(refined, truth):
    """Distances of the cameras from their true places, in metres."""
    return np.linalg.norm(
        centers_of_model(refined.model) + refined.alignment.positions.offset - truth, axis=1
    )


def test_rtk_straightens_the_flight(bent):
    model, truth = bent
    before, error_px = centers_of_model(model), mean_error_px(model)
    photos = photos_at(truth, 0.02, noise_m=0.02)
    refined = refine_with_positions(model, photos, seed=0)
    assert np.median(errors(refined, truth)) < 0.05
    assert refined.alignment.residual_m < 0.03
    assert mean_error_px(refined.model) < error_px + 0.02
    np.testing.assert_array_equal(centers_of_model(model), before)  # the argument is left as it is
    unaided = _aligned_error(model, photos, truth)
    assert unaided > 5 * np.median(errors(refined, truth))


def _aligned_error(model, photos, truth):
    """Median error without the refinement, by the similarity alone."""
    copy = type(model)(model)
    world = orient(copy, photos)
    back = np.array(world.capture_from_scene)
    places = centers_of_model(copy) @ back[:3, :3].T + back[:3, 3] + world.georeference.offset
    return np.median(np.linalg.norm(places - truth, axis=1))


@pytest.mark.parametrize("wrong", [(7,), (3, 20, 21, 44)])
def test_photos_fifty_metres_off_do_not_bend_the_scene(bent, wrong):
    model, truth = bent
    photos = photos_at(truth, 0.02, wrong, noise_m=0.02)
    refined = refine_with_positions(model, photos, seed=0)
    assert np.median(errors(refined, truth)) < 0.05
    assert errors(refined, truth).max() < 0.5
    world = orient(refined.model, photos, refined.alignment)
    assert world.georeference.left_out == [f"{index + 1}.jpg" for index in wrong]
    assert world.georeference.positions == len(truth) - len(wrong)
    assert world.georeference.is_refined


def test_equal_positions_refine_equally(bent):
    model, truth = bent
    photos = photos_at(truth, 0.02, (7,), noise_m=0.02)
    first, second = (centers_of_model(refine_with_positions(model, photos, seed=0).model) for _ in range(2))
    np.testing.assert_allclose(first, second, atol=1e-6)


@pytest.mark.parametrize(
    ("accuracy", "noise"),
    [
        (None, 0.02),  # not stated
        (3.0, 3.0),  # not accurate
        (0.02, 2.0),  # stated, but not so
        (0.02, 500.0),  # of another flight
    ],
)
def test_without_accurate_positions_the_reconstruction_is_kept(bent, accuracy, noise):
    model, truth = bent
    assert refine_with_positions(model, photos_at(truth, accuracy, noise_m=noise), seed=0) is None


def test_photos_with_rtk_that_are_few_and_close_together_do_not_decide(bent):
    model, truth = bent
    truth = truth.copy()
    truth[1:5] = truth[0] + 0.1 * np.eye(4, 3)
    photos = photos_at(truth, 3.0, noise_m=3.0)
    photos[:5] = photos_at(truth, 0.02, noise_m=0.02)[:5]
    assert refine_with_positions(model, photos, seed=0) is None
    copy = pycolmap.Reconstruction(model)
    assert orient(copy, photos).georeference.positions > 50


def test_where_half_of_the_flight_has_rtk_it_decides(bent):
    model, truth = bent
    photos = photos_at(truth, 3.0, noise_m=3.0)
    photos[::2] = photos_at(truth, 0.02, noise_m=0.02)[::2]
    refined = refine_with_positions(model, photos, seed=0)
    assert len(refined.alignment.positions) == len(truth) / 2
    assert np.median(errors(refined, truth)) < 0.06


def test_views_of_a_panorama_count_once_and_their_cameras_are_kept():
    pycolmap.set_random_seed(0)
    options = pycolmap.SyntheticDatasetOptions()
    options.num_rigs, options.num_cameras_per_rig, options.num_frames_per_rig = 1, 3, 12
    options.num_points3D, options.sensor_from_rig_translation_stddev = 200, 0.0
    options.camera_model_id = pycolmap.CameraModelId.PINHOLE
    options.camera_params = [1280.0, 1280.0, 512.0, 384.0]
    model = pycolmap.synthesize_dataset(options)
    truth, first = 10 * centers_of_model(model), {}
    photos = [
        replace(
            photo,
            first_view=first.setdefault(model.images[photo.id].frame_id, photo.id),
        )
        for photo in photos_at(truth, 0.02, noise_m=0.0)
    ]
    noise = pycolmap.SyntheticNoiseOptions()
    noise.point2D_stddev, noise.rig_from_world_translation_stddev = 0.5, 0.02
    pycolmap.synthesize_noise(noise, model)
    refined = refine_with_positions(model, photos, seed=0)
    assert len(refined.alignment.positions) == 12
    assert np.median(errors(refined, truth)) < 0.02
    assert all(list(camera.params) == options.camera_params for camera in refined.model.cameras.values())
    (rig,) = refined.model.rigs.values()
    turns = [rig.sensor_from_rig(sensor) for sensor in rig.non_ref_sensors]
    assert [np.linalg.norm(turn.translation) for turn in turns] == [0.0, 0.0]
