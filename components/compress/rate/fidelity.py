"""How closely the delivered scene follows the trained one: one dial that all quantizers follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Quality = Literal["web", "high"]

_VALUES_PER_GAUSSIAN = 14
"""Means, scales, rotation, f_dc, opacity; f_rest comes from the palette."""
_BITS_PER_GAUSSIAN = 100
_OVERLAP, _OVERLAP_DB = 0.06, 0.45
"""Gaussians that go together are missed more than one by one, since they lie behind each other: at the lowest
fidelity 16 times, and 0.45 dB more for each dB above. Of a million, 45,000 that cost 81 dB one by one cost 51
to 63 dB together in the same views, 200,000 that cost 59 dB cost 41 to 49 dB."""
_WEB_DB, _HIGH_DB = 58.0, 66.0
_PALETTE_BYTES = 5.0
"""Bytes of the palette for each Gaussian at the fidelity `web`, twice as many every 6 dB."""
LOWEST_DB, HIGHEST_DB = 16.0, 70.0


@dataclass(frozen=True, slots=True)
class Fidelity:
    """db: about the PSNR of renders against those of the trained scene, were there no palette.

    leaves_out: whether Gaussians go that are not worth their bits.
    """

    db: float
    leaves_out: bool = True

    def bit_cost(self, samples: int, gaussians: int) -> float:
        """The squared error, summed over `samples`, that one bit may avoid at most.

        At the optimum each value has about the same error, in proportion to what a bit costs.
        """
        return float(10.0 ** (-self.db / 10.0) * samples / (_VALUES_PER_GAUSSIAN * max(1, gaussians)))

    def removal_cost(self, bit_cost: float) -> float:
        """The squared error up to which a Gaussian is left out, for the bits that it takes."""
        if not self.leaves_out:
            return 0.0
        overlap = _OVERLAP * 10.0 ** (-_OVERLAP_DB * (self.db - LOWEST_DB) / 10.0)
        return float(overlap * _BITS_PER_GAUSSIAN * bit_cost)

    @property
    def palette_bytes(self) -> float:
        """Bytes of the palette for each Gaussian."""
        return float(_PALETTE_BYTES * 2.0 ** ((self.db - _WEB_DB) / 6.0))


FIDELITIES: dict[Quality, Fidelity] = {"web": Fidelity(_WEB_DB), "high": Fidelity(_HIGH_DB)}
