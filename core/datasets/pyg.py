"""PyG's dataset classes as readers of raw files: what they find becomes plain arrays, what goes wrong a sentence."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr
from dataclasses import dataclass, field
from io import StringIO
from os import W_OK, access
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from core.datasets.arrays import Arrays, keep, kept, stamp
from core.datasets.contract import Report
from core.datasets.files import damaged, not_downloaded, reason_of, watched
from core.datasets.unpickling import data_only
from core.home import data_root


@dataclass(frozen=True)
class Recipe:
    """How a PyG class reads one dataset, and what must come out.

    `folder`: the raw folder below the data root, as PyG names it. `expected`: nodes, stored edges,
    features. `class_sizes` where counts alone would not notice wrong labels. `url` replaces the class's own.
    """

    title: str
    pyg: str
    folder: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    expected: tuple[int, int, int] | None = None
    class_sizes: tuple[int, ...] = ()
    url: str = ""


def read(recipe: Recipe, report: Report) -> Arrays:
    """The arrays of a dataset, downloaded on first use; a second load takes them from a file beside the raw folder.

    PyG's own processed files are neither read nor written: a conversion that is interrupted leaves nothing
    behind, and dense bag-of-words (1.1 GB for Coauthor Physics) are not stored. Raises `UserError`.
    """
    raw = data_root() / recipe.folder
    compact = raw.parent / "hopscope.npz"
    found = kept(compact, stamp(raw))
    if found is not None:
        return found
    with _alone(recipe, raw):
        found = kept(compact, stamp(raw))  # another process may have made it while we waited
        if found is None:
            report(f"Preparing {recipe.title}: first time only")
            found = _converted(recipe, raw, report)
            keep(found, compact, stamp(raw))
    return found


@contextmanager
def _alone(recipe: Recipe, raw: Path) -> Iterator[None]:
    """One process at a time prepares a dataset; what a killed one left half-done is removed."""
    from filelock import FileLock

    try:
        raw.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_downloaded(recipe.title, raw, error) from error
    writable = access(raw.parent, W_OK)
    with FileLock(raw.parent / ".hopscope.lock") if writable else nullcontext():
        for left in raw.parent.glob(".partial-*"):
            rmtree(left, ignore_errors=True)
        yield


def _converted(recipe: Recipe, raw: Path, report: Report) -> Arrays:
    """Read the raw files, downloading them into a stage first if any is missing.

    The stage becomes the raw folder only when it was read and found right, so that a broken download is never kept.
    """
    stage = raw.parent / ".partial-raw"
    reader = _Reader(recipe, raw, stage, report)
    try:
        with _quiet():
            arrays = _arrays(reader.run())
        _check(recipe, arrays)
        if reader.staged:
            for file in stage.iterdir():
                file.replace(raw / file.name)
    except Exception as error:
        if error is reader.stopped:
            raise
        if reader.staged:
            raise not_downloaded(recipe.title, raw, error) from error
        raise damaged(recipe.title, raw, reason_of(error)) from error
    finally:
        rmtree(stage, ignore_errors=True)
    return arrays


class _Reader:
    """A PyG class with its folders redirected and its result caught before it is saved."""

    def __init__(self, recipe: Recipe, raw: Path, stage: Path, report: Report) -> None:
        self.recipe, self.raw, self.stage, self.report = recipe, raw, stage, report
        self.staged = False
        self.stopped: BaseException | None = None
        self.found: list[Any] = []

    def run(self) -> Any:
        """PyG's `Data` of the dataset."""
        from torch_geometric import datasets

        base = getattr(datasets, self.recipe.pyg)
        with TemporaryDirectory() as scratch, data_only():
            redirected = {
                "raw_dir": property(lambda _: str(self.stage if self.staged else self.raw)),
                "processed_dir": property(lambda _: scratch),
                "download": lambda dataset: self._download(dataset, base),
                "save": lambda _, found, path: self.found.extend(found),
                "load": lambda *_: None,
            }
            address = {"url": self.recipe.url} if self.recipe.url else {}
            type(base.__name__, (base,), redirected | address)(str(data_root() / self.recipe.folder), **self.recipe.arguments)
        return self.found[0]

    def _download(self, dataset: Any, base: Any) -> None:
        self.staged = True
        self.stage.mkdir()
        with watched(self.stage, self.recipe.title, self._told):
            self._told(f"Downloading {self.recipe.title}")
            base.download(dataset)

    def _told(self, text: str) -> None:
        try:
            self.report(text)
        except BaseException as error:
            self.stopped = error
            raise


@contextmanager
def _quiet() -> Iterator[None]:
    """PyG prints its progress on standard error and warns of old pickles."""
    with redirect_stderr(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _arrays(data: Any) -> Arrays:
    labels = data.y.numpy().reshape(-1)
    masks = [data[key].numpy().reshape(len(labels), -1).T for key in ("train_mask", "val_mask", "test_mask") if key in data]
    stacked = np.stack(masks) if masks else np.zeros((3, 0, len(labels)), dtype=bool)
    return Arrays.of(data.x.numpy(), data.edge_index.numpy(), labels, stacked)


def _check(recipe: Recipe, arrays: Arrays) -> None:
    """A truncated text file reads without complaint; only its counts tell."""
    nodes, features = arrays.features.shape
    found = (nodes, arrays.edge_index.shape[1], features)
    if recipe.expected and found != recipe.expected:
        words = "{:,} nodes, {:,} stored edges, {:,} features"
        raise ValueError(f"{words.format(*found)} were read where there should be {words.format(*recipe.expected)}")
    sizes = tuple(np.bincount(arrays.labels).tolist())
    if recipe.class_sizes and sizes != recipe.class_sizes:
        raise ValueError(f"classes of {sizes} nodes were read where there should be {recipe.class_sizes}")
