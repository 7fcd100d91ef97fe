"""The squared error that an entry of the palette causes in what is seen, as a matrix product.

The error e [K, 3] of f_rest changes a Gaussian's color in each direction of view by the products of e with
the basis there, and f_dc takes their mean away. What is left is eᵀMe, with the covariance M of the basis over
the directions. Written out, (x - c)ᵀM(x - c) is xᵀMx, which no choice of c changes, and the scalar product
of [-2Mx, M] with [c, ccᵀ]: comparing points with centers remains one matrix product. Sums of [-2Mx, M] over
the points of a cluster are the normal equations of its best center.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.compress.visible.directions import Directions
from components.shared.rasterize.conventions import SH_C0

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_CHANNELS = 3
_ISOTROPY = 0.2
"""Of the mean variance, in all coefficients alike: for views that are not known."""
_LEAST_VARIANCE = 0.01 * SH_C0**2
"""Of what is seen from one direction; over all directions, the basis has SH_C0²."""


class SeenMetric:
    """Metrics of f_rest, points [N, K * 3], by the directions that N Gaussians are seen from."""

    def __init__(self, directions: Directions, device: torch.device | str) -> None:
        import torch

        self._means = torch.as_tensor(directions.means, device=device)
        self._cells = torch.as_tensor(directions.cells, device=device)
        self._cell_means = torch.as_tensor(directions.cell_means, device=device)
        self._cell_covariances = torch.as_tensor(directions.cell_covariances, device=device)
        self._size = directions.means.shape[1]
        self._rows, self._columns = torch.triu_indices(self._size, self._size, device=device)
        self._is_diagonal = self._rows == self._columns

    def of_points(self, x: Tensor, rows: Tensor) -> Tensor:
        """Features [n, F] of points [n, K * 3], those of the Gaussians at `rows`."""
        import torch

        matrices = self._matrices(rows)
        product = self._full(matrices) @ x.reshape(len(x), self._size, _CHANNELS)
        return torch.cat([-2.0 * product.flatten(1), matrices], dim=1)

    def of_centers(self, centers: Tensor) -> Tensor:
        """Features [n, F] of centers [n, K * 3]; the product with a point's is the error less a constant."""
        import torch

        shaped = centers.reshape(len(centers), self._size, _CHANNELS)
        products = (shaped[:, self._rows] * shaped[:, self._columns]).sum(dim=2)
        return torch.cat([centers, products * (2.0 - self._is_diagonal.to(products))], dim=1)

    def best_centers(self, sums: Tensor) -> Tensor:
        """Centers [n, K * 3] of clusters with weighted sums [n, F] of their points' features."""
        import torch

        linear, matrices = sums.split([self._size * _CHANNELS, len(self._rows)], dim=1)
        right = -0.5 * linear.reshape(len(sums), self._size, _CHANNELS)
        return torch.cholesky_solve(right, torch.linalg.cholesky(self._full(matrices))).flatten(1)

    def _matrices(self, rows: Tensor) -> Tensor:
        """Upper triangles [n, K (K + 1) / 2] of what the cells say around each Gaussian's own mean."""
        cells = self._cells[rows]
        away = self._cell_means[cells] - self._means[rows]
        matrices = self._cell_covariances[cells] + away[:, self._rows] * away[:, self._columns]
        variance = matrices[:, self._is_diagonal].mean(dim=1, keepdim=True)
        return matrices + self._is_diagonal * (_ISOTROPY * variance + _LEAST_VARIANCE)

    def _full(self, matrices: Tensor) -> Tensor:
        """Symmetric matrices [n, K, K] of upper triangles."""
        full = matrices.new_empty(len(matrices), self._size, self._size)
        full[:, self._rows, self._columns] = matrices
        full[:, self._columns, self._rows] = matrices
        return full
