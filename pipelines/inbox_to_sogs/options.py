"""The options of a pass over an inbox: its own, and those of a run for all captures alike."""

from __future__ import annotations

from collections.abc import Mapping

from components.shared.settings import Settings
from pipelines.inbox_to_sogs.settings import InboxSettings
from pipelines.photos_to_sog.options import OPTIONS, declare
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS

INBOX_STAGES: Mapping[str, type[Settings]] = {"inbox": InboxSettings, **STAGE_SETTINGS}
"""Settings by stage, those of the inbox among them."""

INBOX_OPTIONS = (
    *declare(INBOX_STAGES, quiet_minutes="inbox.quiet_minutes", max_passes="inbox.max_passes"),
    *OPTIONS,
)
