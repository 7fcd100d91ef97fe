"""Trainable Gaussians: parameters, Adam's moments and step counts, one row per Gaussian."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from components.shared.splats import Splats
from components.train.model.adam import Adam

NAMES = ("means", "quats", "scales", "opacities", "sh0", "shN")

MIN_OPACITY = 0.005
"""Opacity below which a Gaussian counts as invisible: slightly above 1/255, a step of an 8-bit image."""

NOISE_GATE_STEEPNESS = 100.0
"""Slope of the opacity gate of MCMC noise, a sigmoid: 0.5 at MIN_OPACITY, almost 0 from an opacity of 0.1."""


class Gaussians:
    """N Gaussians in the encodings of `components.shared.splats`, each parameter with its Adam.

    `step_counts` int32 [N] are the Adam steps of each Gaussian, for the bias correction of selective Adam,
    which steps visible Gaussians only. `labels` int64 [N]: the row of each Gaussian in the palette that shN
    is after `share_colors`; None before.
    """

    def __init__(self, tensors: dict[str, Tensor], labels: Tensor | None = None) -> None:
        self._parameters = {name: _parameter(tensors[name]) for name in NAMES}
        self.labels = labels
        self._adams: dict[str, Adam] = {}
        self.step_counts = torch.zeros(
            len(tensors["means"]), dtype=torch.int32, device=tensors["means"].device
        )

    def __len__(self) -> int:
        return len(self["means"])

    def __getitem__(self, name: str) -> Tensor:
        return self._parameters[name]

    @property
    def tensors(self) -> dict[str, Tensor]:
        """One row per Gaussian, also of what is shared."""
        return {name: self._rows(name, tensor) for name, tensor in self._parameters.items()}

    @property
    def stored(self) -> dict[str, Tensor]:
        """As `tensors`, but with shN as a palette [K, B, 3] where there is one."""
        return dict(self._parameters)

    @property
    def moments(self) -> dict[str, tuple[Tensor, Tensor]]:
        """Adam's first and second moment of what is `stored`, zero before the first step; in place."""
        return {name: (adam.exp_avg, adam.exp_avg_sq) for name, adam in self._started().items()}

    @property
    def opacities(self) -> Tensor:
        """Opacities in (0, 1), [N], detached."""
        return torch.sigmoid(self["opacities"].detach())

    def optimize(self, rates: dict[str, float]) -> None:
        """One Adam step along the gradients of `backward()`, of the parameters that `rates` names."""
        for name, rate in rates.items():
            self._started()[name].step(self[name], rate)
            self[name].grad = None

    def share_colors(self, labels: Tensor, palette: Tensor) -> None:
        """Replace shN by the row of a palette [K, B, 3] that `labels` [N] gives each Gaussian.

        The palette is trained from then on, with new moments. No Gaussian can be added any more.
        """
        self.forget_moments(["shN"])
        self.labels = labels
        self._parameters["shN"] = _parameter(palette)

    def keep(self, rows: Tensor) -> None:
        """Select or reorder rows by a mask [N] or indices."""
        self._edit(lambda _, values: values[rows], lambda moment: moment[rows])
        self.step_counts = self.step_counts[rows]
        if self.labels is not None:
            self.labels = self.labels[rows]

    def overwrite(self, rows: Tensor, values: dict[str, Tensor]) -> None:
        """Overwrite rows, and reset their moments and step counts."""
        assert self.labels is None, "rows of a palette belong to several Gaussians"

        def change(name: str, old: Tensor) -> Tensor:
            return old.index_copy(0, rows, values[name]) if name in values else old

        self._edit(change, lambda moment: moment.index_fill(0, rows, 0.0))
        self.step_counts = self.step_counts.index_fill(0, rows, 0)

    def append(self, values: dict[str, Tensor]) -> None:
        """Add rows at the end, with zero moments and step counts."""
        assert self.labels is None, "no Gaussian is added to a palette"
        count = len(values["means"])
        self._edit(
            lambda name, old: torch.cat([old, values[name]]),
            lambda moment: torch.cat([moment, moment.new_zeros((count, *moment.shape[1:]))]),
        )
        self.step_counts = torch.cat([self.step_counts, self.step_counts.new_zeros(count)])

    def mapped(self, change: Callable[[Tensor], Tensor]) -> Gaussians:
        """A copy without a palette, with `change` applied to rows of parameters, moments and step counts."""
        others = Gaussians({name: change(tensor.detach()) for name, tensor in self.tensors.items()})
        for name, moments in self.moments.items():
            for other, moment in zip(others.moments[name], moments, strict=True):
                other.copy_(change(self._rows(name, moment)))
        others.step_counts = change(self.step_counts)
        return others

    def forget_moments(self, names: Iterable[str] = NAMES) -> None:
        """Free two thirds of the memory of these parameters; the next step starts with zero moments."""
        for name in names:
            self._adams.pop(name, None)

    @torch.no_grad()
    def _edit(
        self, change: Callable[[str, Tensor], Tensor], change_moment: Callable[[Tensor], Tensor]
    ) -> None:
        """Replace all parameters and moments, one tensor at a time, so that only one exists twice.

        Nothing else changes the number or order of rows.
        """
        for name in NAMES:
            if name == "shN" and self.labels is not None:
                continue
            self._parameters[name] = torch.nn.Parameter(change(name, self[name].detach()))
            if name in self._adams:
                self._adams[name].change_rows(change_moment)

    def state_dict(self) -> dict[str, Any]:
        states = {NAMES.index(name): adam.state_dict() for name, adam in self._adams.items()}
        return {
            "tensors": {name: tensor.detach() for name, tensor in self.stored.items()},
            "optimizer": {"state": states},
            "step_counts": self.step_counts,
            **({} if self.labels is None else {"labels": self.labels}),
        }

    @classmethod
    def from_state_dict(cls, state: dict[str, Any], device: torch.device) -> Gaussians:
        labels = state.get("labels")
        gaussians = cls(
            {name: tensor.to(device) for name, tensor in state["tensors"].items()},
            None if labels is None else labels.to(device),
        )
        for index, moments in state["optimizer"]["state"].items():
            gaussians._started()[NAMES[index]].load_state_dict(moments)
        gaussians.step_counts = state["step_counts"].to(device)
        return gaussians

    def to_splats(self, antialiased: bool = False) -> Splats:
        arrays: dict[str, Any] = {
            name: tensor.detach().cpu().numpy().astype(np.float32) for name, tensor in self.tensors.items()
        }
        return Splats(**arrays, antialiased=antialiased)

    def _rows(self, name: str, values: Tensor) -> Tensor:
        """One row per Gaussian of what is stored under a name."""
        if name != "shN" or self.labels is None:
            return values
        return values.index_select(0, self.labels)  # the gradient of brackets sorts all labels on a GPU

    def _started(self) -> dict[str, Adam]:
        """The Adam of each parameter, made when first needed: a scene that is only rendered has none."""
        for name, tensor in self._parameters.items():
            if name not in self._adams:
                self._adams[name] = Adam(tensor)
        return self._adams


def _parameter(values: Tensor) -> torch.nn.Parameter:
    return torch.nn.Parameter(values.detach().clone().contiguous())
