"""A real Prometheus watches real trainings: one that learns, then one made to collapse."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

import pytest
import yaml

from tests.service.alert_rules import MANIFESTS, manifest, write_rules
from tests.service.monitoring import Prometheus, prometheus, pushgateway, wait_until
from tests.service.ports import free_ports
from tests.service.posed_demo import write_scene_archive

STEPS, COLLAPSE_STEPS = 900, 7_000
SETTINGS = {"max_gaussians": 3_000, "image_max_side_px": 160}


Ended = subprocess.CompletedProcess[str]


class Watched(NamedTuple):
    """Both trainings have ended; Prometheus still runs."""

    prometheus: Prometheus
    started: float
    good: Ended
    collapsed: Ended
    figures: dict[str, Any]


@pytest.fixture(scope="module")
def watched(small_demo, tmp_path_factory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    write_scene_archive(small_demo, folder / "scene.tar")
    write_rules(folder / "rules.yaml", hold_seconds=0)
    port, gateway_port, prometheus_port = free_ports(3)
    config = yaml.safe_dump(configuration(port, gateway_port))
    started = time.time()
    with (
        pushgateway(gateway_port, folder) as gateway,
        prometheus(prometheus_port, folder, config) as server,
    ):
        environment = {"KUBESPLAT_METRICS_PORT": str(port), "KUBESPLAT_PUSHGATEWAY": gateway}
        good = train(folder, "good", environment, steps=STEPS, checkpoint_every_seconds=1.0)
        collapsed = train(folder, "collapsed", environment, steps=COLLAPSE_STEPS, collapse=True)
        wait_until(lambda: server.query('kubesplat_stage_failures{run="collapsed"}'), 10)
        record = json.loads((folder / "good/stages/train.json").read_text())
        yield Watched(server, started, good, collapsed, record["figures"])


def configuration(port: int, gateway_port: int) -> dict[str, Any]:
    """As the operator makes it of the monitors, with a pod of loopback and its two containers."""
    (endpoint,) = manifest("training.yaml")["spec"]["podMetricsEndpoints"]
    relabelings = [
        {re.sub("[A-Z]", lambda match: "_" + match[0].lower(), key): value for key, value in each.items()}
        for each in endpoint["relabelings"]
    ]
    (address,) = [each for each in relabelings if each.get("target_label") == "__address__"]
    assert address["replacement"] == "$1:8000"
    address["replacement"] = f"$1:{port}"
    pod = {"__meta_kubernetes_pod_ip": "127.0.0.1"}
    containers = [
        {"targets": ["127.0.0.1"], "labels": {**pod, "__meta_kubernetes_pod_container_name": name}}
        for name in ("main", "wait")
    ]
    (gateway,) = manifest("pushgateway.yaml")["spec"]["endpoints"]
    quick = {"scrape_interval": "400ms", "scrape_timeout": "400ms"}
    return {
        "global": {"evaluation_interval": "250ms"},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [
            {"job_name": "training", **quick, "relabel_configs": relabelings, "static_configs": containers},
            {
                "job_name": "pushgateway",
                **quick,
                "honor_labels": gateway["honorLabels"],
                "static_configs": [{"targets": [f"127.0.0.1:{gateway_port}"]}],
            },
        ],
    }


def train(folder: Path, run: str, environment: dict[str, str], **more: Any) -> Ended:
    (folder / run).mkdir()
    arguments = {
        "scene": str(folder / "scene.tar"),
        "output": str(folder / run),
        "folder": str(folder / run),
        **SETTINGS,
        **more,
    }
    return subprocess.run(
        [sys.executable, str(Path(__file__).with_name("train_component.py")), json.dumps(arguments)],
        env={**os.environ, **environment, "KUBESPLAT_RUN": run, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=180,
    )


def seen(watched: Watched, metric: str, run: str, over: str = "max_over_time") -> float:
    """What Prometheus saw of a training, which is over."""
    (value,) = watched.prometheus.values(f'max({over}(kubesplat_train_{metric}{{run="{run}"}}[10m]))')
    return value


def test_every_container_but_the_training_is_left_alone(watched):
    with urlopen(f"{watched.prometheus.address}/api/v1/targets", timeout=5) as answer:
        targets = json.load(answer)["data"]
    assert [each["labels"]["job"] for each in targets["activeTargets"]] == ["pushgateway", "training"]
    (dropped,) = targets["droppedTargets"]
    assert dropped["discoveredLabels"]["__meta_kubernetes_pod_container_name"] == "wait"


def test_a_training_is_seen_with_its_figures(watched):
    assert watched.good.returncode == 0, watched.good.stderr
    assert 0.5 * STEPS < seen(watched, "step", "good") <= STEPS
    assert seen(watched, "steps", "good") == STEPS
    assert 0.01 < seen(watched, "loss", "good", "min_over_time") < 0.1
    assert seen(watched, "psnr_db", "good") == pytest.approx(watched.figures["psnr_db"], abs=0.5)
    assert seen(watched, "flat_psnr_db", "good") < watched.figures["psnr_db"] - 5
    assert 1_500 < seen(watched, "gaussians", "good") <= 3_000
    assert 10 < seen(watched, "steps_per_second", "good") < 5_000
    assert watched.started < seen(watched, "checkpoint_timestamp_seconds", "good") < time.time()


def test_no_gpu_no_figures_of_gpus(watched):
    assert watched.prometheus.query('last_over_time({__name__=~"kubesplat_train_gpu_.*"}[10m])') == []


def test_its_labels_are_those_of_run_and_scrape(watched):
    (series,) = watched.prometheus.query('last_over_time(kubesplat_train_step{run="good"}[10m])')
    assert set(series["metric"]) == {"__name__", "run", "job", "instance"}


def firing(watched: Watched, run: str) -> set[str]:
    """Alerts that ever fired, but for the stall: with no time to hold, it fires before the first step."""
    alerts = watched.prometheus.query(f'max_over_time(ALERTS{{alertstate="firing", run="{run}"}}[10m])')
    return {alert["metric"]["alertname"] for alert in alerts} - {"KubesplatTrainingStalled"}


def test_no_alert_fires_on_a_training_that_learns(watched):
    assert firing(watched, "good") == set()


def test_the_alert_of_dummy_training_fires_on_one_that_collapsed(watched):
    assert watched.collapsed.returncode == 4, watched.collapsed.stderr
    assert "nothing was learned" in watched.collapsed.stderr
    assert firing(watched, "collapsed") == {"KubesplatDummyTraining", "KubesplatTrainingDiverged"}
    assert seen(watched, "step", "collapsed") < 0.25 * COLLAPSE_STEPS
    assert seen(watched, "psnr_db", "collapsed") < seen(watched, "flat_psnr_db", "collapsed") + 1


def test_its_second_chance_and_its_end_are_counted(watched):
    assert seen(watched, "failures_total", "collapsed") == 1
    assert seen(watched, "failures_total", "good") == 0
    (ended,) = watched.prometheus.query('kubesplat_stage_failures{run=~"good|collapsed"}')
    labels = {name: ended["metric"][name] for name in ("job", "run", "stage", "type")}
    assert labels == {
        "job": "kubesplat",
        "run": "collapsed",
        "stage": "train",
        "type": "TrainingDivergedError",
    }
    (seconds,) = watched.prometheus.values('kubesplat_stage_seconds{run="good", stage="train"}')
    assert 1 < seconds < 180


def test_an_alert_says_of_which_run_it_is(watched):
    with urlopen(f"{watched.prometheus.address}/api/v1/alerts", timeout=5) as answer:
        alerts = json.load(answer)["data"]["alerts"]
    (ended,) = [alert for alert in alerts if alert["labels"]["alertname"] == "KubesplatTrainingDiverged"]
    assert ended["annotations"]["summary"] == "Training of run collapsed diverged"


def dashboard_expressions() -> list[str]:
    dashboard = json.loads((MANIFESTS.parent / "grafana" / "kubesplat.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


def test_the_dashboard_asks_for_what_there_is(watched):
    """Its panels' expressions, asked for a moment at which training ran, or for now."""
    (at,) = watched.prometheus.values('max_over_time(timestamp(kubesplat_train_psnr_db{run="good"})[10m:1s])')
    absent = {
        "kubesplat_train_gpu_",
        "kubesplat_stage_failures",
        "kubesplat_stage_cost_usd",
        "kubesplat_run_",
    }
    for expression in dashboard_expressions():
        concrete = re.sub(r"\$__rate_interval|\$__range", "1m", expression).replace("$run", "good")
        found = watched.prometheus.query(concrete, at) or watched.prometheus.query(concrete)
        is_absent = any(name in expression for name in absent)
        assert bool(found) != is_absent, expression
