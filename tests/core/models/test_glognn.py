"""GloGNN where what it solves for is nearly singular: small α + β against large states."""

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.models.glognn import GlobalAggregation


def exact(x, start, alpha, beta, gamma):
    """The layer without propagation, with a matrix of nodes by nodes, in double precision."""
    x, start, kept = x.double(), start.double(), 1 - gamma
    gram = x @ x.t()
    inverse = torch.linalg.inv(kept**2 * gram + (alpha + beta) * torch.eye(len(x), dtype=torch.float64))
    z = (kept * gram - gamma * kept * start @ x.t()) @ inverse
    return kept * z @ x + gamma * start


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_large_states_do_not_drown_what_holds_the_coefficients(scale):
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(60, 3)) * scale).float()
    layer = GlobalAggregation(1, 1.0, 0.0, 0.3)
    with torch.no_grad():
        found = layer(x, x.flip(0), lambda states: states)
    wanted = exact(x, x.flip(0), 1.0, 0.0, 0.3)
    np.testing.assert_allclose(found.numpy() / scale, wanted.numpy() / scale, atol=1e-5)


def test_what_cannot_be_solved_is_a_sentence():
    x = torch.ones(4, 2)  # of rank one
    with pytest.raises(UserError, match=r"α \+ β = 1e-40 is too little .* Take a larger α or β\."):
        GlobalAggregation(1, 1e-40, 0.0, 0.2)(x, x, lambda states: states)
