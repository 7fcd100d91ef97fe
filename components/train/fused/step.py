"""A training step without autograd through the Gaussians: their gradients are spent where they arise."""

from __future__ import annotations

import torch
from torch import Tensor

from components.shared.scene import Camera
from components.train.corrections.corrections import Corrections
from components.train.corrections.exposure import exposed_background
from components.train.evidence import Evidence
from components.train.fused.blend import blend, blend_backward
from components.train.fused.camera import pack_camera
from components.train.fused.colors import shade, update_colors
from components.train.fused.exposure import expose, expose_backward
from components.train.fused.photometric import Photometric, photometric
from components.train.fused.project import project
from components.train.fused.tiles import Rooms, list_ends, sort_into_tiles
from components.train.fused.update import Pulls, update
from components.train.gaussians import Gaussians
from components.train.penalties import USUAL, Penalties
from components.train.recipe import CUDA, Recipe
from components.train.step import Picture
from components.train.views import Photo


class FusedStep:
    """The step of `components.train.step.AutogradStep` on a CUDA device, for Gaussians that are seen."""

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
        photo: Photo,
        rates: dict[str, float],
        sh_degree: int,
        background: Tensor | None = None,
    ) -> Picture:
        rates = {name: rate * self._gains[name] for name, rate in rates.items()}
        tensors, moments, ages = gaussians.tensors, gaussians.moments, gaussians.ages
        camera, size = self._camera(photo.camera), (photo.camera.width, photo.camera.height)
        ellipses = project(tensors, camera)
        ends = list_ends(ellipses)
        room = self._rooms.room_for(id(photo.camera), ends[-1:])
        colors = shade(tensors, camera, ellipses.tiles, sh_degree)
        offsets, ids = sort_into_tiles(ellipses, ends, room, camera, *size)
        image = blend(ellipses, colors, offsets, ids, *size)
        if background is not None:
            image[..., :3] += image[..., 3:] * background
        compared = self._compare(image, photo, background)
        sums = blend_backward(ellipses, colors, offsets, ids, image, compared.v_image)
        v_means = update_colors(
            tensors, moments, ages, camera, ellipses.tiles, colors, sums, rates, sh_degree
        )
        update(
            tensors, moments, ages, camera, ellipses, sums, v_means, rates, self._pulls(len(ages)), evidence
        )
        return Picture(compared.loss, compared.squared_error)

    def _pulls(self, count: int) -> Pulls:
        """The penalties are of means, so each of `count` feels its part."""
        return Pulls(
            width=self._penalties.width / (3 * count * self._extent), opacity=self._penalties.opacity / count
        )

    def _compare(self, image: Tensor, photo: Photo, background: Tensor | None) -> Photometric:
        """The picture [H, W, 3 or 4] in the photo's exposure beside the photo; steps that exposure."""
        believed = photo.believed(self._device)
        if self._exposure is None:
            return photometric(image, photo.over(self._device, background), self._ssim_lambda, believed)
        row = self._exposure.values[photo.index]
        target = photo.over(self._device, exposed_background(background, row))
        compared = photometric(expose(image, row), target, self._ssim_lambda, believed)
        self._exposure.step(photo.index, expose_backward(image, row, compared.v_image))
        return compared

    def _camera(self, camera: Camera) -> Tensor:
        """Uploaded once; the camera is kept with it, so that its identity is not given to another."""
        if id(camera) not in self._cameras:
            self._cameras[id(camera)] = camera, pack_camera(camera, self._device)
        return self._cameras[id(camera)][1]
