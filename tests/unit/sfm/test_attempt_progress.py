import pytest

from components.sfm.attempt_progress import EXTRACT, MATCH, REGISTER, AttemptProgress


def test_progress_covers_the_phases_in_order():
    seen = []
    progress = AttemptProgress(seen.append, [EXTRACT, MATCH, REGISTER])
    for phase, total in ((EXTRACT, 10), (MATCH, 45), (REGISTER, 10)):
        for count in range(total + 1):
            progress(phase, count, total)
    fractions = [each.fraction for each in seen]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (pytest.approx(0.0), pytest.approx(1.0))
    assert seen[15].note == "4 of 45 pairs"


def test_phases_that_are_done_count_as_no_work():
    seen = []
    AttemptProgress(seen.append, [REGISTER])(REGISTER, 0, 5)
    assert (seen[0].fraction, seen[0].note) == (0.0, "0 of 5 steps")


def test_photos_of_two_models_count_to_the_total_and_no_further():
    seen = []
    AttemptProgress(seen.append, [EXTRACT, MATCH, REGISTER])(REGISTER, 14, 10, "photos")
    assert (seen[0].fraction, seen[0].note) == (pytest.approx(1.0), "10 of 10 photos")
