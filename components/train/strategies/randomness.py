"""Random numbers as a function of seed, purpose and step, so that a resumed training draws the same ones."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import torch


class Purpose(StrEnum):
    """What random numbers are for. Equal seeds give independent numbers to different purposes.

    The text is part of the seed: other texts would change the results of training.
    """

    BACKGROUNDS = "bkg"
    MCMC = "mcv"
    NOISE = "noi"
    SPLIT = "spl"

    @property
    def word(self) -> int:
        """The text as a number, for the seed."""
        return int.from_bytes(self.encode(), "big")


class Randomness:
    """Random numbers of one purpose on one device."""

    def __init__(self, seed: int, purpose: Purpose, device: torch.device) -> None:
        self._entropy = (seed, purpose.word)
        self._generator = torch.Generator(device)

    def at(self, step: int) -> torch.Generator:
        """The generator, seeded for the step and valid until the next call. Does not wait for the device."""
        (word,) = np.random.SeedSequence([*self._entropy, step]).generate_state(1)
        return self._generator.manual_seed(int(word))
