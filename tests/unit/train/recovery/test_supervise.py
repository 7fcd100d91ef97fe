"""What training survives, on a toy that counts its steps."""

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest
import torch

from components.shared.contracts.training import BudgetReduction
from components.shared.errors import (
    OutOfMemoryError,
    StorageError,
    TrainingDivergedError,
    TrainingInterruptedError,
)
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import Gaussians
from components.train.model.process_group import ProcessGroup
from components.train.recovery.checkpoint import Checkpoints
from components.train.recovery.interrupt import Interruption
from components.train.recovery.supervise import SaveInterval, Supervisor, Training
from components.train.state import TrainingState

CPU = torch.device("cpu")
EVERY_TEN = SaveInterval(3_600.0, steps=10)
STEPS, BUDGET = 30, 8_000


def start(budget: int) -> TrainingState:
    gaussians = Gaussians(
        {
            "means": torch.zeros(budget, 3),
            "quats": torch.ones(budget, 4),
            "scales": torch.zeros(budget, 3),
            "opacities": torch.linspace(-1.0, 1.0, budget),
            "sh0": torch.zeros(budget, 3),
            "shN": torch.zeros(budget, 0, 3),
        }
    )
    return TrainingState(gaussians, DensificationStats.zeros(budget, CPU), start_count=budget, budget=budget)


class ToyTrainer:
    """Each step adds one to the means, once `fault` has let it."""

    def __init__(self, state: TrainingState, fault: Callable[[TrainingState], None]) -> None:
        self.state, self._fault = state, fault

    def run(self, after_step: Callable[[], None]) -> None:
        while self.state.step < STEPS:
            self._fault(self.state)
            self.state.gaussians["means"].data += 1.0
            self.state.step += 1
            after_step()

    def check(self) -> None:
        pass


class Toy:
    """Trainings that share a folder of checkpoints."""

    def __init__(self, folder: Path) -> None:
        self.store = Checkpoints(str(folder), "key")
        self.interruption = Interruption()
        self.seen: list[int] = []

    def __call__(self, fault=lambda state: None, interval=EVERY_TEN, **keywords) -> Supervisor:
        def on_step(trainer, log) -> None:
            self.seen.append(trainer.state.step)

        training = Training(
            start=keywords.pop("start", start),
            make_trainer=lambda state: ToyTrainer(state, fault),
            on_step=on_step,
            fitting_budget=keywords.pop("fitting", lambda: None),
        )
        return Supervisor(
            training,
            self.store,
            interval,
            self.interruption,
            ProcessGroup(CPU),
            **{"budget": BUDGET, **keywords},
        )


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    return Toy(tmp_path)


class AtOnce:
    """An executor without a thread: a toy's steps are so short that the writer would find each save late."""

    def __init__(self, **_) -> None: ...

    def submit(self, function, *arguments) -> Future:
        future: Future = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def shutdown(self) -> None: ...


@pytest.fixture
def at_once(monkeypatch) -> None:
    monkeypatch.setattr("components.train.recovery.checkpoint_writer.ThreadPoolExecutor", AtOnce)


def full_above(count: int) -> Callable[[TrainingState], None]:
    def fault(state: TrainingState) -> None:
        if len(state.gaussians) > count:
            raise torch.OutOfMemoryError("CUDA out of memory")

    return fault


def once_at(step: int, error: Exception) -> Callable[[TrainingState], None]:
    left = [error]

    def fault(state: TrainingState) -> None:
        if state.step == step and left:
            raise left.pop()

    return fault


@pytest.mark.slow
def test_memory_full_at_the_first_step_means_a_smaller_start(toy):
    trainer = toy(full_above(3_000)).run()
    assert trainer.state.step == STEPS
    assert len(trainer.state.gaussians) == 2_000
    assert trainer.state.budget_reductions == [
        BudgetReduction(step=0, before=8_000, after=4_000),
        BudgetReduction(step=0, before=4_000, after=2_000),
    ]


@pytest.mark.parametrize(
    "words", ["Triton Error [CUDA]: out of memory", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"]
)
def test_untyped_out_of_memory_errors_are_known_by_their_text(toy, words):
    assert toy(once_at(5, RuntimeError(words))).run().state.budget == 4_000


def test_other_failures_are_none_of_memory(toy):
    with pytest.raises(RuntimeError, match="illegal memory access"):
        toy(once_at(5, RuntimeError("CUDA error: an illegal memory access was encountered"))).run()


def test_memory_full_while_starting_means_a_smaller_start(toy):
    def start_small(budget: int) -> TrainingState:
        if budget > 4_000:
            raise MemoryError
        return start(budget)

    assert toy(start=start_small).run().state.budget == 4_000


def test_memory_full_later_resumes_from_the_checkpoint_with_the_most_opaque(toy, at_once):
    trainer = toy(once_at(25, torch.OutOfMemoryError("full"))).run()
    assert toy.seen[24:27] == [25, 21, 22]
    assert trainer.state.budget_reductions == [BudgetReduction(step=25, before=8_000, after=4_000)]
    assert len(trainer.state.gaussians) == 4_000
    assert float(trainer.state.gaussians.opacities.min()) >= 0.5, "the upper half stayed"
    assert trainer.state.gaussians["means"].unique().tolist() == [STEPS]


@pytest.mark.parametrize(
    ("fitting", "expected"), [(6_000, 6_000), (3_000, 3_000), (7_900, 4_000), (0, 1_000)]
)
def test_what_now_fits_is_better_than_half(toy, fitting, expected):
    trainer = toy(once_at(5, torch.OutOfMemoryError("full")), fitting=lambda: fitting).run()
    assert trainer.state.budget == expected


def test_the_failed_state_is_gone_before_the_next_is_made(toy):
    failed: list[weakref.ref] = []

    def remember_and_fail(state: TrainingState) -> None:
        if not failed:
            kept = state.gaussians.tensors  # As a frame of the traceback holds tensors.
            failed.extend(weakref.ref(tensor) for tensor in kept.values())
            raise torch.OutOfMemoryError("full")

    def fitting() -> None:
        alive_when_measured.append(sum(ref() is not None for ref in failed))

    alive_when_measured: list[int] = []
    toy(remember_and_fail, fitting=fitting).run()
    assert len(failed) == 6
    assert alive_when_measured == [0]


@pytest.mark.slow
def test_memory_that_is_never_enough_is_an_error(toy):
    with pytest.raises(OutOfMemoryError, match="1000 Gaussians, the smallest budget"):
        toy(full_above(0)).run()


def test_reductions_survive_the_process(toy, at_once):
    def full_then_killed(state: TrainingState) -> None:
        full(state)
        killed(state)

    full, killed = once_at(15, torch.OutOfMemoryError("full")), once_at(25, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        toy(full_then_killed).run()
    supervisor = toy()
    trainer = supervisor.run()
    assert supervisor.resumed_from_step == 20
    assert trainer.state.budget == 4_000
    assert trainer.state.budget_reductions == [BudgetReduction(step=15, before=8_000, after=4_000)]


def test_on_a_device_with_less_memory_it_resumes_with_fewer(toy, at_once):
    with pytest.raises(KeyboardInterrupt):
        toy(once_at(15, KeyboardInterrupt())).run()
    supervisor = toy(budget=3_000)
    trainer = supervisor.run()
    assert supervisor.resumed_from_step == 10
    assert len(trainer.state.gaussians) == trainer.state.budget == 3_000


def test_a_second_chance_after_a_divergence_is_careful(toy, at_once):
    diverged = TrainingDivergedError("the loss is nan", remedy="Other photos.")
    trainer = toy(once_at(25, diverged)).run()
    assert toy.seen[24:26] == [25, 21]
    assert trainer.state.lr_scale == 0.3
    assert trainer.state.step == STEPS


def test_checkpoints_that_cannot_be_stored_end_training(tmp_path, at_once):
    (tmp_path / "file").write_text("no folder")
    toy = Toy(tmp_path / "file")
    with pytest.raises(StorageError):
        toy().run()
    assert max(toy.seen) == 11


def test_asked_to_end_it_waits_for_the_newest_to_be_stored(toy, monkeypatch):
    stored: list[int] = []
    save = toy.store.save

    def save_slowly(step, state) -> None:
        threading.Event().wait(0.1)
        save(step, state)
        stored.append(step)

    def ask_to_end(state: TrainingState) -> None:
        toy.interruption.requested = state.step == 12

    monkeypatch.setattr(toy.store, "save", save_slowly)
    with pytest.raises(TrainingInterruptedError, match="step 13; its work is saved"):
        toy(ask_to_end).run()
    assert stored == [10, 13]
    assert toy.store.load_latest(CPU)["step"] == 13


def test_what_finds_the_writer_busy_waits_for_the_next_time(toy, monkeypatch):
    may_store, stored = threading.Event(), []
    save = toy.store.save

    def save_when_let(step, state) -> None:
        assert may_store.wait(10)
        save(step, state)
        stored.append(step)

    def let_at(state: TrainingState) -> None:
        if state.step == 15:
            may_store.set()
            threading.Event().wait(0.3)

    monkeypatch.setattr(toy.store, "save", save_when_let)
    toy(let_at, interval=SaveInterval(3_600.0, steps=4)).run()
    assert stored[:2] == [4, 16], "8 and 12 fell out"
