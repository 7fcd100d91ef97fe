from components.sfm.assess.gaps import Gap, describe_gaps, find_gaps
from components.sfm.capture import CapturePhoto


def _photos(*names: str) -> list[CapturePhoto]:
    return [CapturePhoto(number, name, 80, 60, 0, 1, None) for number, name in enumerate(names, start=1)]


def _run(*numbers: int) -> list[CapturePhoto]:
    return _photos(*(f"IMG_{number:04d}.jpg" for number in numbers))


def test_a_gap_is_named_by_the_photos_on_its_sides():
    gaps = find_gaps(_run(411, 412, 413, 414), [(1, 2), (3, 4)], {1, 2}, ordered=False)
    assert gaps == {id_: [Gap("IMG_0412.jpg", "IMG_0413.jpg")] for id_ in (3, 4)}
    assert str(gaps[3][0]) == "no overlap between IMG_0412.jpg and IMG_0413.jpg"


def test_a_part_in_the_middle_has_two_gaps():
    gaps = find_gaps(_run(1, 2, 3, 4, 5), [(1, 2), (3, 4)], {1, 2, 5}, ordered=False)
    assert gaps[4] == [Gap("IMG_0002.jpg", "IMG_0003.jpg"), Gap("IMG_0004.jpg", "IMG_0005.jpg")]


def test_neighbouring_parts_have_their_own_gap():
    gaps = find_gaps(_run(1, 2, 3, 4, 5, 6), [(1, 2), (3, 4), (5, 6)], {1, 2}, ordered=False)
    assert gaps[6] == [Gap("IMG_0004.jpg", "IMG_0005.jpg")]


def test_photos_that_match_nothing_are_no_part():
    gaps = find_gaps(_run(1, 2, 3, 4, 5), [(1, 2), (4, 5)], {1, 2}, ordered=False)
    assert gaps == {id_: [Gap("IMG_0002.jpg", "IMG_0004.jpg")] for id_ in (4, 5)}


def test_photos_connected_through_one_without_a_pose_are_no_other_part():
    assert find_gaps(_run(1, 2, 3, 4), [(1, 2), (2, 3), (3, 4)], {1, 2}, ordered=False) == {}


def test_numbers_are_compared_as_numbers_and_only_among_names_of_one_kind():
    photos = _photos("IMG_10.jpg", "IMG_11.jpg", "IMG_8.jpg", "IMG_9.jpg", "P1.jpg")
    gaps = find_gaps(photos, [(1, 2), (3, 4)], {1, 2, 5}, ordered=False)
    assert gaps[3] == [Gap("IMG_9.jpg", "IMG_10.jpg")]


def test_names_without_numbers_tell_nothing_unless_the_photos_are_in_order():
    photos, links = _photos("attic.jpg", "bath.jpg", "cellar.jpg", "door.jpg"), [(1, 2), (3, 4)]
    assert find_gaps(photos, links, {1, 2}, ordered=False) == {}
    assert find_gaps(photos, links, {1, 2}, ordered=True)[4] == [Gap("bath.jpg", "cellar.jpg")]


def test_photos_of_a_part_that_lie_among_others_name_no_gap():
    links = [(2, 4), (4, 6), (6, 8)]
    assert find_gaps(_run(*range(1, 10)), links, {1, 3, 5, 7, 9}, ordered=False) == {}


def test_the_sentence_names_each_gap_once():
    assert describe_gaps({}) == []
    gaps = find_gaps(_run(411, 412, 413, 414), [(1, 2), (3, 4)], {1, 2}, ordered=False)
    assert describe_gaps(gaps) == [
        "The photos fall into parts that nothing connects: no overlap between IMG_0412.jpg and IMG_0413.jpg. "
        "A scene is made of one part, without 2 photos of others. Photos taken on the way from one to the "
        "other would join them."
    ]
