import numpy as np
import pytest

from components.sfm.world.align import NotAlignedError, align_to_positions
from components.sfm.world.gps import local_metres
from components.sfm.world.positions import positions_of
from tests.unit.sfm.sfm_captures import centers_of, gps, moved, photo, ring, tilt

METRES_A_DEGREE = 111_194.9  # of latitude near 48° north, WGS 84
METRES_A_DEGREE_EAST = 74_628.0


def positions(enu, *, altitude=True, known=None):
    """Of photos at these places, of which the first `known` have a position."""
    places = [
        gps(48 + n / METRES_A_DEGREE, 11 + e / METRES_A_DEGREE_EAST, 500 + u if altitude else None)
        for e, n, u in enu
    ]
    known = len(places) if known is None else known
    return positions_of(
        [photo(number, gps=place if number <= known else None) for number, place in enumerate(places, 1)]
    )


def ring_in_metres(count=12, heading=0.6, scale=5.0):
    """Camera centres in COLMAP's frame, y down, and the same in metres east, north, up."""
    centers = centers_of(ring(count))
    c, s = np.cos(heading), np.sin(heading)
    x, y, z = scale * centers.T
    return centers, np.stack([c * x - s * z, s * x + c * z, -y], axis=1)


def apply(transform, points):
    return points @ transform[:3, :3].T + transform[:3, 3]


def test_local_metres_are_east_north_up_on_the_ellipsoid():
    enu = local_metres([gps(60.0, 10.0, 5.0), gps(60.001, 10.001, 8.0)])
    np.testing.assert_allclose(enu[1], [55.80, 111.41, 3.0], atol=0.05)


def test_distances_north_and_heights_become_true():
    centers, enu = ring_in_metres()
    found = align_to_positions(centers, positions(enu), np.eye(3))
    fitted = apply(found.enu_from_model, centers)
    np.testing.assert_allclose(fitted - fitted[0], enu - enu[0], atol=0.05)
    assert len(found.positions) == 12
    assert found.residual_m < 0.02


def test_without_altitudes_the_cameras_decide_the_vertical():
    turn = tilt(0.4)
    centers, enu = ring_in_metres()
    found = align_to_positions(centers @ turn.T, positions(enu, altitude=False), turn.T)
    fitted = apply(found.enu_from_model, centers @ turn.T)
    np.testing.assert_allclose(fitted - fitted[0], enu - enu[0], atol=0.05)


def test_altitudes_off_by_metres_do_not_tilt_the_scene():
    rng = np.random.default_rng(0)
    centers, enu = ring_in_metres()
    enu[:, 2] += rng.normal(0, 4, len(enu))
    found = align_to_positions(centers, positions(enu), np.eye(3))
    down = found.enu_from_model[:3, :3] @ [0, 1, 0]
    np.testing.assert_allclose(down / np.linalg.norm(down), [0, 0, -1], atol=1e-9)
    assert np.cbrt(np.linalg.det(found.enu_from_model[:3, :3])) == pytest.approx(5.0, rel=0.01)


def test_a_survey_from_the_air_is_upright_by_its_positions():
    """All cameras look straight down: only the positions show the vertical."""
    enu = np.array([[20.0 * i, 20.0 * j, 60.0 + (i + j) % 2] for i in range(6) for j in range(6)])
    centers = (enu / 60) * [1, -1, -1]
    wrong = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    found = align_to_positions(centers, positions(enu), wrong)
    fitted = apply(found.enu_from_model, centers)
    np.testing.assert_allclose(fitted - fitted[0], enu - enu[0], atol=0.2)


def test_single_wrong_positions_change_little():
    centers, enu = ring_in_metres()
    enu[3] += [400.0, -300.0, 50.0]
    enu[7] += [-90.0, 200.0, -20.0]
    found = align_to_positions(centers, positions(enu), np.eye(3))
    assert np.cbrt(np.linalg.det(found.enu_from_model[:3, :3])) == pytest.approx(5.0, rel=0.01)
    assert np.flatnonzero(found.outliers).tolist() == [3, 7]


@pytest.mark.parametrize(
    ("scatter_m", "known", "why"),
    [
        (100.0, 12, "the positions disagree with the reconstruction by"),
        (0.0, 2, "2 photos have a position, 3 are needed"),
        (0.0, 0, "0 photos have a position, 3 are needed"),
    ],
)
def test_useless_positions_are_refused_with_the_reason(scatter_m, known, why):
    centers, enu = ring_in_metres()
    enu += np.random.default_rng(0).normal(0, scatter_m, enu.shape)
    with pytest.raises(NotAlignedError, match=why):
        align_to_positions(centers, positions(enu, known=known), np.eye(3))


def test_one_frozen_position_is_refused_with_the_reason():
    centers, enu = ring_in_metres()
    with pytest.raises(NotAlignedError, match=r"spread by 0\.0 m, 1 m are needed"):
        align_to_positions(centers, positions(np.tile(enu[0], (12, 1))), np.eye(3))


def test_a_world_seen_from_anywhere_gives_the_same_metres():
    centers, enu = ring_in_metres()
    turn, shift = tilt(1.1), np.array([3.0, -2.0, 9.0])
    poses = moved(ring(12), turn, shift)
    np.testing.assert_allclose(centers_of(poses), centers @ turn.T + shift, atol=1e-12)
    found = align_to_positions(centers_of(poses), positions(enu), turn.T)
    fitted = apply(found.enu_from_model, centers_of(poses))
    np.testing.assert_allclose(fitted - fitted[0], enu - enu[0], atol=0.05)
