import numpy as np
import pytest

from demo_capture.geometry import build_geometry
from demo_capture.scene import BACKDROP_RADIUS_M, build_scene
from demo_capture.shapes import Frustum, Plane, Sphere
from demo_capture.trace import texture_coordinates

SHAPES = {
    "rectangle": Plane(np.array([1.0, -1, 2]), np.array([0.8, 0, 0.6]), np.array([0.0, 0.5, 0])),
    "disc": Plane(np.array([-1.0, 0, 0]), np.array([2.0, 0, 0]), np.array([0.0, 0, -2]), disc=True),
    "sphere": Sphere(np.array([0.5, 0.2, -0.3]), 0.7),
    "cylinder": Frustum(np.array([0.0, -1, 1]), 1.5, 0.4, 0.4),
    "cone": Frustum(np.array([0.3, -1, 0]), 0.8, 0.0, 0.5),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_ray_at_a_point_of_a_shape_hits_it_there(name):
    shape = SHAPES[name]
    u, v = np.random.default_rng(0).uniform(0.3, 0.7, (2, 50))
    points, normals = shape.frame(u, v)
    distances, indices = build_geometry([[shape]]).cast(points + 2 * normals, -normals)
    np.testing.assert_array_equal(indices, 0)
    np.testing.assert_allclose(distances, 2.0, atol=1e-9)


@pytest.mark.parametrize("name", SHAPES)
def test_texture_coordinates_invert_the_frame(name):
    shape = SHAPES[name]
    u, v = np.random.default_rng(0).uniform(0.1, 0.9, (2, 50))
    table = build_geometry([[shape]]).table
    found = [texture_coordinates(shape.kind, table, 0, *point) for point in shape.frame(u, v)[0]]
    np.testing.assert_allclose(found, np.column_stack([u, v]), atol=1e-9)


def test_a_gable_narrows_to_a_point_at_its_top():
    gable = Plane(np.array([0.0, 0, 0]), np.array([1.0, 0, 0]), np.array([0.0, 1, 0]), eave=0.5)
    origins = np.array([[0.1, 0.1, -1], [0.5, 0.1, -1], [0.1, 0.9, -1]])
    _, indices = build_geometry([[gable]]).cast(origins, np.tile([0.0, 0, 1], (3, 1)))
    assert indices.tolist() == [-1, 0, 0]


def test_the_nearest_of_several_groups_is_hit():
    groups = [[Sphere(np.array([0.0, 0, z]), 0.5)] for z in (6.0, 2.0, 4.0)]
    distances, indices = build_geometry(groups).cast(np.zeros((1, 3)), np.array([[0.0, 0, 1]]))
    assert (distances[0], indices[0]) == (1.5, 1)


def test_walls_of_the_scene_face_outward():
    house = [surface.shape for surface in build_scene()[1]][:4]
    middle = np.mean([wall.corner + wall.right / 2 + wall.down / 2 for wall in house], axis=0)
    for wall in house:
        assert (wall.corner + wall.right / 2 + wall.down / 2 - middle) @ wall.normal > 0.3


def test_everything_stands_inside_the_panorama():
    for group in build_scene()[1:]:
        bound = build_geometry([[surface.shape for surface in group]]).bounds[0]
        assert np.hypot(bound[0], bound[2]) + bound[3] < BACKDROP_RADIUS_M
