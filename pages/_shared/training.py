"""The parts of the train page."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.jobs import Job
from core.progress import Progress
from core.run import Run
from explainers.lenses import curves
from pages._shared import engine, show, state


def page() -> None:
    """Live curves while a training runs, else the curves of the stored runs."""
    number = state.followed()
    job = engine.jobs().job(number) if number else None
    if job and not job.finished:
        show.question("Does it learn, and when does it stop?")
        st.fragment(_live, run_every=0.25)()
    else:
        _stored()


def _live() -> None:
    number = state.followed()
    job = engine.jobs().job(number) if number else None
    if job is None or job.finished:
        st.rerun()
    progress = job.snapshot
    if not isinstance(progress, Progress):
        st.caption(job.message or "Waiting for the worker …")
        return
    done = [run.history for spec in job.arguments["specs"][: progress.index] if (run := engine.run(spec.key))]
    latest = dict(zip(progress.columns, progress.history[-1], strict=True))
    left = f"{job.eta:.0f} s" if job.eta is not None else "…"
    for column, (label, value) in zip(
        st.columns(5),
        {
            "Run": f"{progress.index + 1} of {progress.count}",
            "Epoch": f"{progress.epoch} of {progress.spec.training.epochs}",
            "Left": left,
            "Training loss": f"{latest['train_loss']:.3f}",
            "Validation score": f"{latest['validation_score']:.1%}",
        }.items(),
        strict=True,
    ):
        column.metric(label, value)
    st.plotly_chart(curves.live_figure(progress, done), key="train.live", config={"displayModeBar": False})


def _stored() -> None:
    if not all(engine.entries(engine.specs(state.selection()))):
        show.question("Does it learn, and when does it stop?")
        show.untrained()
        return
    result = engine.lens("curves", state.selection(), {})
    if isinstance(result, Job):
        show.waiting(result)
        return
    show.question("Does it learn, and when does it stop?", curves.captions(result))
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
