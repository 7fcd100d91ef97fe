"""A training step without autograd through the Gaussians: their gradients are spent where they arise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from components.shared.scene import Camera
from components.train.corrections.corrections import Corrections
from components.train.corrections.exposure import exposed_background
from components.train.hyperparameters import CUDA, Recipe
from components.train.model.densification_stats import Evidence
from components.train.model.gaussians import Gaussians
from components.train.model.regularization import USUAL, Penalties
from components.train.scene.views import Photo
from components.train.steps.fused.blend import blend, blend_backward
from components.train.steps.fused.camera import pack_camera
from components.train.steps.fused.colors import shade, update_colors
from components.train.steps.fused.ellipse import Ellipses
from components.train.steps.fused.exposure import expose, expose_backward
from components.train.steps.fused.photometric import Photometric, photometric
from components.train.steps.fused.project import project
from components.train.steps.fused.tiles import Rooms, list_ends, sort_into_tiles
from components.train.steps.fused.update import Pulls, update
from components.train.steps.step import Picture


@dataclass(frozen=True, slots=True)
class Seen:
    """Gaussians as a camera sees them; `camera` is that of `pack_camera`, `colors` [N, 4]."""

    camera: Tensor
    ellipses: Ellipses
    colors: Tensor


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a photo says of the ellipses drawn, and of its own exposure."""

    sums: Tensor
    compared: Photometric
    v_exposure: Tensor | None


class FusedStep:
    """`steps.step.AutogradStep` on a CUDA device, for visible Gaussians only."""

    def __init__(
        self,
        ssim_lambda: float,
        extent: float,
        device: torch.device,
        corrections: Corrections | None = None,
        recipe: Recipe = CUDA,
        penalties: Penalties = USUAL,
    ) -> None:
        self._ssim_lambda, self._extent = ssim_lambda, extent
        self._gains, self._penalties = recipe.gains, penalties
        self._exposure = corrections.exposure if corrections else None
        self._cameras: dict[int, tuple[Camera, Tensor]] = {}
        self._device = device
        self._rooms = Rooms()

    @torch.no_grad()
    def __call__(
        self,
        gaussians: Gaussians,
        evidence: Evidence | None,
        photos: Sequence[Photo],
        rates: dict[str, float],
        sh_degree: int,
        background: Tensor | None = None,
    ) -> Picture:
        (photo,) = photos
        seen = self.look(gaussians, photo, sh_degree)
        drawn = self.draw(seen.ellipses, seen.colors, photo, background)
        self.correct(photo, drawn.v_exposure)
        self.move(gaussians, len(gaussians), evidence, seen, drawn.sums, rates, sh_degree)
        return Picture(drawn.compared.loss, drawn.compared.squared_error)

    def look(self, gaussians: Gaussians, photo: Photo, sh_degree: int) -> Seen:
        camera = self._camera(photo.camera)
        ellipses = project(gaussians.tensors, camera)
        return Seen(camera, ellipses, shade(gaussians.tensors, camera, ellipses.tiles, sh_degree))

    def draw(self, ellipses: Ellipses, colors: Tensor, photo: Photo, background: Tensor | None) -> Drawn:
        """Draw what a photo shows, and go the way back to the sums of `blend_backward`."""
        camera, size = self._camera(photo.camera), (photo.camera.width, photo.camera.height)
        ends = list_ends(ellipses)
        room = self._rooms.room_for(id(photo.camera), ends[-1:])
        offsets, ids = sort_into_tiles(ellipses, ends, room, camera, *size)
        image = blend(ellipses, colors, offsets, ids, *size)
        if background is not None:
            image[..., :3] += image[..., 3:] * background
        compared, v_exposure = self._compare(image, photo, background)
        sums = blend_backward(ellipses, colors, offsets, ids, image, compared.v_image)
        return Drawn(sums, compared, v_exposure)

    def _compare(
        self, image: Tensor, photo: Photo, background: Tensor | None
    ) -> tuple[Photometric, Tensor | None]:
        """The picture [H, W, 3 or 4], exposed like the photo, beside it; the exposure's gradient, [6]."""
        believed = photo.believed(self._device)
        if self._exposure is None:
            target = photo.over(self._device, background)
            return photometric(image, target, self._ssim_lambda, believed), None
        row = self._exposure.values[photo.index]
        target = photo.over(self._device, exposed_background(background, row))
        compared = photometric(expose(image, row), target, self._ssim_lambda, believed)
        return compared, expose_backward(image, row, compared.v_image)

    def correct(self, photo: Photo, v_exposure: Tensor | None) -> None:
        """Step the photo's own exposure."""
        if self._exposure and v_exposure is not None:
            self._exposure.step(photo.index, v_exposure)

    def move(
        self,
        gaussians: Gaussians,
        total: int,
        evidence: Evidence | None,
        seen: Seen,
        sums: Tensor,
        rates: dict[str, float],
        sh_degree: int,
    ) -> None:
        """Spend the sums of a photo's pixels on the Gaussians, which may be a share of `total`."""
        rates = {name: rate * self._gains[name] for name, rate in rates.items()}
        tensors, moments, ages = gaussians.tensors, gaussians.moments, gaussians.ages
        camera, ellipses, colors = seen.camera, seen.ellipses, seen.colors
        v_means = update_colors(
            tensors, moments, ages, camera, ellipses.tiles, colors, sums, rates, sh_degree
        )
        update(tensors, moments, ages, camera, ellipses, sums, v_means, rates, self._pulls(total), evidence)

    def _pulls(self, total: int) -> Pulls:
        """The penalties are of means, so each Gaussian feels its part."""
        return Pulls(
            width=self._penalties.width / (3 * total * self._extent), opacity=self._penalties.opacity / total
        )

    def _camera(self, camera: Camera) -> Tensor:
        """Uploaded once; the camera is kept with it, so that its identity is not given to another."""
        if id(camera) not in self._cameras:
            self._cameras[id(camera)] = camera, pack_camera(camera, self._device)
        return self._cameras[id(camera)][1]
