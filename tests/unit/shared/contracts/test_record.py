from components.shared.contracts.record import StageRecord

OF_0_1_0 = {
    "stage": "train",
    "run": "run-1",
    "figures": {"gaussians": 1000, "lpips": None},
    "seconds": 9.0,
    "cpu_seconds": 10.0,
    "gpu_seconds": None,
    "peak_memory_bytes": 916_860_928,
    "retries": 1,
    "failure": {
        "type": "StorageError",
        "stage": "train",
        "message": "the store was away",
        "remedy": "Run again.",
        "retryable": True,
    },
    "final": False,
}


def test_a_record_of_version_0_1_0_is_read_whole():
    record = StageRecord.model_validate(OF_0_1_0)
    assert record.failure is not None
    assert (record.failure.type, record.failure.retryable) == ("StorageError", True)
    assert record.to_json() == {**OF_0_1_0, "settings": {}, "versions": {}}
