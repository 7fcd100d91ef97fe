"""Settings of compression."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from components.compress.rate.fidelity import Quality
from components.compress.size_limit import parse_size
from components.shared.errors import InputError
from components.shared.scene_files.exports import wanted_formats
from components.shared.settings import Settings


class CompressSettings(Settings):
    """Everything else follows from the scene."""

    stage: ClassVar[str] = "compress"

    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    """Start of all random choices; equal seeds give equal files on the same machine."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where views, k-means for the palette and `plas` are computed: `auto` is CUDA where there is a GPU.

    A task that asked for GPUs and sees fewer fails, unless this is `cpu`.
    """
    quality: Quality = "web"
    """How closely the file follows the training, where the training views are known.

    `high` takes about a tenth more bytes, for scenes that are looked at from close.
    """
    size: str = ""
    """Size of the file, such as `8MB`: as close to the training as fits, instead of `quality`. Empty: any.

    Without the training views (`cameras.json`), views around the scene decide what may go.
    """
    max_psnr_drop: float | None = Field(default=None, gt=0, le=10)
    """Smallest file whose loss in the report, in dB of held-out PSNR, is at most this, instead of `quality`.

    For scenes whose `cameras.json` and `held_out/` are known, as in a run.
    """
    max_palette_entries: int = Field(default=65536, ge=64, le=65536)
    """At most so many palette entries for view-dependent colour; small scenes take fewer by themselves."""
    order: Literal["auto", "hilbert", "log-morton", "morton", "plas"] = "auto"
    """Order of the Gaussians in the file: `auto` is the smallest curve, with known views `hilbert`.

    The curves `hilbert` and `log-morton` go through the quantized positions, `morton` through the positions
    themselves. `plas` arranges all attributes in a smooth picture, in minutes instead of a second.
    """
    formats: str = "sog"
    """Formats that a run delivers, with commas between them, such as `sog,spz,lod`.

    The sog and the standard ply are always delivered.
    """

    @field_validator("size")
    @classmethod
    def _known_size(cls, value: str) -> str:
        parse_size(value)
        return value

    @model_validator(mode="after")
    def _one_budget(self) -> CompressSettings:
        if self.size and self.max_psnr_drop is not None:
            raise InputError(
                f"compress.size is {self.size} and compress.max_psnr_drop is {self.max_psnr_drop:g}",
                remedy="Give one of them: each decides the size of the file.",
            )
        return self

    @field_validator("formats")
    @classmethod
    def _known_formats(cls, value: str) -> str:
        """In one order, with `sog`: equal wishes are equal settings."""
        try:
            return ",".join(wanted_formats(f"sog,{value}"))
        except InputError as error:
            raise InputError(f"compress.formats: {error.message}", remedy=error.remedy) from error
