from fractions import Fraction

import pytest

from components.ingest.video.film_clock import FilmClock, Stamp, length_seconds, typical_step


def times(stamps, step=0.1):
    clock = FilmClock(step)
    return [round(clock.tick(stamp), 6) for stamp in stamps]


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([0, 0.1, 0.2, 0.3], [0, 0.1, 0.2, 0.3]),
        ([7200, 7200.1, 7200.5], [0, 0.1, 0.5]),
        ([-0.2, -0.1, 0.4], [0, 0.1, 0.6]),
        ([None, None, None], [0, 0.1, 0.2]),
        ([0, None, None, 0.3], [0, 0.1, 0.2, 0.3]),
        ([0, 0.1, 95_000, 95_000.1], [0, 0.1, 0.2, 0.3]),
        ([50, 50.1, 3, 3.1], [0, 0.1, 0.2, 0.3]),
        ([0, 0, 0.2], [0, 0.1, 0.3]),
        ([0, 9, 18], [0, 9, 18]),
    ],
    ids=["even", "late", "negative", "none", "some", "jump", "jump back", "repeated", "long stills"],
)
def test_seconds_since_the_first_frame(stamps, expected):
    assert times(stamps) == expected


def test_the_length_includes_the_last_frame():
    assert length_seconds([Stamp(0.0, 0.0), Stamp(0.1, 0.1)], 0.1) == pytest.approx(0.2)
    assert length_seconds([], 0.1) == 0


def test_frames_that_are_stored_out_of_order_have_the_length_of_the_film():
    shown = [0, 3, 1, 2, 6, 4, 5]
    assert length_seconds([Stamp(float(time), None) for time in shown], 1.0) == pytest.approx(7)
    assert typical_step([Stamp(float(time), None) for time in shown], None) == 1


def test_the_typical_step():
    assert typical_step(
        [Stamp(time, time - 0.2) for time in (0.0, 0.1, 0.2, 5.0, 5.1)], None
    ) == pytest.approx(0.1)
    assert typical_step([Stamp(None, None)] * 3, Fraction(50)) == pytest.approx(0.02)
    assert typical_step([], None) == pytest.approx(0.04)


def test_a_film_of_two_that_both_start_at_zero_has_the_length_of_both():
    twice = [Stamp(n / 10, n / 10) for n in range(100)] * 2
    assert length_seconds(twice, 0.1) == pytest.approx(20, rel=0.1)


def test_times_of_decoding_count_where_there_are_no_others():
    assert length_seconds([Stamp(None, float(n)) for n in range(5)], 1.0) == 5
