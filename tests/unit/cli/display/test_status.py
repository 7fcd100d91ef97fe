from pipelines.cli.display.status import _capture_row
from pipelines.client.status.inbox_pass import CaptureStatus


def test_the_reason_of_a_skipped_capture_is_one_line():
    reason = "failed, and has not changed since: 0 of 24 were registered:\n  00.jpg: unmatched\n  and 16 more"
    row = _capture_row(CaptureStatus(capture="noise", state="skipped", reason=reason))
    assert "failed, and has not changed since: 0 of 24 were registered" in row
