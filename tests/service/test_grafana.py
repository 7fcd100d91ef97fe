"""A real Prometheus, with the metrics as the code exposes them, answers each query of each dashboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry, start_http_server

from components.publish.cost_metrics import cost_metrics
from components.shared.contracts.report import Totals
from components.shared.push_metrics import push_run_metrics, push_stage_metrics
from components.shared.stages import STAGE_NAMES
from components.train.telemetry.collect import TrainCollector
from components.train.telemetry.nvml import GpuSample
from components.train.telemetry.statistics import TrainStatistics
from tests.reports import make_report
from tests.service.alert_rules import write_rules
from tests.service.monitoring import Prometheus, prometheus, pushgateway, wait_until
from tests.service.ports import free_ports

DASHBOARDS = Path(__file__).parents[2] / "manifests" / "components" / "grafana"
NAMES = sorted(path.name for path in DASHBOARDS.glob("*.json"))
RUN = "0b9d2f5e-5c1c-4a7e-8d57-1f2f6a3b9c40"
"""Of the training; Kubeflow names runs so."""
COLUMNS = 24


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Prometheus]:
    """Two runs that ended, one of them failed, and one that trains, whose metrics are scraped of two pods."""
    folder = tmp_path_factory.mktemp("grafana")
    write_rules(folder / "rules.yaml", hold_seconds=0)
    train_port, gateway_port, port = free_ports(3)
    exporter, thread = start_http_server(train_port, addr="127.0.0.1", registry=training(RUN))
    # The second pod stands for the one in which the training was resumed.
    targets = {
        "training": [f"127.0.0.1:{train_port}", f"localhost:{train_port}"],
        "pushgateway": [f"127.0.0.1:{gateway_port}"],
    }
    config = {
        "global": {"evaluation_interval": "250ms", "scrape_interval": "400ms", "scrape_timeout": "400ms"},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [
            {
                "job_name": name,
                "honor_labels": True,
                "static_configs": [{"targets": addresses}],
            }
            for name, addresses in targets.items()
        ],
    }
    try:
        with pushgateway(gateway_port, folder) as gateway, pytest.MonkeyPatch.context() as environment:
            environment.setenv("KUBESPLAT_PUSHGATEWAY", gateway)
            push_runs(environment, folder)
            with prometheus(port, folder, yaml.safe_dump(config)) as started:
                wait_until(lambda: started.query('ALERTS{alertstate="firing", run="failed"}'), 30)
                wait_until(lambda: len(started.query("kubesplat_train_steps_per_second")) == 2, 30)
                yield started
    finally:
        exporter.shutdown()
        exporter.server_close()
        thread.join()


def training(run: str) -> CollectorRegistry:
    collector = TrainCollector({"run": run})
    for step in (100, 200):
        collector.update(
            TrainStatistics(
                step=step,
                steps=1000,
                loss=0.02,
                psnr_db=24.0,
                flat_psnr_db=14.0,
                gaussians=15_000,
                seconds=step / 10,
                gpu_memory_bytes=2**30,
                checkpoint_timestamp_seconds=2e9,
                failures={},
            )
        )
    gpu = GpuSample(utilization_ratio=0.9, power_watts=150.0, used_memory_bytes=2 * 2**30)
    collector.update_gpus([gpu, replace(gpu, utilization_ratio=0.7)])
    registry = CollectorRegistry()
    registry.register(collector)
    return registry


def push_runs(environment: pytest.MonkeyPatch, output: Path) -> None:
    costs = {"seconds": 100.0, "cost_usd": 0.1, "forecast_cost_usd": 0.2, "forecast_seconds": 90.0}
    totals = Totals(
        cost_usd=0.6,
        forecast_cost_usd=1.2,
        spot_cost_usd=0.25,
        saved_by_cache_usd=0.3,
        saved_by_early_end_usd=0.0,
    )
    environment.setenv("KUBESPLAT_RUN", "done")
    for stage in STAGE_NAMES:
        push_stage_metrics(stage, 100.0, None, str(output))
    push_run_metrics(
        cost_metrics(make_report(stages=dict.fromkeys(STAGE_NAMES, costs)).replace(totals=totals)),
        str(output),
    )
    environment.setenv("KUBESPLAT_RUN", "failed")
    push_stage_metrics("sfm", 50.0, "StorageError", str(output))


def read(name: str) -> dict[str, Any]:
    dashboard: dict[str, Any] = json.loads((DASHBOARDS / name).read_text())
    return dashboard


def queries(name: str) -> dict[str, str]:
    """Every expression of a dashboard by where it stands: panels, variables and annotations."""
    dashboard = read(name)
    found = {f"{p['title']} {t['refId']}": t["expr"] for p in dashboard["panels"] for t in p["targets"]}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            inner = re.fullmatch(r"query_result\((.*)\)", variable["query"]["query"])
            assert inner, variable["query"]["query"]
            found[f"variable {variable['name']}"] = inner[1]
    return found | {each["name"]: each["expr"] for each in dashboard["annotations"]["list"]}


def ask(server: Prometheus, query: str) -> list[dict[str, Any]]:
    """The answer to a query of a dashboard that shows all runs."""
    return server.query(re.sub(r"\$__rate_interval|\$__range", "1m", query).replace("$run", ".*"))


@pytest.mark.parametrize("name", NAMES)
def test_every_query_has_an_answer(server, name):
    asked = queries(name)
    assert len(asked) > 10
    empty = {where: query for where, query in asked.items() if not ask(server, query)}
    assert empty == {}


def value_of(server: Prometheus, dashboard: str, where: str) -> float:
    (answer,) = ask(server, queries(dashboard)[where])
    return float(answer["value"][1])


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("Training now A", 1),
        ("Scenes A", 1),
        ("Runs with a failed stage A", 1),
        ("Cost A", 0.6),
        ("Cost against forecast A", 0.5),
        ("Saved B", 0.35),
        ("Time left of trainings A", 80),
        ("Failures by cause A", 1),
        ("GPU utilization A", 0.8),
        ("GPU power A", 300),
    ],
)
def test_the_fleet_is_counted_right(server, where, value):
    assert value_of(server, "fleet.json", where) == pytest.approx(value)


def test_a_query_for_what_nobody_exposes_would_be_noticed(server):
    assert ask(server, "kubesplat_train_no_such_metric") == []


def test_all_dashboards_are_delivered_and_have_addresses_of_their_own():
    kustomization = yaml.safe_load((DASHBOARDS / "kustomization.yaml").read_text())
    assert sorted(kustomization["configMapGenerator"][0]["files"]) == NAMES
    assert len({read(name)["uid"] for name in NAMES}) == len(NAMES)


def shown_name(panel: dict[str, Any], legend: str, labels: dict[str, str]) -> str:
    """As Grafana fills in the legend and then applies the panel's renaming."""
    name = re.sub(r"{{(\w+)}}", lambda label: labels.get(label[1], ""), legend)
    for each in panel.get("transformations", []):
        if each["id"] == "renameByRegex":
            to = re.sub(r"\$(\d)", r"\\\1", each["options"]["renamePattern"])
            name = re.sub(f"^{each['options']['regex']}$", to, name)
    return " ".join(name.split())


@pytest.mark.parametrize("name", NAMES)
def test_series_of_a_panel_have_short_names_of_their_own(server, name):
    for panel in read(name)["panels"]:
        if panel["type"] == "table":
            continue
        names = [
            shown_name(panel, target["legendFormat"], each["metric"])
            for target in panel["targets"]
            for each in ask(server, target["expr"])
        ]
        assert len(names) == len(set(names)), panel["title"]
        assert max(map(len, names)) < 32, panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_a_table_has_no_columns_of_the_scrape(server, name):
    for panel in read(name)["panels"]:
        if panel["type"] == "table":
            (change,) = panel["transformations"]
            (target,) = panel["targets"]
            labels = {label for each in ask(server, target["expr"]) for label in each["metric"]}
            shown = ({"Time", "Value"} | labels) - change["options"]["excludeByName"].keys()
            assert shown <= change["options"]["renameByName"].keys(), panel["title"]


def test_the_run_that_is_shown_first_is_one_that_trains(server):
    (variable,) = [each for each in read("kubesplat.json")["templating"]["list"] if each["name"] == "run"]
    pattern = re.compile(variable["regex"].strip("/"))
    found = ask(server, queries("kubesplat.json")["variable run"])
    texts = ["{" + ",".join(f'{k}="{v}"' for k, v in each["metric"].items()) + "}" for each in found]
    runs = [match[1] for text in texts if (match := pattern.search(text))]
    assert runs[0] == RUN
    assert sorted(runs[1:]) == ["done", "failed"]


@pytest.mark.parametrize("name", NAMES)
def test_values_are_coloured_as_the_dashboard_says(name):
    """Without thresholds or a colour, Grafana shows each value from 80 on in red, whatever it measures."""
    for panel in read(name)["panels"]:
        defaults = panel["fieldConfig"]["defaults"]
        if panel["type"] in ("stat", "bargauge"):
            assert "thresholds" in defaults or defaults["color"]["mode"] == "fixed", panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_bars_begin_at_zero(name):
    """Else the shortest bar of a panel is empty: Grafana's scale begins at the least value."""
    bars = [panel for panel in read(name)["panels"] if panel["type"] == "bargauge"]
    assert [bar["title"] for bar in bars if bar["fieldConfig"]["defaults"].get("min") != 0] == []


@pytest.mark.parametrize("name", NAMES)
def test_units_of_times_are_of_columns_of_times(name):
    """Grafana reads the text of any column with such a unit as a date: NaN."""
    for panel in read(name)["panels"]:
        if panel["type"] == "table":
            assert "unit" not in panel["fieldConfig"]["defaults"], panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_panels_fill_the_width_and_do_not_overlap(name):
    cells = [
        (column, row)
        for place in (panel["gridPos"] for panel in read(name)["panels"])
        for column in range(place["x"], place["x"] + place["w"])
        for row in range(place["y"], place["y"] + place["h"])
    ]
    rows = max(row for _, row in cells) + 1
    assert sorted(cells) == [(column, row) for column in range(COLUMNS) for row in range(rows)]


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_dashboards_that_are_delivered(name):
    addresses = re.findall(r'"/d/([\w-]+)\?', (DASHBOARDS / name).read_text())
    assert addresses
    assert set(addresses) <= {read(each)["uid"] for each in NAMES}
