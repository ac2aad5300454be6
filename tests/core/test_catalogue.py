from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core import catalogue
from core.datasets.contract import datasets
from core.errors import UserError
from core.jobs import Jobs
from core.models.contract import models
from core.run import Run
from core.spec import DatasetSpec, ModelSpec, RunSpec
from core.store import Entry, Store
from core.training import train
from core.work import silent


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> catalogue.Catalogue:
    return catalogue.ensure(tmp_path_factory.mktemp("home"))


def test_reading_and_building_the_source_hash_load_no_torch(tmp_path: Path) -> None:
    code = f"import sys, pathlib, core.catalogue as c; c.read(pathlib.Path({str(tmp_path)!r})); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=catalogue.SOURCES.parent, check=False).returncode == 0


def test_cards_repeat_every_declaration(known: catalogue.Catalogue) -> None:
    assert list(known.models) == list(models())
    assert list(known.datasets) == list(datasets())
    for name, unit in models().items():
        card = known.model(name)
        assert (card.title, card.parameters, card.recipe, card.equation) == (unit.title, unit.parameters, unit.recipe, unit.equation)
    for name, data in datasets().items():
        described = known.dataset(name)
        assert (described.parameters, described.splits, described.flaws) == (data.parameters, data.splits, data.flaws)


def test_described_in_a_worker_and_kept(tmp_path: Path, known: catalogue.Catalogue) -> None:
    assert catalogue.read(tmp_path) is None
    jobs = Jobs()
    try:
        job = jobs.wait(jobs.submit("core.catalogue:describe", {}, title="catalogue"), 60)
    finally:
        jobs.close()
    assert job.state == "done", job.error
    json.dumps(job.result)
    assert catalogue.write(tmp_path, job.result) == catalogue.read(tmp_path) == known


def test_older_files_go_and_damaged_ones_count_as_absent(tmp_path: Path) -> None:
    records = catalogue.describe(silent)
    old = tmp_path / "catalogue" / "0123456789abcdef.json"
    old.parent.mkdir()
    old.write_text("{}")
    catalogue.write(tmp_path, records)
    (kept,) = old.parent.iterdir()
    assert kept != old
    for damage in ("", "{", "[]", '{"datasets": [{}]}', '{"datasets": 3}'):
        kept.write_text(damage)
        assert catalogue.read(tmp_path) is None


def test_a_changed_source_asks_for_a_new_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = tmp_path / "core"
    sources.mkdir()
    (sources / "a.py").write_text("x = 1")
    monkeypatch.setattr(catalogue, "SOURCES", sources)
    before = catalogue._sources_hash()
    (sources / "a.py").write_text("x = 2")
    assert catalogue._sources_hash() != before


def test_unknown_names_get_a_sentence(known: catalogue.Catalogue) -> None:
    with pytest.raises(UserError, match=r"There is no model 'gatt'. Did you mean 'gat'"):
        known.model("gatt")
    with pytest.raises(UserError, match="There is no dataset 'coraa'"):
        known.dataset("coraa")


def test_is_current_follows_the_code_of_the_run(known: catalogue.Catalogue, tmp_path: Path) -> None:
    entry = _stored(tmp_path, train(RunSpec(DatasetSpec("karate"), ModelSpec("gcn")), device="cpu"))
    assert known.is_current(entry)
    assert not known.is_current(replace(entry, code={**entry.code, "model": "0"}))
    assert not known.is_current(replace(entry, spec=replace(entry.spec, model=ModelSpec("a model of the past"))))


def _stored(root: Path, run: Run) -> Entry:
    store = Store(root)
    store.put(run)
    entry = store.entry(run.key)
    assert entry is not None
    return entry


def test_a_full_disk_costs_only_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: catalogue.Catalogue) -> None:
    def full(*_: object) -> None:
        raise UserError("no space left")

    monkeypatch.setattr(catalogue, "write_json", full)
    assert catalogue.ensure(tmp_path) == known
    assert catalogue.read(tmp_path) is None
