"""Cost of checkpoints: the wait for one, and a training that saves often against one that does not save.

    python -m benchmarks.checkpoints
    python -m benchmarks.checkpoints --uri s3://bucket/prefix --gaussians 1000000

Runs on the GPU where there is one, else on the CPU. `at once` is the time to store a checkpoint within the
training loop; `waits` is the time that training does wait: for the copy of its state and, in the second
table, for the check of divergence before. A share is of the time between two saves, one a minute.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.fits import make_trainer
from benchmarks.painted_room import painted_room
from components.shared.rasterize import make_rasterizer
from components.shared.rasterize.interface import Rasterizer
from components.shared.scene import Scene
from components.train.loop.trainer import Trainer
from components.train.recovery.checkpoint import Checkpoints
from components.train.recovery.checkpoint_writer import CheckpointWriter
from components.train.scene.views import Views
from components.train.session import limit_torch_threads
from components.train.settings import TrainSettings

_TIMES = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--uri", help="a folder or s3://bucket/prefix; a temporary folder where none is given"
    )
    parser.add_argument("--gaussians", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between saves in the second table")
    arguments = parser.parse_args()
    draw = make_rasterizer("auto")
    is_cuda = draw.device.type == "cuda"
    count = arguments.gaussians or (1_000_000 if is_cuda else 30_000)
    steps = arguments.steps or (3_000 if is_cuda else 400)
    size = (800, 532) if is_cuda else (240, 160)
    scene, views = painted_room(32, *size, points=count, device=draw.device)
    settings = TrainSettings(steps=steps, max_gaussians=count)
    with (
        tempfile.TemporaryDirectory() as folder,
        limit_torch_threads(1 if not is_cuda else torch.get_num_threads()),
    ):
        store = Checkpoints(arguments.uri or folder, "benchmark")
        print(waits(make_trainer(scene, views, settings, draw), store, Path(folder), draw.device))
        print()
        print(beside_training(scene, views, settings, draw, store, arguments.every))
        store.clear()


def waits(trainer: Trainer, store: Checkpoints, folder: Path, device: torch.device) -> str:
    """Medians of several saves."""
    state, writer = trainer.state, CheckpointWriter(store, device)
    assert len(state.gaussians.moments) == 6
    torch.save(state.state_dict(), folder / "size")
    at_once, host, whole, stored = [], [], [], []
    for step in range(_TIMES):
        begun = now(device)
        store.save(step, state.state_dict())
        at_once.append(now(device) - begun)
        begun = now(device)
        writer.write(step, state.state_dict())
        host.append(time.monotonic() - begun)
        whole.append(now(device) - begun)
        writer.wait()
        stored.append(time.monotonic() - begun)
    writer.close()
    cells = [
        f"{len(state.gaussians):,}",
        f"{(folder / 'size').stat().st_size / 2**20:.1f}",
        *(f"{1e3 * median(times):.1f}" for times in (at_once, host, whole, stored)),
        f"{host[0] * 1e3:.1f}",
        f"{median(at_once) / 60:.2%}",
        f"{median(whole) / 60:.3%}",
    ]
    head = (
        "| Gaussians | MiB | at once ms | host waits ms | device waits ms | stored after ms | first ms "
        "| share at once | share |"
    )
    return "\n".join([head, "|---" * 9 + "|", "| " + " | ".join(cells) + " |"])


def beside_training(
    scene: Scene, views: Views, settings: TrainSettings, draw: Rasterizer, store: Checkpoints, every: float
) -> str:
    """The same training three times. A first short run compiles the kernels and does not count."""
    run(
        make_trainer(scene, views, settings.model_copy(update={"steps": 400}), draw), store, draw.device, None
    )
    rows = ["| saving | seconds | saves | waited s | share |", "|---" * 5 + "|"]
    for name, pause, at_once in (
        ("never", None, False),
        (f"every {every:g} s, at once", every, True),
        (f"every {every:g} s, beside training", every, False),
    ):
        trainer = make_trainer(scene, views, settings, draw)
        seconds, saves, waited = run(trainer, store, draw.device, pause, at_once)
        rows.append(f"| {name} | {seconds:.2f} | {saves} | {waited:.3f} | {waited / seconds:.2%} |")
    return "\n".join(rows)


def run(
    trainer: Trainer, store: Checkpoints, device: torch.device, every: float | None, at_once: bool = False
) -> tuple[float, int, float]:
    """Seconds of the whole training, saves, and seconds that the host waited for these."""
    writer, saves, waited = CheckpointWriter(store, device), 0, 0.0
    begun = saved_at = now(device)

    def after_step() -> None:
        nonlocal saves, waited, saved_at
        if every is None or time.monotonic() - saved_at < every:
            return
        saved_at = time.monotonic()
        if not writer.is_busy:
            trainer.check()
            writer.write(trainer.state.step, trainer.state.state_dict())
            if at_once:
                writer.wait()
            saves, waited = saves + 1, waited + time.monotonic() - saved_at

    trainer.run(after_step)
    seconds = now(device) - begun
    writer.wait()
    writer.close()
    return seconds, saves, waited


def now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.monotonic()


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    main()
