from dataclasses import fields

import pytest

from components.ingest.settings import IngestSettings


@pytest.mark.parametrize("field", [field.name for field in fields(IngestSettings)])
def test_nonsense_is_refused_by_name(field):
    with pytest.raises(ValueError, match=f"{field} is -1; it must be from"):
        IngestSettings(**{field: -1})
