"""Addresses of results and runs as people can open them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import quote

from components.shared.environment import KUBEFLOW_UI_VARIABLE, LINKS_VARIABLE
from components.shared.storage import contains, join


def result_links(output: str, names: Mapping[str, str]) -> dict[str, str]:
    """The address of each file `names[what]` at `output`: on the web where KUBESPLAT_LINKS says so."""
    return {what: _on_the_web(join(output, name)) for what, name in names.items()}


def _on_the_web(address: str) -> str:
    root, _, url = os.environ.get(LINKS_VARIABLE, "").partition("=")
    if not url or not contains(root, address):
        return address
    return f"{url.rstrip('/')}/{quote(address.removeprefix(root.rstrip('/')).lstrip('/'))}"


def run_link(run: str | None) -> dict[str, str]:
    """The run's page in Kubeflow's UI; nothing without a run or an address of the UI."""
    ui = os.environ.get(KUBEFLOW_UI_VARIABLE, "")
    return {"run": f"{ui.rstrip('/')}/#/runs/details/{run}"} if run and ui else {}
