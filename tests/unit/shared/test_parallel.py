import threading
import time

import numpy as np
import pytest

from components.shared.parallel import completed, in_ranges, take_rows


def workers():
    return [thread for thread in threading.enumerate() if thread.name.startswith("ten")]


def test_items_are_worked_on_at_the_same_time_and_come_with_their_results():
    together = threading.Barrier(3)

    def work(item):
        together.wait(timeout=60)  # passes only with three threads in it
        return item * 10

    assert dict(completed(work, [1, 2, 3], threads=3, name="ten")) == {1: 10, 2: 20, 3: 30}


def test_the_first_failure_cancels_what_has_not_started():
    begun = []

    def work(item):
        begun.append(item)
        time.sleep(0.01)
        if item == 0:
            raise ValueError("item 0")

    with pytest.raises(ValueError, match="item 0"):
        list(completed(work, range(1000), threads=1, name="ten"))
    assert len(begun) < 1000
    assert workers() == []


def test_a_failure_of_the_caller_ends_the_threads():
    def take_two():
        for item, _ in completed(time.sleep, [0.0, 0.001, *[0.01] * 1000], threads=1, name="ten"):
            if item:
                raise ValueError(item)

    with pytest.raises(ValueError, match=r"0\.001"):
        take_two()
    assert workers() == []


def test_nothing_to_do():
    assert list(completed(str, [], threads=2, name="ten")) == []


@pytest.mark.parametrize("count", [0, 1, 99, 100, 1001])
def test_ranges_make_up_all_rows(count):
    times = np.zeros(count, int)

    def work(start, stop):
        times[start:stop] += 1

    in_ranges(work, count, at_least=100)
    assert (times == 1).all()


def test_a_failure_in_a_range_is_the_callers():
    with pytest.raises(IndexError):
        in_ranges(lambda start, _: [0][start], 1000, at_least=1)


@pytest.mark.parametrize("shape", [(200_000,), (200_000, 3), (200_000, 2, 3), (200_000, 0, 3)])
def test_rows_are_taken_by_indices_and_masks(shape):
    rng = np.random.default_rng(0)
    values = rng.random(shape, np.float32)
    for index in (
        rng.permutation(len(values)),
        rng.integers(0, 9, 5),
        np.zeros(0, int),
        rng.random(200_000) < 0.5,
    ):
        np.testing.assert_array_equal(take_rows(values, index), values[index])
