import threading
import time

import pytest

from components.shared.parallel import completed, in_order


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


def test_results_come_in_the_order_of_the_items():
    seconds = [0.02, 0.0, 0.01, 0.0]

    def work(index):
        time.sleep(seconds[index])
        return index

    assert list(in_order(work, range(4), threads=3, name="ten")) == [0, 1, 2, 3]


def test_threads_work_on_what_follows_while_a_result_is_used():
    second_has_begun, begun = threading.Event(), []

    def work(item):
        begun.append(item)
        if item == 1:
            second_has_begun.set()
        return item

    for result in in_order(work, range(10), threads=1, name="ten"):
        assert result > 0 or second_has_begun.wait(timeout=60)
        assert max(begun) <= result + 1, "more results are in memory than threads"


def test_a_failure_cancels_what_would_come_after_it():
    begun = []

    def work(item):
        begun.append(item)
        if item == 1:
            raise ValueError("item 1")

    with pytest.raises(ValueError, match="item 1"):
        list(in_order(work, range(1000), threads=2, name="ten"))
    assert len(begun) <= 5
    assert workers() == []
