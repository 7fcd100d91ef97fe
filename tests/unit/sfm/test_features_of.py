import numpy as np
import pycolmap
import pytest

from components.sfm.features_of import NO_POINT, features_of, replace_pixels


@pytest.fixture
def model():
    """Two photos with three and no features, of which the second sees a point; names of unequal length."""
    model = pycolmap.Reconstruction()
    camera = pycolmap.Camera(model="PINHOLE", width=80, height=60, params=[60, 60, 40, 30], camera_id=1)
    model.add_camera_with_trivial_rig(camera)
    keypoints = np.array([[1.5, 2.5], [30.25, 40.75], [70.0, 50.0]])
    for number, pixels in ((7, keypoints), (9, np.empty((0, 2)))):
        image = pycolmap.Image(name="a" * number, keypoints=pixels, camera_id=1, image_id=number)
        model.add_image_with_trivial_frame(image, pycolmap.Rigid3d())
    track = pycolmap.Track()
    track.add_element(7, 1)
    model.add_point3D(np.array([0.0, 0.0, 4.0]), track, np.zeros(3, np.uint8))
    return model


def test_features_are_those_of_pycolmap(model):
    found = features_of(model)
    assert sorted(found) == [7, 9]
    (point,) = model.points3D
    assert found[7]["point"].tolist() == [NO_POINT, point, NO_POINT]
    assert found[7]["xy"].tolist() == [feature.xy.tolist() for feature in model.images[7].points2D]
    assert len(found[9]) == 0


def test_only_the_pixels_of_a_stored_model_are_replaced(model, tmp_path):
    model.write_binary(str(tmp_path))
    moved = {7: np.array([[5.0, 6.0], [7.0, 8.0], [9.0, 10.0]]), 9: np.empty((0, 2))}
    replace_pixels(tmp_path, moved)
    read = pycolmap.Reconstruction(str(tmp_path))
    assert [feature.xy.tolist() for feature in read.images[7].points2D] == moved[7].tolist()
    assert features_of(read)[7]["point"].tolist() == features_of(model)[7]["point"].tolist()
    assert read.images[9].name == "a" * 9
    assert list(read.points3D) == list(model.points3D)
