"""The Triton kernels of a training step against the numba kernels; without a GPU, in Triton's interpreter."""

import itertools

import numpy as np
import pytest
import torch

from tests.unit.shared.rasterize import rasterize_scenes as scenes

pytest.importorskip("triton", reason="Triton has no wheel for this platform")

from components.shared.rasterize.numba_backend.layout import COLUMNS, GRADIENT_COLUMNS, OPACITY, RED, A, X
from components.shared.rasterize.numba_backend.pinhole import pinhole
from components.shared.rasterize.numba_backend.project import project as numba_project
from components.shared.rasterize.numba_backend.project_backward import project_backward
from components.train.model.densification_stats import DensificationStats
from components.train.steps.fused.adam import BETA1, BETA2, EPS
from components.train.steps.fused.blend import FIRST_COLOR, SUMS
from components.train.steps.fused.colors import evaluate_colors, update_colors
from components.train.steps.fused.projection import POWER, TILE_PX, pack_camera, project
from components.train.steps.fused.tiles import IntersectionCapacity, cumulative_tile_counts, intersect_tiles
from components.train.steps.fused.update import RegularizationGradients, update

pytestmark = pytest.mark.slow

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
NAMES = ("means", "quats", "scales", "opacities", "sh0", "shN")
CAMERA = scenes.make_camera()


def on_device(tensors):
    return {name: tensor.contiguous().to(DEVICE) for name, tensor in tensors.items()}


def numba_forward(tensors, sh_degree):
    arrays = [tensors[name].cpu().numpy() for name in NAMES]
    count = len(arrays[0])
    splats2d, depths = np.zeros((count, COLUMNS), np.float32), np.zeros(count, np.float32)
    radii = np.zeros(count, np.int32)
    numba_project(*arrays, sh_degree, pinhole(CAMERA), splats2d, depths, radii, 0, count)
    return splats2d, depths, radii


@pytest.mark.parametrize("scene", scenes.USUAL)
@pytest.mark.parametrize("sh_degree", [0, 3])
def test_ellipses_and_colors_are_those_of_numba(scene, sh_degree):
    tensors = on_device(scenes.SCENES[scene][0]())
    camera = pack_camera(CAMERA, DEVICE)
    ellipses = project(tensors, camera)
    colors = evaluate_colors(tensors, camera, ellipses.tile_counts, sh_degree)
    splats2d, depths, radii = numba_forward(tensors, sh_degree)

    visible = ellipses.tile_counts.cpu().numpy() > 0
    assert not (visible & (radii == 0)).any()
    assert visible.sum() > 0.8 * (radii > 0).sum()
    table = ellipses.table.cpu().numpy()
    np.testing.assert_allclose(table[visible, :2], splats2d[visible, X : X + 2], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(2 ** table[visible, 2], splats2d[visible, OPACITY], rtol=1e-5)
    conics = table[visible, 4:7] / [POWER, 2 * POWER, POWER]
    np.testing.assert_allclose(conics, splats2d[visible, A : A + 3], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(ellipses.depths.cpu()[visible], depths[visible], rtol=1e-5)
    np.testing.assert_allclose(
        colors.cpu()[visible, :3], splats2d[visible, RED : RED + 3], rtol=1e-4, atol=1e-5
    )
    assert (colors.cpu()[visible, 3:] == 0).all()


@pytest.mark.parametrize("scene", scenes.USUAL)
def test_tiles_list_whatever_reaches_a_pixel_and_little_else(scene):
    tensors = on_device(scenes.SCENES[scene][0]())
    camera = pack_camera(CAMERA, DEVICE)
    ellipses = project(tensors, camera)
    counts = cumulative_tile_counts(ellipses)
    offsets, ids = intersect_tiles(ellipses, counts, int(counts[-1]), camera, CAMERA.width, CAMERA.height)
    rows, columns = -(-CAMERA.height // TILE_PX), -(-CAMERA.width // TILE_PX)
    lists = [ids[a:b].long() for a, b in itertools.pairwise(offsets.tolist())]
    listed = [set(each.tolist()) for each in lists]
    assert len(lists) == rows * columns
    y, x = np.mgrid[: rows * TILE_PX, : columns * TILE_PX] + 0.5
    needed = surplus = 0
    for i in np.flatnonzero(ellipses.tile_counts.cpu().numpy() > 0):
        px, py, opacity, a, b, c = (each[i].double().item() for each in unpack(ellipses))
        sigma = 0.5 * (a * (x - px) ** 2 + c * (y - py) ** 2) + b * (x - px) * (y - py)
        drawn = opacity * np.exp(-sigma) >= 1.0 / 255.0
        is_inside = (x < CAMERA.width) & (y < CAMERA.height)
        tiles = (drawn & is_inside).reshape(rows, TILE_PX, columns, TILE_PX).any(axis=(1, 3)).flatten()
        is_listed = np.array([i in tile for tile in listed])
        assert not (tiles & ~is_listed).any()
        needed += tiles.sum()
        surplus += (is_listed & ~tiles).sum()
    assert surplus <= 0.25 * needed + 4
    for each in lists:
        assert (ellipses.depths[each].diff() >= 0).all()


def test_without_enough_capacity_no_gaussian_counts_as_visible():
    ellipses = project(on_device(scenes.random_gaussians(60)), pack_camera(CAMERA, DEVICE))
    counts = cumulative_tile_counts(ellipses)
    camera = pack_camera(CAMERA, DEVICE)
    offsets, _ = intersect_tiles(ellipses, counts, int(counts[-1]) - 1, camera, CAMERA.width, CAMERA.height)
    assert (offsets == 0).all()
    assert (ellipses.tile_counts == 0).all()


def test_capacity_grows_with_the_intersections_of_a_photo():
    capacity = IntersectionCapacity()
    assert capacity.of(1, torch.tensor([5_000], device=DEVICE)) == 5_000
    for last, total in ((5_000, 15_000), (15_000, 45_000), (45_000, 45_000)):
        assert capacity.of(1, torch.tensor([total], device=DEVICE)) >= 1.15 * last
        if DEVICE.type == "cuda":
            torch.cuda.synchronize()
    assert capacity.of(1, torch.tensor([130_000], device=DEVICE)) >= 3 * 45_000
    assert capacity.of(2, torch.tensor([7], device=DEVICE)) == 7
    assert capacity.skipped_steps == 1, "the first 15,000 did not fit"


def test_steps_that_exceed_their_capacity_are_counted():
    capacity = IntersectionCapacity()
    capacity.of(1, torch.tensor([1_000], device=DEVICE))
    given = capacity.of(1, torch.tensor([9_000], device=DEVICE))
    assert given == round(1.15 * 2.0 * 1_000) + 1_024
    assert capacity.of(2, torch.tensor([7], device=DEVICE)) == 7, "waits for all counts"
    assert capacity.skipped_steps == 1


@pytest.mark.parametrize("scene", scenes.USUAL)
def test_a_step_is_adam_along_numbas_gradients(scene):
    sh_degree = 3
    tensors = on_device(scenes.SCENES[scene][0]())
    plain = {name: tensor.clone().cpu() for name, tensor in tensors.items()}
    camera = pack_camera(CAMERA, DEVICE)
    ellipses = project(tensors, camera)
    colors = evaluate_colors(tensors, camera, ellipses.tile_counts, sh_degree)
    visible = ellipses.tile_counts > 0
    count = len(visible)
    generator = torch.Generator().manual_seed(3)
    v = torch.randn(count, GRADIENT_COLUMNS, generator=generator) * visible.cpu()[:, None]
    errors = torch.rand(count, generator=generator)
    sums = sums_of(ellipses, v, errors).to(DEVICE)

    moments = {name: (torch.zeros_like(t), torch.zeros_like(t)) for name, t in tensors.items()}
    step_counts = torch.full((count,), 4, dtype=torch.int32, device=DEVICE)
    stats = DensificationStats(*(torch.ones(count, device=DEVICE) for _ in range(2)))
    rates = {name: 1e-3 * (index + 1) for index, name in enumerate(NAMES)}
    v_means = update_colors(
        tensors, moments, step_counts, camera, ellipses.tile_counts, colors, sums, rates, sh_degree
    )
    regularization = RegularizationGradients(scale=0.5, opacity=0.25)
    update(tensors, moments, step_counts, camera, ellipses, sums, v_means, rates, regularization, stats)

    gradients = numba_gradients(plain, v.numpy(), sh_degree)
    gradients["scales"] += 0.5 * plain["scales"].exp()
    alphas = plain["opacities"].sigmoid()
    gradients["opacities"] += 0.25 * alphas * (1 - alphas)
    visible = visible.cpu()
    new_counts = torch.where(visible, 5, 4)
    assert torch.equal(step_counts.cpu(), new_counts.int())
    for name in NAMES:
        gradient = torch.where(visible.reshape(-1, *[1] * (plain[name].dim() - 1)), gradients[name], 0.0)
        scale = float(gradient.abs().max())
        torch.testing.assert_close(moments[name][0].cpu(), 0.1 * gradient, rtol=2e-3, atol=1e-5 * scale)
        first, second = torch.zeros_like(plain[name]), torch.zeros_like(plain[name])
        plain_adam(plain[name], first, second, new_counts, 10 * moments[name][0].cpu(), rates[name], visible)
        torch.testing.assert_close(tensors[name].cpu(), plain[name], rtol=1e-4, atol=1e-6)
    size = max(CAMERA.width, CAMERA.height)
    pulls = 1 + torch.where(visible, v[:, X : X + 2].norm(dim=1) * size, 0.0)
    torch.testing.assert_close(stats.grad2d.cpu(), pulls, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(stats.error.cpu(), 1 + torch.where(visible, errors, 0.0))


def test_a_palette_gets_the_sum_of_its_gaussians_gradients():
    sh_degree, entries = 3, 7
    tensors = on_device(scenes.random_gaussians(60))
    labels = torch.randint(entries, (60,), generator=torch.Generator().manual_seed(1)).to(DEVICE)
    palette = tensors["shN"][:entries].clone()
    shared, plain = {**tensors, "shN": palette}, {**tensors, "shN": palette[labels].contiguous()}
    camera = pack_camera(CAMERA, DEVICE)
    ellipses = project(plain, camera)
    tile_counts = ellipses.tile_counts
    colors = evaluate_colors(plain, camera, tile_counts, sh_degree)
    visible = tile_counts > 0
    assert torch.equal(
        evaluate_colors(shared, camera, tile_counts, sh_degree, labels)[visible], colors[visible]
    )
    sums = torch.randn(60, SUMS, generator=torch.Generator().manual_seed(2)).to(DEVICE)
    steps, rates = torch.zeros(60, dtype=torch.int32, device=DEVICE), dict.fromkeys(NAMES, 0.0)

    def step(values, labels):
        moments = {name: (torch.zeros_like(each), torch.zeros_like(each)) for name, each in values.items()}
        arguments = (steps, camera, tile_counts, colors, sums, rates, sh_degree, labels)
        return update_colors(values, moments, *arguments), moments["shN"][0]

    v_means, no_moments = step(shared, labels)
    expected_v_means, moments = step(plain, None)
    assert torch.equal(v_means[visible], expected_v_means[visible])
    assert not no_moments.any(), "the palette takes its step later"
    assert torch.equal(palette, tensors["shN"][:entries]), "the palette takes its step later"
    expected = torch.zeros_like(palette).index_add_(0, labels, moments / (1 - BETA1))
    assert palette.grad.abs().max() > 0.1
    torch.testing.assert_close(palette.grad, expected, rtol=1e-4, atol=1e-5)


def plain_adam(values, moments1, moments2, step_counts, gradient, rate, visible):
    """Selective Adam in plain torch, for rows [N, …]; `step_counts` [N] include this step; `visible` [N]."""
    shape = (-1,) + (1,) * (values.dim() - 1)
    moments1[visible] = BETA1 * moments1[visible] + (1 - BETA1) * gradient[visible]
    moments2[visible] = BETA2 * moments2[visible] + (1 - BETA2) * gradient[visible].square()
    steps = step_counts[visible].to(values.dtype).reshape(shape)
    first = moments1[visible] / (1 - BETA1**steps)
    second = moments2[visible] / (1 - BETA2**steps)
    values[visible] -= rate * first / (second.sqrt() + EPS)


def sums_of(ellipses, v, errors):
    """What `blend_backward` would have summed up, for gradients in the columns of numba."""
    _, _, opacity, a, b, c = unpack(ellipses)
    x, y = v[:, X], v[:, X + 1]
    determinant = a * c - b * b
    sums = torch.zeros(len(v), SUMS)
    sums[:, 0] = v[:, OPACITY] * opacity
    sums[:, 1], sums[:, 2] = (c * x - b * y) / determinant, (a * y - b * x) / determinant
    sums[:, 3], sums[:, 4], sums[:, 5] = -2 * v[:, A], -v[:, A + 1], -2 * v[:, A + 2]
    sums[:, FIRST_COLOR : FIRST_COLOR + 3] = v[:, RED : RED + 3]
    sums[:, FIRST_COLOR + 3] = errors
    return sums


def unpack(ellipses):
    """Centre, opacity and conic of each."""
    x, y, peak, _, a, b, c, _ = ellipses.table.cpu().unbind(1)
    return x, y, peak.exp2(), a / POWER, b / (2 * POWER), c / POWER


def numba_gradients(tensors, v, sh_degree):
    splats2d, _, radii = numba_forward(tensors, sh_degree)
    count = len(radii)
    gradients = {name: np.zeros_like(tensors[name].numpy()) for name in NAMES}
    project_backward(
        *(tensors[name].numpy() for name in ("means", "quats", "scales", "opacities", "shN")),
        sh_degree, pinhole(CAMERA), splats2d, radii,
        np.arange(count + 1), v.astype(np.float32), np.zeros((count, 2), np.float32),
        *(gradients[name] for name in NAMES), 0, count,
    )  # fmt: skip
    return {name: torch.from_numpy(gradient) for name, gradient in gradients.items()}
