"""Each alert fires when it should, and only then, as promtool computes it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.service.alert_rules import MANIFESTS, manifest, write_rules
from tests.service.monitoring import installed

UNIT_TESTS = sorted((MANIFESTS / "rule_tests").glob("*_test.yaml"))


@pytest.fixture
def rules(tmp_path) -> Path:
    write_rules(tmp_path / "rules.yaml")
    return tmp_path / "rules.yaml"


def promtool(*arguments: str | Path) -> str:
    done = subprocess.run([installed("promtool"), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rules_are_well_formed(rules):
    assert "SUCCESS: 8 rules found" in promtool("check", "rules", "--lint=all", "--lint-fatal", rules)


@pytest.mark.parametrize("unit_tests", UNIT_TESTS, ids=lambda path: path.stem)
def test_each_fires_when_it_should(unit_tests, rules):
    shutil.copy(unit_tests, rules.parent)
    assert "SUCCESS" in promtool("test", "rules", rules.parent / unit_tests.name)


def test_a_rule_that_does_not_fire_would_be_noticed(rules):
    rules.write_text(rules.read_text().replace("< 500", "< 400"))
    shutil.copy(MANIFESTS / "rule_tests" / "training_test.yaml", rules.parent)
    with pytest.raises(AssertionError, match="dying"):
        promtool("test", "rules", rules.parent / "training_test.yaml")


def test_every_alert_is_seen_to_fire_and_says_what_to_do():
    tested = "".join(path.read_text() for path in UNIT_TESTS)
    for group in manifest("rules.yaml")["spec"]["groups"]:
        for rule in group["rules"]:
            assert f'alertname="{rule["alert"]}"' in tested
            assert set(rule["annotations"]) == {"summary", "description", "action"}
            assert rule["labels"]["severity"] in {"warning", "critical"}


def test_all_manifests_are_listed():
    listed = yaml.safe_load((MANIFESTS / "kustomization.yaml").read_text())["resources"]
    assert set(listed) == {path.name for path in MANIFESTS.glob("*.yaml")} - {"kustomization.yaml"}
