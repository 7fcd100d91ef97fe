import pytest

from components.ingest.settings import IngestSettings
from components.shared.errors import InputError


@pytest.mark.parametrize("name", IngestSettings.settings())
def test_nonsense_is_refused_by_name(name):
    with pytest.raises(InputError, match=rf"ingest\.{name} is -1; it must be a .*number from"):
        IngestSettings(**{name: -1})
