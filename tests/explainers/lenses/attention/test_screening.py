"""How fast what surrounds a neighbour fades."""

from dataclasses import replace

import numpy as np
import pytest

from core.training import train
from explainers.lenses import attention as lens
from explainers.lenses.attention import screening
from explainers.lenses.attention.readings import read
from explainers.lenses.attention.result import Attention
from tests.explainers.lenses.attention.made_up import made_up, reading, spec_of


def screened(*powers: list[list[float]]) -> Attention:
    """A layer, one run a list of powers [hops, heads]; of three nodes two have one neighbour and one farther node, one has none."""
    sizes = np.array([[1, 1, 1], [1, 1, 0], [1, 1, 0]])
    readings = []
    for seed, power in enumerate(powers):
        factor = np.exp(np.concatenate([np.ones((1, len(power[0]))), np.array([[2.0], [3.0]]) ** -np.array(power)]) - 1)
        readings.append(replace(reading(seed, 0.8, 0.8), screening=screening.rows([factor], [sizes])))
    return made_up(*readings)


def test_screening_by_hand():
    """Powers 1 and 0 at one hop, 1 and 1 at two: e^(½ − 1) and 1, e^(⅓ − 1) both."""
    rows = screening.table(screened([[1.0, 0.0], [1.0, 1.0]])).set_index(["head", "distance"])
    near, far = np.exp(-1 / 2), np.exp(-2 / 3)
    assert rows["factor"].tolist() == pytest.approx([1, near, far, 1, 1, far])
    assert rows.loc[1, "share"].tolist() == pytest.approx(
        [(2 / (1 + near + far) + 1) / 3, 2 * near / (1 + near + far) / 3, 2 * far / (1 + near + far) / 3]
    )
    assert rows.loc[2, "untrained_share"].tolist() == pytest.approx([(2 / 3 + 1) / 3, 2 / 9, 2 / 9])
    assert rows.groupby("head")["share"].sum().tolist() == pytest.approx([1, 1])


def test_screening_says_what_the_seeds_say():
    ratio = np.exp(1 / 3 - 1 / 2)
    assert screening.sentence(screened([[1.0], [1.0]])) == (
        f"In a neighbour's score a node 2 hops from it weighs this much of one next to it (untrained 1): {ratio:.2f} in layer 1."
    )
    alike = screening.sentence(screened([[0.0], [0.1]], [[0.0], [-0.1]], [[0.0], [0.0]]))
    assert alike.endswith("in layer 1, not told from 1 by the seeds.")
    assert "to 3.49 in layer 1, seed by seed" in screening.sentence(screened([[0.0], [0.0]], [[0.0], [-0.738]]))
    assert screening.sentence(made_up(reading(0, 0.8, 0.8))) == ""
    assert "screening" not in lens.tables(made_up(reading(0, 0.8, 0.8)))


def test_screening_is_drawn_where_there_is_one():
    found = screened([[1.0, 0.0], [1.0, 1.0]], [[0.5, 0.0], [1.0, 0.5]])
    assert set(lens.draw(found)) >= {"screening", "screening_shares"}
    assert list(lens.tables(found)["screening"]) == ["seed", "layer", "head", "distance", "factor", "share", "untrained_share"]
    for name in ("screening", "screening_shares"):
        view = lens.draw(found)[name]
        assert len(view.data) == 12
        assert view.not_shown


def test_a_trained_coulgat_is_read(karate):
    run = train(spec_of("coulgat", heads=2, hops=3), graph=karate, device="cpu")
    rows = read(run, karate).screening
    assert rows.groupby("layer").size().to_dict() == {1: 2 * 4, 2: 4}
    for layer in (1, 2):
        power = run.weights[f"convolutions.{layer - 1}.power"]
        mine = rows[rows["layer"] == layer].pivot_table(index="distance", columns="head", values="factor").to_numpy()
        np.testing.assert_allclose(mine[1:], np.exp(np.array([[2.0], [3], [4]]) ** -power - 1), rtol=1e-5)
    np.testing.assert_allclose(rows.groupby(["layer", "head"])["share"].sum(), 1, rtol=1e-6)
    assert read(train(spec_of("gat", heads=2), graph=karate, device="cpu"), karate).screening.empty
