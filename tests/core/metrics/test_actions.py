"""What chosen actions let through: by hand on four nodes, and against every way that the actions may be drawn."""

from itertools import product

import numpy as np
import pytest

from core.actions import ACTIONS
from core.metrics import actions as measures
from core.metrics.actions import agreement, carrying, messages, taken

STANDARD, LISTEN, BROADCAST, ISOLATE = range(4)
# 0 ⇄ 1, 2 ⇄ 1, 0 → 3, and a loop at 3, which has no label
EDGES = np.array([[0, 1, 2, 1, 0, 3], [1, 0, 1, 2, 3, 3]])
LABELS = np.array([0, 0, 1, -1])
ACTION = np.array([STANDARD, LISTEN, BROADCAST, ISOLATE])
POLICY = np.array([[0.4, 0.3, 0.2, 0.1], [0.1, 0.6, 0.2, 0.1], [0.3, 0.1, 0.5, 0.1], [0.2, 0.2, 0.2, 0.4]])


def test_who_listens_and_who_broadcasts():
    assert measures.listening(taken(ACTION)).tolist() == [1, 1, 0, 0]
    assert measures.broadcasting(taken(ACTION)).tolist() == [1, 0, 1, 0]
    np.testing.assert_allclose(measures.listening(POLICY), [0.7, 0.7, 0.4, 0.4])
    np.testing.assert_allclose(measures.broadcasting(POLICY), [0.6, 0.3, 0.8, 0.4])


def test_messages_by_hand():
    """Only 0 → 1 and 2 → 1 carry one; the loop is not counted, and 0 → 3 is neither within a class nor between two."""
    found = messages(EDGES, ACTION, POLICY, LABELS).set_index("edges")
    assert found["number"].to_dict() == {"all": 5, "same class": 2, "other class": 2}
    assert found["carried"].to_dict() == pytest.approx({"all": 2 / 5, "same class": 1 / 2, "other class": 1 / 2})
    expected = {"0→1": 0.6 * 0.7, "1→0": 0.3 * 0.7, "2→1": 0.8 * 0.7, "1→2": 0.3 * 0.4, "0→3": 0.6 * 0.4}
    assert found["expected"].to_dict() == pytest.approx(
        {
            "all": sum(expected.values()) / 5,
            "same class": (expected["0→1"] + expected["1→0"]) / 2,
            "other class": (expected["2→1"] + expected["1→2"]) / 2,
        }
    )


def test_the_expected_share_is_the_mean_over_all_draws():
    total = 0.0
    for drawn in product(range(len(ACTIONS)), repeat=4):
        chance = np.prod(POLICY[np.arange(4), drawn])
        total += chance * messages(EDGES, np.array(drawn), POLICY, LABELS)["carried"][0]
    assert messages(EDGES, ACTION, POLICY, LABELS)["expected"][0] == pytest.approx(total)


def test_other_numbers_of_the_nodes_give_the_same_shares():
    order = np.array([2, 0, 3, 1])
    place = np.argsort(order)
    one, other = messages(EDGES, ACTION, POLICY, LABELS), messages(place[EDGES], ACTION[order], POLICY[order], LABELS[order])
    np.testing.assert_allclose(one[["number", "carried", "expected"]], other[["number", "carried", "expected"]])


def test_without_edges_there_is_no_share():
    found = messages(EDGES[:, 5:], ACTION, POLICY, LABELS)
    assert found["number"].tolist() == [0, 0, 0]
    assert found[["carried", "expected"]].isna().all(axis=None)
    assert carrying(EDGES[:, :0], POLICY).tolist() == []


def test_agreement_beside_chance():
    """Two of four do the same; by chance ¼ (½ + ¼ + ¼) would."""
    same, chance = agreement(ACTION, np.array([STANDARD, STANDARD, BROADCAST, LISTEN]))
    assert (same, chance) == pytest.approx((1 / 2, 1 / 4 * (2 + 1 + 1 + 0) / 4))
    assert agreement(ACTION, ACTION)[0] == 1
