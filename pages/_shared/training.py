"""The parts of the train page."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.jobs import Job
from core.progress import Progress
from core.run import COLUMNS, Run
from core.spec import keys
from explainers.lenses import curves
from explainers.wording import duration
from pages._shared import engine, show, state

QUESTION = "Does it learn, and when does it stop?"
FAINT_RUNS = 20
"""Runs behind those in training; more would be a haze, and take long to draw."""


def page() -> None:
    """Live curves while the selected runs train, else the curves of the stored ones."""
    if _job():
        show.question(QUESTION)
        st.fragment(_live, run_every=0.25)()
    else:
        _stored()


def _job() -> Job | None:
    """The training of a selected run, if one waits or runs."""
    planned = set(engine.specs(state.selection()))
    return next((job for job in state.watched() if planned & set(job.arguments["specs"])), None)


def _live() -> None:
    state.catch_up()
    job = _job()
    if job is None:
        st.rerun()
    planned, progress = engine.specs(state.selection()), job.snapshot
    running = [one for one in progress.running if one.spec in planned] if isinstance(progress, Progress) else []
    if not running:  # it has not begun, or is at other runs than those that are selected
        st.caption(f"{job.title}: {job.message or 'waiting for the worker …'}")
        return
    training, left = running[0], "…" if job.eta is None else duration(job.eta)
    latest = dict(zip(COLUMNS, training.latest, strict=True))
    for column, (label, value) in zip(
        st.columns(5),
        {
            "Runs": f"{progress.done} of {progress.total}",
            "Epoch": f"{training.epoch} of {training.spec.training.epochs}",
            "Left": left,
            "Training loss": f"{latest['train_loss']:.3f}",
            "Validation score": f"{latest['validation_score']:.1%}",
        }.items(),
        strict=True,
    ):
        column.metric(label, value)
    ours = set(keys(planned))
    done = [run.history for key in progress.finished[-FAINT_RUNS:] if key in ours and (run := engine.run(key))]
    st.plotly_chart(curves.live_figure(running, done), key="train.live", config={"displayModeBar": False})


def _stored() -> None:
    if not all(engine.entries(engine.specs(state.selection()))):
        show.question(QUESTION)
        show.untrained()
        return
    result = engine.lens("curves", state.selection(), {})
    if isinstance(result, Job):
        show.waiting(result)
        return
    show.question(QUESTION, curves.captions(result))
    if not result.test.n:
        show.empty("No epoch gave a number, so there is no curve to show.")
    else:
        for column, (name, view) in zip(st.columns(2, gap="large"), curves.draw(result).items(), strict=False):
            with column:
                show.chart(view, f"train.{name}")
    st.subheader("Runs", anchor=False)
    _table([run for spec in engine.specs(state.selection()) if (run := engine.run(spec.key))])


def _table(runs: Sequence[Run]) -> None:
    rows = pd.DataFrame(
        [
            {
                "seed": run.spec.seed,
                "split": run.spec.dataset.split,
                "train": run.scores["train_score"],
                "validation": run.scores["validation_score"],
                "test": run.scores["test_score"],
                "best epoch": run.best_epoch,
                "epochs": run.epochs,
                "seconds": run.seconds,
                "device": run.device,
                "note": run.note,
            }
            for run in runs
        ]
    )
    percent = st.column_config.NumberColumn(format="percent")
    seconds = st.column_config.NumberColumn(format="%.2f", help="Training only, without loading the graph.")
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        column_config={"train": percent, "validation": percent, "test": percent, "seconds": seconds},
    )
