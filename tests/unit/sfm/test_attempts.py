import pytest

from components.sfm.attempts import EXTRACT, MATCH, REGISTER, AttemptProgress


def test_progress_covers_the_phases_in_order():
    seen = []
    progress = AttemptProgress(seen.append, photos=10, pairs=45, extracts=True)
    for phase, total in ((EXTRACT, 10), (MATCH, 45), (REGISTER, 10)):
        for count in range(total + 1):
            progress(phase, count)
    fractions = [each.fraction for each in seen]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (pytest.approx(0.0), pytest.approx(1.0))
    assert seen[15].note == "4 of 45 pairs"


def test_features_that_exist_count_as_no_work():
    seen = []
    AttemptProgress(seen.append, photos=10, pairs=45, extracts=False)(MATCH, 0)
    assert seen[0].fraction == 0.0


def test_photos_of_two_models_count_to_the_total_and_no_further():
    seen = []
    AttemptProgress(seen.append, photos=10, pairs=45, extracts=True)(REGISTER, 14)
    assert (seen[0].fraction, seen[0].note) == (pytest.approx(1.0), "10 of 10 photos")
