import threading
import time

from components.ingest.memory_budget import MemoryBudget


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


def test_one_alone_may_be_larger():
    with MemoryBudget(100).hold(1000):
        pass


def test_it_is_given_back_after_a_failure():
    budget = MemoryBudget(100)
    for _ in range(2):
        try:
            with budget.hold(100):
                raise ValueError
        except ValueError:
            pass
    done = threading.Event()

    def work():
        with budget.hold(100):
            done.set()

    threading.Thread(target=work, daemon=True).start()
    assert done.wait(timeout=5)
