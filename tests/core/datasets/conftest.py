"""Small raw files in the formats of the public datasets, made by the tests that read them."""

from __future__ import annotations

import pickle
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

NODES = 30
SPLITS = 10


def masks(nodes: int = NODES) -> dict[str, np.ndarray]:
    """Ten splits [10, nodes]; node k of split s is in part (k + s) mod 3."""
    part = (np.arange(nodes) + np.arange(SPLITS)[:, None]) % 3
    return {name: part == k for k, name in enumerate(("train", "val", "test"))}


def ring(nodes: int = NODES) -> np.ndarray:
    """[nodes, 2] a ring, each link once."""
    return np.stack([np.arange(nodes), (np.arange(nodes) + 1) % nodes], axis=1)


def heterophilous(folder: Path, name: str, classes: int = 2, features: int = 6) -> Path:
    """The `.npz` that Platonov et al. publish."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.npz"
    np.savez(
        path,
        node_features=np.arange(NODES * features, dtype=np.float32).reshape(NODES, features),
        node_labels=np.arange(NODES) % classes,
        edges=ring(),
        **{f"{part}_masks": mask for part, mask in masks().items()},
    )
    return path


def planetoid(folder: Path, name: str, splits: bool = False, nodes: int = 600, features: int = 120) -> None:
    """The eight files of Yang et al., the last 40 nodes being the test nodes in reverse; with ten `.npz` of splits if asked."""
    folder.mkdir(parents=True, exist_ok=True)
    x = csr_matrix(np.eye(nodes, features, dtype=np.float32) * 2 + np.eye(nodes, features, k=1, dtype=np.float32))
    y = np.eye(3, dtype=np.int32)[np.arange(nodes) % 3]
    test = np.arange(nodes - 1, nodes - 41, -1)
    graph = defaultdict(list, {node: [(node + 1) % nodes, (node - 1) % nodes] for node in range(nodes)})
    parts = {"x": x[:60], "y": y[:60], "allx": x[:-40], "ally": y[:-40], "tx": x[test], "ty": y[test], "graph": graph}
    for key, part in parts.items():
        (folder / f"ind.{name}.{key}").write_bytes(pickle.dumps(part))
    (folder / f"ind.{name}.test.index").write_text("\n".join(map(str, test)) + "\n")
    for index in range(SPLITS if splits else 0):
        chosen = {f"{part}_mask": mask[index].astype(np.uint8) for part, mask in masks(nodes).items()}
        np.savez(folder / f"{name}_split_0.6_0.2_{index}.npz", **chosen)


def geom_gcn(folder: Path, name: str, links: np.ndarray, nodes: int = NODES, features: int = 120) -> None:
    """The two text files and ten `.npz` that Pei et al. publish; `links` [E, 2] one way."""
    folder.mkdir(parents=True, exist_ok=True)
    x = np.eye(nodes, features, dtype=int) + np.eye(nodes, features, k=1, dtype=int)
    rows = [f"{k}\t{','.join(map(str, x[k]))}\t{k % 5}" for k in range(nodes)]
    (folder / "out1_node_feature_label.txt").write_text("\n".join(["node_id\tfeature\tlabel", *rows]) + "\n")
    (folder / "out1_graph_edges.txt").write_text("\n".join(["node_id\tnode_id", *(f"{u}\t{v}" for u, v in links)]) + "\n")
    for index in range(SPLITS):
        chosen = {f"{part}_mask": mask[index] for part, mask in masks(nodes).items()}
        np.savez(folder / f"{name}_split_0.6_0.2_{index}.npz", **chosen)


@pytest.fixture
def raw() -> SimpleNamespace:
    """The makers of files above."""
    return SimpleNamespace(masks=masks, ring=ring, heterophilous=heterophilous, planetoid=planetoid, geom_gcn=geom_gcn)
