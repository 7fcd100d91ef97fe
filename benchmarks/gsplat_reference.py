"""gsplat's example trainer over its public strategies, for comparison.

Settings are those of `default` and `mcmc` in gsplat 1.5.3's `examples/simple_trainer.py`: learning rates and
their schedule, initialisation, loss, the world scaled to the cameras. The photos are on the GPU before the
run, and the loss is kubesplat's fused kernel, so that it is no slower than with the recommended fused SSIM.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from gsplat import DefaultStrategy, MCMCStrategy, rasterization
from torch import Tensor

from components.shared.rasterize.conventions import SH_C0
from components.shared.scene import Camera, Scene
from components.train.scene.views import TrainingView
from components.train.steps.fused.photometric import photometric

STEPS = 30_000
SH_DEGREE, SH_DEGREE_EVERY = 3, 1000
SSIM_LAMBDA = 0.2
MEANS_RATE, MEANS_RATE_END = 1.6e-4, 0.01
RATES = {"scales": 5e-3, "opacities": 5e-2, "quats": 1e-3, "sh0": 2.5e-3, "shN": 2.5e-3 / 20}


@dataclass(frozen=True, slots=True)
class Recipe:
    """One of the example trainer's presets."""

    name: str
    strategy: DefaultStrategy | MCMCStrategy
    start_opacity: float
    start_scale: float
    opacity_penalty: float = 0.0
    scale_penalty: float = 0.0


def recipes() -> dict[str, Recipe]:
    return {
        "gsplat default": Recipe("gsplat default", DefaultStrategy(), 0.1, 1.0),
        "gsplat MCMC 1M": Recipe("gsplat MCMC 1M", MCMCStrategy(cap_max=1_000_000), 0.5, 0.1, 0.01, 0.01),
    }


class GsplatTrainer:
    """The example trainer's loop; `photos` are those to train on."""

    def __init__(self, recipe: Recipe, scene: Scene, photos: list[TrainingView], seed: int) -> None:
        torch.manual_seed(seed)
        self._recipe, self._photos = recipe, photos
        self._rng = np.random.default_rng(seed)
        self._world = _normalized_world([view.camera for view in scene.views])
        centers = np.stack([self._center(view.camera) for view in scene.views])
        self._scene_scale = 1.1 * float(np.linalg.norm(centers - centers.mean(0), axis=1).max())
        self._poses = [_on_gpu(self._viewmat(photo.camera)) for photo in photos]
        self._Ks = [_on_gpu(photo.camera.K) for photo in photos]
        self.parameters = torch.nn.ParameterDict(self._start(scene))
        self._optimizers = {
            name: torch.optim.Adam([{"params": value, "lr": self._rate(name)}], eps=1e-15, fused=True)
            for name, value in self.parameters.items()
        }
        self._state = (
            recipe.strategy.initialize_state(scene_scale=self._scene_scale)
            if isinstance(recipe.strategy, DefaultStrategy)
            else recipe.strategy.initialize_state()
        )

    def run(self, after_step: Callable[[int], None]) -> None:
        decay = MEANS_RATE_END ** (1.0 / STEPS)
        for step in range(STEPS):
            if step % len(self._photos) == 0:
                order = self._rng.permutation(len(self._photos))
            self._step(step, int(order[step % len(self._photos)]))
            self._optimizers["means"].param_groups[0]["lr"] *= decay
            after_step(step + 1)

    def render(self, camera: Camera, sh_degree: int = SH_DEGREE) -> Tensor:
        """[H, W, 3], not clamped."""
        image, _ = self._rasterize(_on_gpu(self._viewmat(camera)), _on_gpu(camera.K), camera, sh_degree)
        return image

    def _step(self, step: int, at: int) -> None:
        photo, strategy = self._photos[at], self._recipe.strategy
        sh_degree = min(step // SH_DEGREE_EVERY, SH_DEGREE)
        image, info = self._rasterize(self._poses[at], self._Ks[at], photo.camera, sh_degree)
        if isinstance(strategy, DefaultStrategy):
            strategy.step_pre_backward(self.parameters, self._optimizers, self._state, step, info)
        loss = _Photometric.apply(image, photo.pixels, SSIM_LAMBDA)
        if self._recipe.opacity_penalty:
            loss = loss + self._recipe.opacity_penalty * torch.sigmoid(self.parameters["opacities"]).mean()
            loss = loss + self._recipe.scale_penalty * torch.exp(self.parameters["scales"]).mean()
        loss.backward()
        for optimizer in self._optimizers.values():
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if isinstance(strategy, DefaultStrategy):
            strategy.step_post_backward(self.parameters, self._optimizers, self._state, step, info)
        else:
            rate = self._optimizers["means"].param_groups[0]["lr"]
            strategy.step_post_backward(self.parameters, self._optimizers, self._state, step, info, lr=rate)

    def _rasterize(self, viewmat: Tensor, K: Tensor, camera: Camera, degree: int) -> tuple[Tensor, dict]:
        p = self.parameters
        images, _, info = rasterization(
            p["means"],
            p["quats"],
            torch.exp(p["scales"]),
            torch.sigmoid(p["opacities"]),
            torch.cat([p["sh0"], p["shN"]], dim=1),
            viewmat[None],
            K[None],
            camera.width,
            camera.height,
            sh_degree=degree,
            packed=False,
        )
        return images[0], info

    def _start(self, scene: Scene) -> dict[str, torch.nn.Parameter]:
        points = torch.tensor((scene.points - self._world[0]) * self._world[1], dtype=torch.float32).cuda()
        colors = torch.tensor(scene.point_colors / 255.0, dtype=torch.float32).cuda()
        distances = torch.cat(
            [torch.cdist(part, points).topk(4, largest=False).values[:, 1:] for part in points.split(4096)]
        )
        spacing = distances.square().mean(dim=1).sqrt() * self._recipe.start_scale
        count = len(points)
        tensors = {
            "means": points,
            "scales": torch.log(spacing)[:, None].repeat(1, 3),
            "quats": torch.rand((count, 4)).cuda(),
            "opacities": torch.logit(torch.full((count,), self._recipe.start_opacity)).cuda(),
            "sh0": ((colors - 0.5) / SH_C0)[:, None],
            "shN": torch.zeros((count, (SH_DEGREE + 1) ** 2 - 1, 3)).cuda(),
        }
        return {name: torch.nn.Parameter(value.contiguous()) for name, value in tensors.items()}

    def _rate(self, name: str) -> float:
        return MEANS_RATE * self._scene_scale if name == "means" else RATES[name]

    def _center(self, camera: Camera) -> np.ndarray:
        center: np.ndarray = (camera.center - self._world[0]) * self._world[1]
        return center

    def _viewmat(self, camera: Camera) -> np.ndarray:
        viewmat = np.eye(4)
        viewmat[:3, :3] = camera.viewmat[:3, :3]
        viewmat[:3, 3] = -viewmat[:3, :3] @ self._center(camera)
        return viewmat


class _Photometric(torch.autograd.Function):
    @staticmethod
    def forward(ctx, image: Tensor, target: Tensor, ssim_lambda: float) -> Tensor:  # type: ignore[no-untyped-def]
        result = photometric(image, target, ssim_lambda)
        ctx.save_for_backward(result.v_image)
        return result.loss

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[no-untyped-def]
        return ctx.saved_tensors[0] * gradient, None, None


def _normalized_world(cameras: list[Camera]) -> tuple[np.ndarray, float]:
    """Centre and scale that bring the cameras around the origin, half of them nearer than 1."""
    centers = np.stack([camera.center for camera in cameras])
    middle = centers.mean(axis=0)
    return middle, 1.0 / float(np.median(np.linalg.norm(centers - middle, axis=1)))


def _on_gpu(matrix: np.ndarray) -> Tensor:
    return torch.tensor(matrix, dtype=torch.float32, device="cuda")
