"""Which photos are held out where some have several views."""

from components.sfm.capture import CapturePhoto
from components.sfm.hold_out import held_out_names
from tests.unit.sfm.sfm_captures import photo


def view(number, first):
    return CapturePhoto(number, f"{first}/{number}.jpg", 80, 60, 0, 1, None, first_view=first)


def test_all_views_of_every_eighth_360_photo():
    photos = [view(number, 2 * ((number - 1) // 2) + 1) for number in range(1, 21)]
    held_out = held_out_names(photos, range(1, 21), {})
    assert held_out == ("1/1.jpg", "1/2.jpg", "17/17.jpg", "17/18.jpg")


def test_other_photos_are_counted_too():
    photos = [photo(1), view(2, 2), view(3, 2), *(photo(number) for number in range(4, 12))]
    assert held_out_names(photos, range(1, 12), {}) == ("1.jpg", "10.jpg")


def test_photos_without_a_pose_do_not_count():
    photos = [view(1, 1), view(2, 1), view(3, 3), view(4, 3)]
    assert held_out_names(photos, {3, 4}, {}) == ("3/3.jpg", "3/4.jpg")


def test_the_views_of_fisheye_photos():
    photos = [photo(number) for number in range(1, 10)]
    views = {"9.jpg": ("9/front.jpg", "9/left.jpg")}
    assert held_out_names(photos, range(1, 10), views) == ("1.jpg", "9/front.jpg", "9/left.jpg")


def test_training_chooses_where_each_photo_is_one_view():
    assert held_out_names([photo(number) for number in range(1, 10)], range(1, 10), {}) == ()
