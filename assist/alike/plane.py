"""Vectors laid on a plane, so that what is alike lies together. The same vectors always lie the same. No Django.

Their main axes first (PCA), whose signs are set so that nothing flips between two runs; and where there are enough of
them, neighbours are then kept together (van der Maaten and Hinton, "Visualizing Data using t-SNE", 2008), begun from
the two main axes, which keeps what is far apart on the whole far apart (Kobak and Berens, "The art of using t-SNE for
single-cell transcriptomics", 2019). What lies near on such a plane is alike; how large a gap is tells nothing.
"""

import numpy as np

AXES = 30  # that neighbours are looked for along
ENOUGH = 60  # points; fewer lie by their main axes
PERPLEXITY = 20.0  # about as many neighbours are heeded
STEPS = 500
SIDE = 1000.0  # of the plane


def laid(rows: np.ndarray) -> tuple[np.ndarray, bool]:
    """Places of these vectors, [n, 2] from 0 to SIDE, and whether neighbours were kept together."""
    if not len(rows):
        return np.zeros((0, 2)), False
    axes = _main_axes(np.asarray(rows, np.float64))
    enough = len(rows) >= ENOUGH and bool(axes[:, 0].std() > 0)
    return _to_sides(_neighbours(axes) if enough else axes[:, :2]), enough


def _main_axes(rows: np.ndarray) -> np.ndarray:
    """Along at most AXES main axes, at least two."""
    centred = rows - rows.mean(0)
    left, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    found = left[:, :AXES] * lengths[:AXES]
    largest = np.abs(found).argmax(0)
    found = found * np.where(found[largest, np.arange(found.shape[1])] < 0, -1.0, 1.0)
    return np.pad(found, ((0, 0), (0, max(0, 2 - found.shape[1]))))


def _neighbours(axes: np.ndarray) -> np.ndarray:
    from sklearn.manifold import TSNE  # heavy, and pages that show what was laid never lay anything

    begun = (axes[:, :2] / axes[:, 0].std() * 1e-4).astype(np.float32)
    method = TSNE(2, perplexity=PERPLEXITY, init=begun, learning_rate="auto", max_iter=STEPS, random_state=0, n_jobs=1)
    return np.asarray(method.fit_transform(axes.astype(np.float32)), np.float64)


def _to_sides(places: np.ndarray) -> np.ndarray:
    """Stretched to the sides, both ways alike, in the middle where one way is shorter."""
    low, high = places.min(0), places.max(0)
    widest = float((high - low).max())
    if widest <= 0:
        return np.full(places.shape, SIDE / 2)
    return (places - (low + high) / 2) / widest * SIDE + SIDE / 2
