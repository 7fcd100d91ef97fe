"""PLAS in plain numpy, from the text of Morgenstern et al. 2023 and with its constants; square pictures."""

from itertools import permutations

import numpy as np

PLACES = np.array(list(permutations(range(4))))
RADIUS_DECAY, MIN_RADIUS, MIN_BLOCK, MIN_TILINGS = 0.95, 1.0, 16, 4


def published_order(features, *, improvement_break, seed=0):
    """Permutation [N] of features [N, C], N a square number."""
    rng = np.random.default_rng(seed)
    side = round(len(features) ** 0.5)
    order = rng.permutation(len(features)).reshape(side, side)
    radius = side / 2 - 1
    while radius >= MIN_RADIUS:
        kernel = min(side - 1, 2 * int(radius) + 1)
        order = sort_with_radius(features, order, kernel, improvement_break, rng)
        radius *= RADIUS_DECAY
    return order.ravel()


def sort_with_radius(features, order, kernel, improvement_break, rng):
    side = len(order)
    target = blur(features[order], kernel)
    block = max(min(kernel + 1, side) // 2 * 2, MIN_BLOCK)
    tilings = 0
    while True:
        shift = rng.integers(block), rng.integers(block)
        rolled = np.roll(order, shift, axis=(0, 1))
        aims = np.roll(target, shift, axis=(0, 1))
        has_gained = False
        distance = covered_distance(features, rolled, aims, block)
        while distance > 0:
            assign_groups(features, rolled, aims, block, rng)
            before, distance = distance, covered_distance(features, rolled, aims, block)
            if 1 - distance / before < improvement_break:
                break
            has_gained = True
        order = np.roll(rolled, (-shift[0], -shift[1]), axis=(0, 1))
        tilings += 1
        if not has_gained and tilings >= MIN_TILINGS:
            return order


def assign_groups(features, order, target, block, rng):
    """Permute groups of four texels, the same ones in each block, for the least distance to the target."""
    texels = np.arange(order.size).reshape(order.shape)
    blocks = cut(texels, block).reshape(-1, block * block)
    groups = blocks[:, rng.permutation(block * block).reshape(-1, 4)].reshape(-1, 4)
    values, aims = features[order.ravel()[groups]], target.reshape(-1, target.shape[2])[groups]
    costs = np.square(values[:, :, None] - aims[:, None]).sum(axis=3)  # [groups, element, place]
    best = costs[:, np.arange(4), PLACES].sum(axis=2).argmin(axis=1)
    places = np.take_along_axis(groups, PLACES[best], axis=1)
    order.ravel()[places.ravel()] = order.ravel()[groups.ravel()]


def blur(picture, kernel):
    """Separable Gaussian whose sigma is the kernel's size; wraps along x and is mirrored along y."""
    x = blur_matrix(len(picture), kernel, lambda i, side: i % side)
    y = blur_matrix(len(picture), kernel, lambda i, side: side - 1 - abs(side - 1 - abs(i)))
    return np.einsum("ab,bcf,dc->adf", y, picture, x, optimize=True)


def blur_matrix(side, kernel, inside):
    half = kernel // 2
    offsets = np.arange(-half, half + 1)
    weights = np.exp(-0.5 * (offsets / kernel) ** 2)
    matrix = np.zeros((side, side))
    for row in range(side):
        np.add.at(matrix[row], inside(row + offsets, side), weights / weights.sum())
    return matrix


def cut(picture, block):
    """The whole blocks of a picture [side, side], as [blocks, block, block]."""
    count = len(picture) // block
    whole = picture[: count * block, : count * block]
    return whole.reshape(count, block, count, block).swapaxes(1, 2).reshape(-1, block, block)


def covered_distance(features, order, target, block):
    errors = np.square(features[order] - target).sum(axis=2)
    return cut(errors, block).sum()


def neighbor_distance(picture):
    """Mean distance of the features of texels next to each other, of a picture [H, W, C]."""
    right = np.linalg.norm(np.diff(picture, axis=1), axis=2).ravel()
    below = np.linalg.norm(np.diff(picture, axis=0), axis=2).ravel()
    return np.concatenate([right, below]).mean()


def variance_of_absolute_differences(picture):
    """VAD, the paper's measure of smoothness: mean over both directions; less is smoother."""
    return np.mean([np.abs(np.diff(picture, axis=axis)).var() for axis in (0, 1)])
