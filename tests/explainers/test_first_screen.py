"""The bundled result is what a measurement gives today, not what it once gave."""

from __future__ import annotations

import json

import pytest

from explainers.first_screen import ASSET, first_screen, measure

HOW = "measure it anew with: python -m explainers.first_screen"


def test_the_bundled_scores_are_measured_again() -> None:
    bundled, today = json.loads(ASSET.read_text()), measure()
    for model, spread in today["scores"].items():
        assert spread == pytest.approx(bundled["scores"][model], abs=1e-6), HOW
    for name in ("edges", "labels", "class_names", "train", "test", "epochs", "predictions", "best_step", "seeds", "command"):
        assert today[name] == bundled[name], HOW


def test_its_sentence_says_its_numbers() -> None:
    screen = first_screen()
    assert f"From {len(screen.train)} labelled members of {len(screen.labels)}" in screen.answer
    assert f"{round(100 * screen.scores['gcn']['mean'])} % of the {len(screen.test)}" in screen.answer
    assert f"{screen.seeds} seeds" in screen.answer
