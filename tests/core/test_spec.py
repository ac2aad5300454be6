import json
from dataclasses import replace

import numpy as np
import pytest

from core.errors import UserError
from core.spec import TRAINING, DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings

SPEC = RunSpec(
    DatasetSpec("csbm", settings({"nodes": 500, "homophily": 0.8}), "random", 3),
    ModelSpec("gcn", settings({"depth": 2, "residual": False, "activation": "relu"})),
    TrainingSpec(epochs=50, lr=0.02, patience=10, keep="score"),
    seed=7,
)


def test_golden_key():
    """If this fails, every stored run is orphaned. A new field must be left out of the description while it has its default."""
    assert SPEC.key == "4f0c8166e3f9eb5c"
    assert RunSpec(DatasetSpec("karate"), ModelSpec("gcn")).key == "e418531320337fb5"


def test_json_and_back():
    assert RunSpec.from_dict(json.loads(json.dumps(SPEC.as_dict()))) == SPEC
    edited = replace(SPEC, dataset=replace(SPEC.dataset, edits=(("remove", "0", "1"), ("add", "2", "3")), content="abc"))
    assert RunSpec.from_dict(json.loads(json.dumps(edited.as_dict()))) == edited


def test_equal_specs_have_equal_keys():
    whole = replace(SPEC, training=replace(SPEC.training, lr=1))
    assert whole == replace(SPEC, training=replace(SPEC.training, lr=1.0))
    assert whole.key == replace(SPEC, training=replace(SPEC.training, lr=1.0)).key
    assert replace(SPEC, training=replace(SPEC.training, lr=np.float64(0.02))).key == SPEC.key
    shuffled = ModelSpec("gcn", tuple(reversed(SPEC.model.parameters)))
    assert replace(SPEC, model=shuffled).key == SPEC.key


def test_any_difference_changes_the_key():
    others = [
        replace(SPEC, seed=8),
        replace(SPEC, training=replace(SPEC.training, weight_decay=0.0)),
        replace(SPEC, model=ModelSpec("gat", SPEC.model.parameters)),
        replace(SPEC, model=ModelSpec("gcn", settings({**dict(SPEC.model.parameters), "residual": True}))),
        replace(SPEC, dataset=replace(SPEC.dataset, split_seed=4)),
        replace(SPEC, dataset=replace(SPEC.dataset, content="x")),
    ]
    assert len({spec.key for spec in [SPEC, *others]}) == 7


def test_a_group_differs_in_the_seed_only():
    assert SPEC.group == replace(SPEC, seed=99).group
    assert SPEC.group != replace(SPEC, training=TrainingSpec(), seed=7).group


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        {"dataset": 3},
        None,
        {**SPEC.as_dict(), "seed": "x"},
        {**SPEC.as_dict(), "training": {"speed": 1}},
        {**SPEC.as_dict(), "model": "gcn"},
    ],
)
def test_what_describes_no_run_is_a_sentence(data):
    with pytest.raises(UserError, match="This is not the description of a run"):
        RunSpec.from_dict(data)


def test_the_fields_of_a_training_are_those_declared():
    assert list(TrainingSpec.__dataclass_fields__) == [parameter.name for parameter in TRAINING]
    assert TrainingSpec.of({}) == TrainingSpec()
    assert TrainingSpec.of({"epochs": "30", "lr": "1e-3"}) == TrainingSpec(epochs=30, lr=0.001)
    with pytest.raises(UserError, match=r"no setting of the training 'epoch'. Did you mean 'epochs'"):
        TrainingSpec.of({"epoch": 3})
    with pytest.raises(UserError, match=r"Epochs \(epochs\) is 0; it takes a whole number from 1 to 100000"):
        TrainingSpec.of({"epochs": 0})


def test_depth():
    assert SPEC.model.depth == 2
    assert ModelSpec("x").depth is None
