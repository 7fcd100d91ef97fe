"""What a preview finds: the contract between its worker process and its caller."""

from __future__ import annotations

from pydantic import Field

from components.shared.contracts.contract import Contract
from components.shared.contracts.inspection import UnmetGate
from components.shared.contracts.scene import PhotoVerdict, SceneImage

EXPECTED_FILE = "expected.json"


class ExpectedRegistration(Contract):
    """The photos of a capture as small images show them."""

    images: list[SceneImage]
    """`registered` where a photo is in the largest part that matches connect."""
    notes: list[str] = Field(default_factory=list)
    """Where nothing connects the photos, in sentences."""
    unmet_gate: UnmetGate | None = None
    """Set if structure from motion will fail with so few photos."""

    @property
    def fraction(self) -> float:
        """Of the photos that are in the largest part, in [0, 1]."""
        connected = sum(image.verdict is PhotoVerdict.REGISTERED for image in self.images)
        return connected / len(self.images) if self.images else 0.0
