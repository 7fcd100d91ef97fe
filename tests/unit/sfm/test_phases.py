import pytest

from components.sfm.phases import FIND, MATCH, PLACE, Phases


def test_phases_follow_each_other_over_their_part_of_the_stage():
    seen = []
    phases = Phases(seen.append, 0.2, 0.8, photos=10, pairs=45, find=True)
    for phase, total in ((FIND, 10), (MATCH, 45), (PLACE, 10)):
        for count in range(total + 1):
            phases(phase, count)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (pytest.approx(0.2), pytest.approx(0.8))
    assert seen[15].note == "4 of 45 pairs"


def test_features_that_are_there_already_take_no_part():
    seen = []
    phases = Phases(seen.append, 0.0, 1.0, photos=10, pairs=45, find=False)
    phases(MATCH, 0)
    assert seen[0].fraction == 0.0


def test_photos_of_two_models_count_to_the_total_and_no_further():
    seen = []
    Phases(seen.append, 0.0, 0.5, photos=10, pairs=45, find=True)(PLACE, 14)
    assert (seen[0].fraction, seen[0].note) == (pytest.approx(0.5), "10 of 10 photos")
