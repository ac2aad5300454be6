"""A home with the catalogue, a few tiny runs, and workers that all page tests share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from core import catalogue as catalogues
from core.jobs import Jobs
from core.plans import run_plan
from core.store import Store
from core.work import silent
from explainers.overview import Group, groups
from pages._shared import engine
from tests.pages.window import selected

MODELS = ("gcn", "mlp", "sgc")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the catalogue and a few tiny runs on the karate club."""
    home = tmp_path_factory.mktemp("prepared")
    known = catalogues.ensure(home)
    for name in MODELS:
        run_plan(silent, specs=selected(known, name).specs(known), root=home, device="cpu", probes=("embedding",))
    run_plan(silent, specs=selected(known, "gcn", split="random").specs(known), root=home, device="cpu")
    return home


@pytest.fixture(scope="session")
def workers() -> Iterator[Jobs]:
    """Both workers, shared by the tests that need them; started by the first."""
    jobs: list[Jobs] = []

    class Lazy:
        def __getattr__(self, name: str) -> Any:
            if not jobs:
                jobs.append(Jobs(engine.WARM))
            return getattr(jobs[0], name)

    yield Lazy()  # type: ignore[misc]
    for one in jobs:
        one.close()


@pytest.fixture(autouse=True)
def app(own_home: Path, prepared: Path, workers: Jobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fresh caches over a home that has the catalogue and no runs."""
    shutil.copytree(prepared / "catalogue", own_home / "catalogue")
    st.cache_resource.clear()
    monkeypatch.setattr(engine, "jobs", lambda: workers)
    yield
    st.cache_resource.clear()


@pytest.fixture
def stored(own_home: Path, prepared: Path) -> list[Group]:
    """The tiny runs: GCN, MLP and SGC on the public split, GCN on a random one."""
    shutil.copytree(prepared / "runs", own_home / "runs")
    known = catalogues.read(own_home)
    assert known is not None
    return groups(Store(own_home).entries(), known)
