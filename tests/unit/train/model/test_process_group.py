"""Shards of a group; its collectives are tested by `launch/` and `steps/fused/test_sharded_step.py`."""

import torch

from components.train.model.process_group import ProcessGroup

CPU = torch.device("cpu")


def test_shards_cover_all_rows_once():
    ranks = [ProcessGroup(CPU, rank, 3) for rank in range(3)]
    shards = [group.shard_rows(11).tolist() for group in ranks]
    assert sorted(row for shard in shards for row in shard) == list(range(11))
    assert [len(shard) for shard in shards] == [group.shard_size(11) for group in ranks] == [4, 4, 3]
    assert [group.is_main for group in ranks] == [True, False, False]


def test_a_group_of_one_does_not_communicate():
    group, rows = ProcessGroup(CPU), torch.arange(6.0).view(3, 2)
    assert group.gather_counts(3) == 3
    assert group.counts == [3]
    assert group.all_gather_rows(rows) is rows
    assert group.all_reduce_min(7) == 7
    assert group.all_reduce_any(True, False) == [True, False]
