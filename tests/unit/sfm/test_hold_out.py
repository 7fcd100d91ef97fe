"""Which photos are held out where some have one centre."""

import pycolmap

from components.sfm.capture import CapturePhoto
from components.sfm.hold_out import held_out_names
from tests.unit.sfm.sfm_captures import model_of, photo, ring


def view(number, first):
    return CapturePhoto(number, f"{first}/{number}.jpg", 80, 60, 0, 1, None, first_view=first)


def test_all_views_of_every_eighth_360_photo():
    photos = [view(number, 2 * ((number - 1) // 2) + 1) for number in range(1, 21)]
    assert held_out_names(photos, model_of(ring(20))) == ("1/1.jpg", "1/2.jpg", "17/17.jpg", "17/18.jpg")


def test_other_photos_are_counted_too():
    photos = [photo(1), view(2, 2), view(3, 2), *(photo(number) for number in range(4, 12))]
    assert held_out_names(photos, model_of(ring(11))) == ("1.jpg", "10.jpg")


def test_photos_without_a_pose_do_not_count():
    photos = [view(1, 1), view(2, 1), view(3, 3), view(4, 3)]
    model = model_of(ring(4))
    for number in (1, 2):
        model.deregister_frame(model.images[number].frame_id)
    assert held_out_names(photos, model) == ("3/3.jpg", "3/4.jpg")


def test_training_chooses_where_no_photos_share_a_centre():
    assert held_out_names([photo(number) for number in range(1, 10)], model_of(ring(9))) == ()


def test_no_photo_of_an_empty_model():
    assert held_out_names([view(1, 1), view(2, 1)], pycolmap.Reconstruction()) == ()
