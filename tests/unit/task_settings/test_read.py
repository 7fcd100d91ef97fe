from pathlib import Path

import pytest

from components.shared.errors import InputError
from pipelines.task_settings.defaults import TASKS, PipelineSettings
from pipelines.task_settings.read import read_settings

CPU_ONLY = Path(__file__).parents[3] / "pipelines" / "task_settings" / "cpu_only.yaml"


def read(tmp_path, text):
    path = tmp_path / "settings.yaml"
    path.write_text(text)
    return read_settings(path)


@pytest.mark.parametrize("text", ["", "{}", "tasks:\n", '{"tasks": {}, "cluster": null}'])
def test_missing_keys_keep_their_defaults(tmp_path, text):
    assert read(tmp_path, text) == PipelineSettings()


def test_the_inspection_fits_where_ingest_does_unless_it_has_settings_of_its_own(tmp_path):
    small = "ingest: {cpus: 1, memory: 2Gi, retries: 0, caching: false}"
    tasks = read(tmp_path, f"tasks:\n  {small}\n").tasks
    assert (tasks["inspect"].cpus, tasks["inspect"].memory, tasks["inspect"].scratch) == (1, "2Gi", "100Gi")
    assert (tasks["inspect"].retries, tasks["inspect"].caching) == (2, True)
    for first, second in ((small, "inspect: {cpus: 7}"), ("inspect: {cpus: 7}", small)):
        own = read(tmp_path, f"tasks:\n  {first}\n  {second}\n").tasks["inspect"]
        assert (own.cpus, own.memory) == (7, "4Gi")


def test_a_json_file_is_read(tmp_path):
    settings = read(tmp_path, '{"tasks": {"train": {"time_limit_seconds": 60, "shared_memory": null}}}')
    assert settings.tasks["train"].time_limit_seconds == 60
    assert settings.tasks["train"].shared_memory is None
    assert settings.tasks["train"].gpus == 1
    assert settings.tasks["sfm"] == TASKS["sfm"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("task: {}", r"has no key 'task'; its keys are tasks, cluster"),
        ("tasks: {trian: {}}", r"tasks has no key 'trian'; its keys are list-capture, inspect, ingest, sfm"),
        ("tasks: {train: {cpu: 1}}", r"tasks\.train has no key 'cpu'; its keys are cpus, memory"),
        ("tasks: {train: 3}", r"tasks\.train is 3; it must be a mapping with the keys"),
        ("tasks: {train: {memory: 12}}", r"tasks\.train\.memory is 12; it must be a size such as"),
        ("tasks: {train: {memory: 0Gi}}", r"memory is '0Gi'"),
        ("tasks: {train: {gpus: true}}", r"gpus is True; it must be a whole number from 0 to 8"),
        ("tasks: {train: {retries: 1.5}}", r"retries is 1\.5; it must be a whole number from 0 to 20"),
        ("tasks: {train: {cpus: 0}}", r"cpus is 0; it must be a number from 0\.1 to 256"),
        ("tasks: {train: {pool: spot}}", r"pool is 'spot'; it must be cpu or gpu"),
        ("tasks: {sfm: {gpus: 1}}", r"tasks\.sfm\.pool is 'cpu' with 1 GPUs; it must be gpu"),
        ("tasks: {sfm: {caching: often}}", r"caching is 'often'; it must be true or false"),
        ("tasks: {sfm: {environment: {A: 1}}}", r"environment is \{'A': 1\}"),
        ("cluster: {gpu_instance_types: g5.xlarge}", r"cluster\.gpu_instance_types is 'g5\.xlarge'"),
        ("cluster: {gpu_instance_types: [], gpu_products: []}", r"are both empty"),
        ("cluster: {s3_secret: ''}", r"s3_secret is ''; it must be a name"),
        ("cluster: {queue_priority: urgent}", r"queue_priority is 'urgent' without a queue"),
        (
            "cluster: {queue: gpus, queue_hours: 0}",
            r"queue_hours is 0; it must be a whole number from 1 to 720",
        ),
        ("cluster: {user: 0}", r"user is 0; it must be a whole number from 1"),
        ("tasks: [", r"neither YAML nor JSON"),
    ],
)
def test_a_mistake_is_named_with_its_value_and_what_is_allowed(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as error:
        read(tmp_path, text)
    assert "README.md" in error.value.remedy


def test_a_misspelt_key_is_answered_with_the_nearest_one(tmp_path):
    with pytest.raises(InputError) as error:
        read(tmp_path, "tasks: {trian: {}}")
    assert error.value.remedy.startswith("Did you mean train? ")


def test_without_gpus_no_task_requests_one():
    settings = read_settings(CPU_ONLY)
    assert {(task.gpus, task.pool) for task in settings.tasks.values()} == {(0, "cpu")}


def test_the_time_limit_of_all_tries_is_long_enough_for_each():
    for settings in TASKS.values():
        tries = (settings.retries + 1) * settings.time_limit_seconds
        assert settings.retry_window_seconds > tries + settings.backoff_seconds * (2**settings.retries - 1)
