from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.isotonic import IsotonicRegression
from sklearn.preprocessing import normalize

from explainers.calibrators.contract import TINY


def test_rows_are_the_regressions_normalised(make_case):
    case = make_case(factor=3.0)
    prob, val = softmax(case.logits, axis=1), case.validation
    each = [IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(prob[val, c], case.y[val] == c) for c in range(4)]
    theirs = np.column_stack([regression.predict(prob[:, c]) for c, regression in enumerate(each)])
    theirs[theirs.sum(axis=1) == 0] = 1
    fitted = case.fit("isotonic")
    np.testing.assert_allclose(np.exp(fitted(case.logits)), normalize(theirs, norm="l1"), atol=10 * TINY)
    assert fitted.parameters == sum(len(set(regression.y_thresholds_.tolist())) for regression in each)


def test_two_classes_by_hand(make_case):
    """Pooled adjacent violators: of .6, .7, .8, .9 the first and third are right; .7 and .8 pool to ½."""
    case = make_case(n=4, classes=2, unknown=0).on(0, 1, 2, 3)
    shares = np.array([0.6, 0.7, 0.8, 0.9])
    logits = np.log(np.column_stack([shares, 1 - shares]))
    for y, steps in (([0, 1, 0, 0], [0.5, 0.5, 1, 1]), ([1, 0, 1, 0], [0, 0.5, 0.5, 1])):
        found = replace(case.with_labels(np.array(y)), logits=logits).fit("isotonic")
        assert np.exp(found(logits))[:, 0] == pytest.approx(steps, abs=1e-9)
