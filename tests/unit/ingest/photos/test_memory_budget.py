import threading
import time

import pytest

from components.ingest.photos.memory_budget import MemoryBudget


def test_threads_together_stay_below_the_limit():
    budget, lock, held, most = MemoryBudget(100), threading.Lock(), [0], [0]

    def work():
        with budget.hold(40):
            with lock:
                held[0] += 40
                most[0] = max(most[0], held[0])
            time.sleep(0.01)
            with lock:
                held[0] -= 40

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert most[0] == 80
    assert held[0] == 0


def test_a_larger_image_is_held_alone():
    budget, order = MemoryBudget(100), []

    def work():
        with budget.hold(1):
            order.append("small")

    thread = threading.Thread(target=work)
    with budget.hold(1000):
        thread.start()
        order.append("large")
    thread.join(timeout=60)
    assert order == ["large", "small"]


def test_pixels_are_released_after_a_failure():
    budget = MemoryBudget(100)
    with pytest.raises(ValueError, match="damaged"), budget.hold(100):
        raise ValueError("damaged")
    held = threading.Event()

    def work():
        with budget.hold(100):
            held.set()

    threading.Thread(target=work, daemon=True).start()
    assert held.wait(timeout=60)
