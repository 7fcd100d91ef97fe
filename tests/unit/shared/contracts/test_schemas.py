import pytest

from components.shared.contracts.schemas import DOCUMENTS, FOLDER, write_schemas
from components.shared.files import read_json


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_schemas_are_those_of_the_contracts(name, tmp_path):
    """After a change of a contract: `make schemas`."""
    write_schemas(tmp_path)
    file = f"{name}.json"
    assert (FOLDER / file).read_text() == (tmp_path / file).read_text()


def test_no_schema_is_left_of_a_contract_that_is_gone():
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.json" for name in DOCUMENTS}


def test_fields_are_described():
    schema = read_json(FOLDER / "capture.json")
    assert schema["properties"]["schema"]["const"] == 1
    image = schema["$defs"]["CaptureImage"]
    assert image["properties"]["captured_at"]["description"].startswith("ISO 8601")
    assert "sharpness" in image["required"]
