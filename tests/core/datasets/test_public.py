"""The published files themselves: counts, homophily and splits as measured once with PyG's own classes."""

from collections import Counter

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from torch import from_numpy
from torch_geometric.utils import homophily

from core.dataset_card import card
from core.datasets.contract import dataset, load
from core.graph import adjusted_homophily, class_homophily, edge_homophily, node_homophily
from core.home import data_root

pytestmark = pytest.mark.public_data

# slug: folder, nodes, stored edges, features, classes, edge homophily, directed
FACTS = {
    "cora": ("Planetoid/Cora", 2708, 10556, 1433, 7, 0.8100, False),
    "citeseer": ("Planetoid/CiteSeer", 3327, 9104, 3703, 6, 0.7355, False),
    "minesweeper": ("HeterophilousGraphDataset/minesweeper", 10000, 78804, 7, 2, 0.6828, False),
    "tolokers": ("HeterophilousGraphDataset/tolokers", 11758, 1038000, 10, 2, 0.5945, False),
    "cornell": ("WebKB/cornell", 183, 298, 1703, 5, 0.3054, True),
    "cornell_corrected": ("WebKB_corrected/cornell", 183, 298, 1703, 5, 0.1309, True),
    "texas": ("WebKB/texas", 183, 325, 1703, 5, 0.1077, True),
    "wisconsin": ("WebKB/wisconsin", 251, 515, 1703, 5, 0.1961, True),
    "actor": ("Actor", 7600, 30019, 932, 5, 0.2188, True),
    "chameleon": ("WikipediaNetwork/chameleon", 2277, 36101, 2325, 5, 0.2350, True),
    "squirrel": ("WikipediaNetwork/squirrel", 5201, 217073, 2089, 5, 0.2239, True),
    "chameleon_filtered": ("extra_npz", 890, 13584, 2325, 5, 0.2474, True),
    "squirrel_filtered": ("extra_npz", 2223, 65718, 2089, 5, 0.2174, True),
    "photo": ("Amazon/Photo", 7650, 238162, 745, 8, 0.8272, False),
    "computers": ("Amazon/Computers", 13752, 491722, 767, 10, 0.7772, False),
    "cs": ("Coauthor/CS", 18333, 163788, 6805, 15, 0.8081, False),
    "physics": ("Coauthor/Physics", 34493, 495924, 8415, 5, 0.9314, False),
    "cora_ml": ("CitationFull/cora_ml", 2995, 16316, 2879, 7, 0.7886, False),
    "dblp": ("CitationFull/dblp", 17716, 105734, 1639, 4, 0.8279, False),
    "citeseer_full": ("CitationFull/citeseer", 4230, 10674, 602, 6, 0.9494, False),
}
UNDIRECTED = {"chameleon_filtered": (8854, 0.2361), "squirrel_filtered": (46998, 0.2072)}


def had(slug):
    """The loaded graph as stored, or a skip where its raw files are absent."""
    folder = data_root() / FACTS[slug][0]
    if not folder.is_dir():
        pytest.skip(f"HOPSCOPE_DATA has no folder {FACTS[slug][0]}; load the dataset once, or put its raw files there")
    return load(slug, {"direction": "stored"} if FACTS[slug][-1] else {})


@pytest.mark.parametrize("slug", FACTS)
def test_counts_and_homophily(slug):
    _, nodes, edges, features, classes, expected, directed = FACTS[slug]
    graph = had(slug)
    assert (graph.num_nodes, graph.num_stored_edges, graph.num_features, graph.num_classes) == (nodes, edges, features, classes)
    assert graph.directed == directed
    assert set(graph.labels.tolist()) == set(range(classes))
    assert edge_homophily(graph.edge_index, graph.labels) == pytest.approx(expected, abs=5e-5)
    tensors = from_numpy(graph.edge_index), from_numpy(graph.labels)
    for measure, method in ((edge_homophily, "edge"), (node_homophily, "node"), (class_homophily, "edge_insensitive")):
        assert measure(graph.edge_index, graph.labels) == pytest.approx(homophily(*tensors, method=method), abs=2e-5)


@pytest.mark.parametrize("slug", UNDIRECTED)
def test_filtered_graphs_undirected(slug):
    had(slug)
    graph = load(slug, {})
    assert (len(graph.undirected_edges), graph.num_stored_edges) == (UNDIRECTED[slug][0], 2 * UNDIRECTED[slug][0])
    assert edge_homophily(graph.edge_index, graph.labels) == pytest.approx(UNDIRECTED[slug][1], abs=5e-5)


@pytest.mark.parametrize("slug", FACTS)
def test_the_size_on_screen_is_true(slug):
    had(slug)
    graph = load(slug, {})
    assert dataset(slug).size == f"{graph.num_nodes:,} nodes, {len(graph.undirected_edges):,} edges"


@pytest.mark.parametrize("slug", FACTS)
def test_fixed_splits_are_disjoint_and_all_there(slug):
    graph = had(slug)
    assert tuple(graph.splits) == dataset(slug).splits
    for split in graph.splits.values():
        assert (split.train.astype(int) + split.validation + split.test).max() == 1
        assert min(split.train.sum(), split.validation.sum(), split.test.sum()) > 0


@pytest.mark.parametrize(("slug", "sizes"), [("cora", (140, 500, 1000)), ("citeseer", (120, 500, 1000))])
def test_the_public_split(slug, sizes):
    split = had(slug).splits["public"]
    assert (split.train.sum(), split.validation.sum(), split.test.sum()) == sizes


def test_what_the_cards_say_of_the_ten_citation_splits():
    covered = {
        slug: [int(sum((s.train, s.validation, s.test)).sum()) for s in had(slug).splits.values()][1:] for slug in ("cora", "citeseer")
    }
    assert covered["cora"] == [2485] * 10
    assert covered["citeseer"] == [3327] * 4 + [2120] * 2 + [3327] * 4


def test_homophily_of_cora_by_every_measure():
    graph = had("cora")
    given = graph.edge_index, graph.labels
    found = [measure(*given) for measure in (edge_homophily, node_homophily, class_homophily, adjusted_homophily)]
    assert found == pytest.approx([0.8100, 0.8252, 0.7657, 0.7711], abs=5e-5)


def test_citeseer_has_isolated_and_empty_nodes():
    graph = had("citeseer")
    empty = np.diff(graph.features.indptr) == 0
    assert card(graph, dataset("citeseer")).isolated_nodes == 48
    assert empty.sum() == 15
    assert (graph.labels[empty] == 0).all()


def test_cornell_is_mixed_up_with_texas_and_the_corrected_one_is_not():
    texas, cornell, corrected = had("texas"), had("cornell"), had("cornell_corrected")
    assert (cornell.labels == texas.labels).all()
    assert (cornell.features != texas.features).nnz == 0
    assert (corrected.features != texas.features).nnz > 0


@pytest.mark.parametrize(("slug", "twins", "leaking", "test_nodes"), [("chameleon", 1830, 305, 456), ("squirrel", 4134, 650, 1041)])
def test_duplicates_are_as_many_as_the_card_says(slug, twins, leaking, test_nodes):
    graph = had(slug)
    links = csr_matrix((np.ones(graph.num_stored_edges), tuple(graph.edge_index)), shape=(graph.num_nodes,) * 2)
    links.sort_indices()
    looks = [(tuple(row), label) for row, label in zip(np.split(links.indices, links.indptr[1:-1]), graph.labels.tolist(), strict=True)]
    split = graph.splits["0"]
    trained = {looks[node] for node in np.flatnonzero(split.train)}
    assert sum(count for count in Counter(looks).values() if count > 1) == twins
    assert sum(looks[node] in trained for node in np.flatnonzero(split.test)) == leaking
    assert split.test.sum() == test_nodes
    assert f"{twins:,} of the nodes" in dataset(slug).flaws[0]
    assert f"{leaking} of split 0's {test_nodes:,} test nodes" in dataset(slug).flaws[0]


@pytest.mark.parametrize("slug", ["cora", "texas", "actor", "chameleon", "cs", "photo"])
def test_features_are_sparse_where_that_pays(slug):
    graph = had(slug)
    share = card(graph, dataset(slug)).feature_density
    assert isinstance(graph.features, csr_matrix) == (share < 0.2)
    assert graph.features.dtype == np.float32


@pytest.mark.parametrize("slug", ["cora", "photo", "texas"])
def test_rows_sum_to_one_unless_raw(slug):
    had(slug)
    sums = np.asarray(load(slug, {}).features.sum(axis=1)).ravel()
    assert np.isclose(sums, 1, atol=1e-5).sum() + (sums == 0).sum() == len(sums)
    assert set(
        np.unique(
            load(slug, {"features": "raw"}).features[:50].toarray() if slug != "photo" else load(slug, {"features": "raw"}).features[:50]
        )
    ) == {0, 1}
