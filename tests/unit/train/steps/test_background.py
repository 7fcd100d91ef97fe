"""What photos leave empty: composed over colours drawn from seed and step, it is learned to be empty."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from components.shared.rasterize import make_rasterizer
from components.shared.scene import Camera
from components.train.loop.trainer import TrainContext, Trainer
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import Gaussians
from components.train.model.process_group import ProcessGroup
from components.train.scene.views import TrainingView, Views
from components.train.settings import TrainSettings
from components.train.state import TrainingState
from components.train.steps.autograd_step import AutogradStep
from components.train.steps.step import StepConfig
from components.train.strategies.bounds import Bounds
from tests.unit.train.painted_cube import CUBE, hit, painted, ring_camera

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
_ARC = (2, 0, 1, 3, 4)
"""The first is held out. From one side only: what is behind never covers the cube."""
SETTINGS = TrainSettings(backend="numba", steps=400, max_gaussians=2_000, sh_degree=0)


def object_photo(index: int) -> TrainingView:
    """The painted cube alone: where the room would be, the photo is transparent."""
    camera = ring_camera(index)
    x, y = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    pixels = np.stack([x, y, np.ones_like(x)], axis=-1)
    places = hit(camera.center, pixels @ np.linalg.inv(camera.K).T @ camera.viewmat[:3, :3])
    is_cube = np.abs(places).max(axis=-1) < 1.01 * CUBE
    colors = painted(places) * is_cube[..., None]
    return TrainingView(
        str(index),
        camera,
        torch.tensor(np.round(colors * 255), dtype=torch.uint8),
        torch.tensor(is_cube * 255, dtype=torch.uint8),
    )


def third_of(photo: TrainingView) -> TrainingView:
    """Every third pixel: in the interpreter kernels take their time."""
    camera = photo.camera.scaled(photo.camera.width // 3, photo.camera.height // 3)
    return TrainingView(
        photo.name, camera, photo.pixels[::3, ::3].contiguous(), photo.alpha[::3, ::3].contiguous()
    )


def scattered(count: int = 1_000) -> Gaussians:
    """Half-transparent Gaussians of any colour all around the cube, as a random start has them."""
    generator = torch.Generator().manual_seed(0)
    return Gaussians(
        {
            "means": torch.rand(count, 3, generator=generator) * 4.0 - 2.0,
            "quats": torch.tensor([1.0, 0.0, 0.0, 0.0]).repeat(count, 1),
            "scales": torch.full((count, 3), float(np.log(0.12))),
            "opacities": torch.full((count,), -1.0),
            "sh0": torch.randn(count, 3, generator=generator),
            "shN": torch.zeros(count, 0, 3),
        }
    )


def object_trainer(**settings) -> Trainer:
    held_out, *photos = (object_photo(index) for index in _ARC)
    views = Views([photos, [_halved(photo) for photo in photos]], [held_out])
    gaussians = scattered()
    count = len(gaussians)
    state = TrainingState(gaussians, DensificationStats.zeros(count, CPU), count, SETTINGS.max_gaussians)
    return trainer_of(state, views, SETTINGS.model_copy(update=settings))


def trainer_of(state: TrainingState, views: Views, settings: TrainSettings) -> Trainer:
    centers = torch.tensor(np.array([photo.camera.center for photo in views.training[0]]))
    bounds = Bounds(centers.float(), min_distance=0.1, max_scale=10.0)
    context = TrainContext(
        views=views,
        scene_scale=3.0,
        bounds=bounds,
        settings=settings,
        plan=settings.plan("cpu"),
        rasterizer=make_rasterizer("numba"),
        group=ProcessGroup(CPU),
    )
    return Trainer(context, state)


def _halved(photo: TrainingView) -> TrainingView:
    camera = photo.camera
    K = camera.K * np.array([0.5, 0.5, 1.0])[:, None]
    smaller = Camera(camera.viewmat, K, camera.width // 2, camera.height // 2)
    return replace(photo, camera=smaller, pixels=photo.pixels[::2, ::2], alpha=photo.alpha[::2, ::2])


def shown_alphas(trainer: Trainer) -> tuple[float, float]:
    """Mean alpha where the photos show the cube, and where they show nothing."""
    where_cube, where_nothing = [], []
    for photo in trainer._context.views.training[0]:
        with torch.no_grad():
            shown = trainer.render(photo.camera).alpha
        where_cube.append(shown[photo.alpha > 0])
        where_nothing.append(shown[photo.alpha == 0])
    return float(torch.cat(where_cube).mean()), float(torch.cat(where_nothing).mean())


def test_what_is_transparent_is_learned_to_be_empty():
    alphas = {}
    for is_random in (False, True):
        trainer = object_trainer(random_background=is_random)
        trainer.run(lambda: None)
        alphas[is_random] = shown_alphas(trainer)
    assert alphas[False][1] > 0.15, "over black, nothing tells black Gaussians from nothing"
    assert alphas[True][1] < 0.05
    assert alphas[True][0] > 0.98


def test_backgrounds_follow_from_seed_and_step():
    trainers = [object_trainer(random_background=True, seed=seed) for seed in (0, 0, 1)]
    first, again, other = (trainer._backgrounds for trainer in trainers)
    assert first.shape == (400, 3)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert 0.0 <= float(first.min()) < 0.02
    assert 0.98 < float(first.max()) <= 1.0
    assert len(first.unique(dim=0)) == 400
    assert object_trainer()._backgrounds is None


def test_a_resumed_run_sees_the_same_backgrounds():
    class StoppedError(Exception):
        pass

    def stop_at(trainer: Trainer, step: int):
        def after_step() -> None:
            if trainer.state.step == step:
                raise StoppedError

        return after_step

    whole = object_trainer(random_background=True)
    with pytest.raises(StoppedError):
        whole.run(stop_at(whole, 60))
    part = object_trainer(random_background=True)
    with pytest.raises(StoppedError):
        part.run(stop_at(part, 25))
    state = TrainingState.from_state_dict(part.state.state_dict(), CPU)
    resumed = trainer_of(state, part._context.views, SETTINGS.model_copy(update={"random_background": True}))
    with pytest.raises(StoppedError):
        resumed.run(stop_at(resumed, 60))
    for name, tensor in whole.state.gaussians.tensors.items():
        assert torch.equal(tensor, resumed.state.gaussians[name]), name


def test_a_photo_is_composed_over_the_background():
    pixels = torch.tensor([[[255, 0, 0], [0, 0, 0], [50, 0, 0]]], dtype=torch.uint8)
    photo = TrainingView("a", ring_camera(0), pixels, torch.tensor([[255, 0, 128]], dtype=torch.uint8))
    background = torch.tensor([1.0, 0.5, 0.0])
    over = photo.composite(CPU, background)
    assert over.dtype == torch.uint8
    assert over.tolist() == [[[255, 0, 0], [255, 128, 0], [177, 64, 0]]]
    torch.testing.assert_close(photo.target(CPU, background), over.float() / 255)
    assert torch.equal(photo.composite(CPU, None), pixels)
    assert torch.equal(replace(photo, alpha=None).composite(CPU, background), pixels)


def test_opaque_photos_make_surfaces_opaque():
    """A half-transparent wall in front of black shows a dark photo well, until it is seen over white."""
    photo = object_photo(3)
    photo = replace(photo, pixels=photo.pixels // 2, alpha=None)
    covered = {}
    for background in (None, torch.ones(3)):
        gaussians = scattered()
        step = AutogradStep(StepConfig(ssim_lambda=0.2, scene_scale=3.0), make_rasterizer("numba"))
        rates = {"means": 0.0, "quats": 0.0, "scales": 0.0, "opacities": 0.05, "sh0": 0.02, "shN": 0.0}
        for _ in range(100):
            step(gaussians, [photo], rates, 0, background)
        with torch.no_grad():
            black = torch.zeros(3)
            shown = make_rasterizer("numba")(
                **gaussians.tensors, camera=photo.camera, sh_degree=0, background=black
            )
        covered[background is not None] = float(shown.alpha.mean())
    assert covered[True] > covered[False] + 0.1


def test_the_fused_step_sees_the_background_of_the_autograd_step():
    """After one step Adam's first moments are a tenth of the gradients."""
    pytest.importorskip("triton", reason="Triton has no wheel for this platform")
    from components.train.steps.fused.fused_step import FusedStep

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    background = torch.tensor([0.9, 0.3, 0.6], device=device)
    photo, moments = third_of(object_photo(2)), []
    rates = dict.fromkeys(("means", "quats", "scales", "opacities", "sh0", "shN"), 1e-3)
    config = StepConfig(ssim_lambda=0.2, scene_scale=3.0)
    for step in (AutogradStep(config, make_rasterizer("auto")), FusedStep(config, device)):
        gaussians = Gaussians({name: tensor.to(device) for name, tensor in scattered(100).tensors.items()})
        metrics = step(gaussians, [photo], rates, 0, background)
        moments.append({name: pair[0].clone() for name, pair in gaussians.moments.items()})
    plain, fused = moments
    for name in ("means", "opacities", "sh0"):
        scale = float(plain[name].abs().max())
        torch.testing.assert_close(fused[name], plain[name], rtol=1e-2, atol=1e-3 * scale)
    assert float(metrics.loss) > 0.1
