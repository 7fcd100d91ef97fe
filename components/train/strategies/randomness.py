"""Random numbers that follow from seed and step alone, so that a resumed run draws the same ones."""

from __future__ import annotations

import numpy as np
import torch


class Randomness:
    """`purpose` sets its numbers apart from others of the same seed."""

    def __init__(self, seed: int, purpose: int, device: torch.device) -> None:
        self._entropy = (seed, purpose)
        self._generator = torch.Generator(device)

    def at(self, step: int) -> torch.Generator:
        """Valid until the next call; the host does not wait for the device."""
        (word,) = np.random.SeedSequence([*self._entropy, step]).generate_state(1)
        return self._generator.manual_seed(int(word))
