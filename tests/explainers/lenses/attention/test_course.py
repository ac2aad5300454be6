"""How attention moves during training."""

import numpy as np
import pandas as pd

from core.training import train
from explainers.lenses import attention_course
from tests.explainers.lenses.attention.made_up import spec_of


def test_the_course_of_attention_ends_in_the_run(karate):
    spec = spec_of("gat", heads=2)
    run = train(spec, graph=karate, device="cpu", probes=("attention",))
    rows = attention_course.course(0, run.probes)
    assert list(rows.groupby("epoch").size().unique()) == [3], "two heads and one"
    found = attention_course.Course(rows, run.best_epoch, tuple(run.history["validation_score"]))
    first, *_ = attention_course.captions(found)
    start, end = (rows.loc[rows["epoch"] == epoch, "mean_normalized_entropy"].mean() for epoch in (0, rows["epoch"].max()))
    assert f"from {start:.3f} (untrained) to {end:.3f} (epoch 20)" in first
    assert f"layer 2 {rows.iloc[2]['mean_normalized_entropy']:.3f}" in attention_course.at(found, 0)
    assert len(attention_course.draw(found)["course"].figure.data) == 6


def test_trainings_that_stop_apart_have_the_first_ones_course():
    rows = pd.concat(
        [
            pd.DataFrame({"seed": seed, "epoch": epochs, "layer": 1, "head": 1, "mean_normalized_entropy": values})
            for seed, epochs, values in ((0, [0, 10], [1.0, 0.9]), (1, [0, 50], [1.0, 0.1]))
        ]
    ).assign(same_class_mass=0.5, expected_same_class_mass=0.5)
    found = attention_course.Course(rows, 10, tuple(np.linspace(0, 1, 10)))
    assert attention_course.captions(found)[0].startswith(
        "Mean normalised entropy of seed 0 goes from 1.000 (untrained) to 0.900 (epoch 10)"
    )
    assert found.first["epoch"].tolist() == [0, 10]
    assert "validation score 100.0 %" in attention_course.at(found, 10)
