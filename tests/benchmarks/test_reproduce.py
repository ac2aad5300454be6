"""The table of `make reproduce`, without training: its commands are commands, its ranges are ranges."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks import reproduce
from explainers.cli import parser


@pytest.mark.parametrize("target", reproduce.TARGETS, ids=lambda target: target.command)
def test_every_row_is_a_command_with_a_range(target: reproduce.Target) -> None:
    arguments = parser().parse_args(target.command.split())
    assert callable(arguments.prepare(arguments, target.command))
    assert 0 <= target.low < target.high <= 1


@pytest.mark.parametrize(
    ("mean", "own", "verdict", "code"), [(0.5, False, "yes", 0), (0.7, False, "no", 1), (0.5, True, "own range", 0), (0.7, True, "no", 1)]
)
def test_a_mean_outside_its_range_is_exit_1(
    mean: float, own: bool, verdict: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOPSCOPE_HOME", str(tmp_path / "home of the user"))

    def answered(words: list[str]) -> int:
        assert os.environ["HOPSCOPE_HOME"] != str(tmp_path / "home of the user"), "stored runs must not pass for measured ones"
        assert words[words.index("--device") + 1] == "cpu"
        summary = [{"metric": "accuracy", "mean": mean, "low": mean - 0.01, "high": mean + 0.01, "n": 10}]
        Path(words[-1]).write_text(json.dumps({"tables": {"summary": summary, "runs": [{"seconds": 1.0}, {"seconds": 2.0}]}}))
        return 0

    monkeypatch.setattr(reproduce, "hopscope", answered)
    monkeypatch.setattr(reproduce, "TARGETS", (reproduce.Target("train", 0.4, 0.6, "a paper", own_range=own),))
    assert reproduce.main(["--out", str(tmp_path / "table.md")]) == code
    assert os.environ["HOPSCOPE_HOME"] == str(tmp_path / "home of the user")
    assert f"| – | {100 * mean:.1f} ± 1.0 | 40.0–60.0 | {verdict} | 1.5 | a paper |" in (tmp_path / "table.md").read_text()
    assert "a paper" in capsys.readouterr().out


def test_a_command_that_fails_is_not_as_expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reproduce, "hopscope", lambda words: 1)
    monkeypatch.setattr(reproduce, "TARGETS", (reproduce.Target("train", 0.4, 0.6, "a paper"),))
    assert reproduce.main(["--out", str(tmp_path / "table.md")]) == 1
    assert "| not measured: the command says why |" in (tmp_path / "table.md").read_text()
