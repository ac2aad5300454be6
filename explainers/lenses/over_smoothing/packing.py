"""Results as plain arrays and back, so that they can be kept on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explainers.lenses.over_smoothing.planes import Planes
from explainers.lenses.over_smoothing.result import Layers

Arrays = Mapping[str, NDArray[Any]]

TABLES, PICTURES = ("measures", "gradients", "omega"), ("trained", "initial")


def pack_table(table: pd.DataFrame, name: str) -> dict[str, NDArray[Any]]:
    """An array a column."""
    return {f"{name}.{column}": _plain(table[column]) for column in table.columns}


def unpack_table(arrays: Arrays, name: str) -> pd.DataFrame:
    """The inverse of `pack_table`."""
    start = f"{name}."
    return pd.DataFrame({key.removeprefix(start): values for key, values in arrays.items() if key.startswith(start)})


def pack_layers(layers: Layers) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {
        "model": np.array(layers.model),
        "depth": np.array(layers.depth),
        "seed": np.array(layers.seed),
        "nodes": layers.nodes,
    }
    for name in TABLES:
        found |= pack_table(getattr(layers, name), name)
    for name in PICTURES:
        planes = getattr(layers, name)
        if planes is not None:
            found |= {f"{name}.{part.name}": getattr(planes, part.name) for part in fields(Planes)}
    return found


def unpack_layers(arrays: Arrays) -> Layers:
    """The inverse of `pack_layers`."""
    tables = {name: unpack_table(arrays, name) for name in TABLES}
    pictures = {name: _planes(arrays, name) for name in PICTURES}
    return Layers(str(arrays["model"]), int(arrays["depth"]), int(arrays["seed"]), nodes=arrays["nodes"], **tables, **pictures)


def _planes(arrays: Arrays, name: str) -> Planes | None:
    if f"{name}.xy" not in arrays:
        return None
    return Planes(**{part.name: arrays[f"{name}.{part.name}"] for part in fields(Planes)})


def _plain(column: pd.Series[Any]) -> NDArray[Any]:
    return np.asarray(column.to_numpy() if column.dtype.kind in "biuf" else np.array(column.tolist(), dtype=str))
