from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from explainers.contract import Unsupported
from explainers.nodes import node_table, part_mask, surely_wrong


def test_a_row_a_node(tiny) -> None:
    table = node_table(tiny, tiny.splits["public"])
    assert list(table) == ["node", "class", "split", "degree"]
    assert table["class"].tolist() == ["a", "a", "b", "b", "a", "unknown", "b"]
    assert table["split"].tolist() == ["train", "validation", "test", "test", "test", "none", "test"]
    assert table["degree"].tolist() == [1, 2, 2, 1, 1, 1, 0]


def test_with_a_run(tiny, make_run) -> None:
    table = node_table(replace(tiny, node_names=tuple("tuvwxyz")), tiny.splits["public"], make_run([0, 1, 1, 0, 0, 0, 1], confidence=0.75))
    assert table["name"].tolist() == list("tuvwxyz")
    assert table["predicted"].tolist() == ["a", "b", "b", "a", "a", "a", "b"]
    assert table["confidence"].to_numpy() == pytest.approx(0.75)
    assert table["correct"].tolist() == [True, False, True, False, True, pd.NA, True]


def test_parts(tiny) -> None:
    split = tiny.splits["public"]
    assert np.flatnonzero(part_mask(tiny, split, "test")).tolist() == [2, 3, 4, 6]
    assert np.flatnonzero(part_mask(tiny, split, "unlabelled")).tolist() == [1, 2, 3, 4, 6]


def test_an_empty_part_says_what_there_is(tiny) -> None:
    split = replace(tiny.splits["public"], validation=np.zeros(7, dtype=bool))
    with pytest.raises(Unsupported, match="has no validation nodes; it has train and test"):
        part_mask(tiny, split, "validation")


def test_wrong_test_nodes_come_with_the_surest_first(tiny, make_run) -> None:
    run = make_run([1, 1, 0, 1, 1, 0, 1], confidence=[0.9, 0.6, 0.7, 0.9, 0.8, 0.9, 0.9])
    rows = surely_wrong(tiny, tiny.splits["public"], run, 10)
    assert rows["node"].tolist() == [4, 2]  # 0 trains, 1 validates, 5 has no label
    assert surely_wrong(tiny, tiny.splits["public"], run, 1)["node"].tolist() == [4]
