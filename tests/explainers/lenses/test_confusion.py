from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix as oracle

from core.data import Split
from explainers.contract import Unsupported
from explainers.lenses.confusion import by_class, captions, confusion_matrix, draw, measure


def test_counts_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    true, predicted = random.integers(0, 5, 80), random.integers(0, 5, 80)
    assert (confusion_matrix(true, predicted, 5) == oracle(true, predicted, labels=range(5))).all()
    order = random.permutation(80)
    assert (confusion_matrix(true[order], predicted[order], 5) == confusion_matrix(true, predicted, 5)).all()


def test_by_hand(context_of, make_run) -> None:
    runs = [make_run([0, 0, 0, 1, 0, 0, 0]), make_run([0, 0, 0, 0, 0, 0, 0], seed=1)]  # test nodes: b b a b
    result = measure(context_of(*runs), {"part": "test"})
    assert result.counts.tolist() == [[[1, 0], [2, 1]], [[1, 0], [3, 0]]]
    assert result.shares[0].tolist() == [[1, 0], pytest.approx([2 / 3, 1 / 3])]
    assert captions(result) == [
        "2 of 4 test nodes are right. Largest confusion: 2 of 3 'b' nodes are called 'a' (public split, seed 0; 2 to 3 over 2 seeds)."
    ]
    table = by_class(result)
    assert table["right"].tolist() == pytest.approx([1, 1 / 3])
    assert table["truly"].tolist() == pytest.approx([1 / 3, 1])


def test_a_class_that_is_never_predicted(context_of, make_run) -> None:
    result = measure(context_of(make_run([0] * 7)), {"part": "test"})
    assert captions(result)[1] == "1 of 2 classes is never predicted: b."
    assert np.isnan(by_class(result)["truly"][1])


def test_an_empty_class_has_no_shares_and_all_right_says_so(context_of, make_run) -> None:
    result = measure(context_of(make_run([0] * 7)), {"part": "validation"})
    assert np.isnan(result.shares[0][1]).all()
    assert captions(result) == ["No confusion: 1 of 1 right (validation nodes, public split, seed 0)."]
    assert draw(result)


def test_every_cell_can_be_selected(context_of, make_run) -> None:
    figure = draw(measure(context_of(make_run([0] * 7)), {"part": "test"}))["matrix"].figure
    heat, targets = figure.data
    assert heat.customdata[1][0].tolist() == [1, 0]
    place = [tuple(cell) for cell in targets.customdata].index((1, 0))
    assert (targets.x[place], targets.y[place]) == (0, 1)
    assert "3 of 3 'b' nodes (100.0 %)" in targets.text[place]


def test_numbers_leave_the_cells_of_many_classes_and_names_are_escaped(tiny, context_of, make_run) -> None:
    names = ("<b>", *(str(k) for k in range(15)))
    graph = replace(tiny, class_names=names)
    figure = draw(measure(context_of(make_run([0] * 7, classes=16), graph=graph), {"part": "test"}))["matrix"].figure
    assert figure.data[0].texttemplate is None
    assert figure.layout.xaxis.ticktext[0] == "&lt;b&gt;"


def test_a_part_without_nodes(tiny, context_of, make_run) -> None:
    split = tiny.splits["public"]
    graph = replace(tiny, splits={"public": Split(split.train, split.test & False, split.test)})
    with pytest.raises(Unsupported, match="no validation nodes"):
        measure(context_of(make_run([0] * 7), graph=graph), {"part": "validation"})
