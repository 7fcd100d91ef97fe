"""JSON Schemas of the contracts: `python -m components.shared.contracts.schemas` writes docs/schemas."""

from __future__ import annotations

from pathlib import Path

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import CoreSchema

from components.shared.contracts.capture import CaptureInfo
from components.shared.contracts.contract import Contract
from components.shared.contracts.progress import RunProgress
from components.shared.contracts.record import StageRecord
from components.shared.contracts.report import Report
from components.shared.contracts.scene import SceneInfo
from components.shared.contracts.training import TrainingInfo
from components.shared.files import write_json

DOCUMENTS: dict[str, type[Contract]] = {
    "capture": CaptureInfo,
    "progress": RunProgress,
    "record": StageRecord,
    "report": Report,
    "training": TrainingInfo,
    "scene": SceneInfo,
}
"""The content of `<name>.json`, by name."""
FOLDER = Path(__file__).parents[3] / "docs" / "schemas"


class _WithoutTitles(GenerateJsonSchema):
    """Titles of fields only repeat the fields' names."""

    def field_title_should_be_set(self, schema: CoreSchema) -> bool:
        return False


def write_schemas(folder: Path) -> None:
    """Write `<name>.json` for each document: the file as this version writes it."""
    for name, document in DOCUMENTS.items():
        schema = document.model_json_schema(mode="serialization", schema_generator=_WithoutTitles)
        dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        write_json(folder / f"{name}.json", dialect | schema)


if __name__ == "__main__":
    write_schemas(FOLDER)
