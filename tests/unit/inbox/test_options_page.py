from pipelines.inbox_to_sogs.options import INBOX_STAGES
from pipelines.inbox_to_sogs.options_page import PAGE, render_options_page


def test_the_page_is_that_of_the_settings():
    """After a change of a setting: `make schemas`."""
    assert PAGE.read_text(encoding="utf-8") == render_options_page()


def test_every_setting_is_in_it():
    lines = [line for line in render_options_page().splitlines() if line.startswith("| `")]
    rows = [line.split("|")[1].strip() for line in lines]
    assert rows == [f"`{name}`" for kind in INBOX_STAGES.values() for name in kind.settings()]
