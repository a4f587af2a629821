"""How likely it is that a place shares so much with a closed one by accident. Pure.

Null model: the entries that a place gets are drawn from all that is met, each as often as it is met anywhere. So the
expected number of meetings of an entry with a place is their shares multiplied (the configuration model of a bipartite
graph: Chung and Lu, 2002), and two big places are not joined by fame alone. The tail is Chernoff's bound (1952) on the
weighted sum, which holds at every point: an upper bound of the chance, never an estimate that could be too small.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_STEPS = 60
_STEEPEST = 60.0


def meeting_probabilities(met: NDArray[np.float64], activity: int, rows: int, kinship: float) -> NDArray[np.float64]:
    """How likely a place with this activity gets each entry: shares multiplied, times kinship, at most 1."""
    return np.minimum(1.0, kinship * activity * met / max(1, rows))


def rarity(met: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
    """What an entry weighs: the natural logarithm of one over its share of all that is met. Above 0."""
    return np.log1p(rows / np.maximum(met, 1.0))


def log_tail(
    weights: NDArray[np.float64], chances: NDArray[np.float64], groups: NDArray[np.int64], total: float
) -> float:
    """The natural logarithm of an upper bound of P(sum >= total).

    The sum runs over groups: each adds the greatest weight among its entries that are met, or nothing. Entries of one
    group may depend on one another as they like: their chances are added, which bounds their union. Groups may not.
    """
    if total <= 0:
        return 0.0
    _, which = np.unique(groups, return_inverse=True)
    lowest, highest = 0.0, _STEEPEST / max(float(weights.max(initial=1.0)), 1.0)

    def bound(slope: float) -> float:
        grown = np.bincount(which, chances * np.expm1(slope * weights))
        return float(np.log1p(grown).sum()) - slope * total

    # The bound is convex in the slope, and every slope gives a true one: a golden section finds nearly the least.
    ratio = (math.sqrt(5) - 1) / 2
    left, right = highest - ratio * highest, ratio * highest
    at_left, at_right = bound(left), bound(right)
    for _ in range(_STEPS):
        if at_left < at_right:
            highest, right, at_right = right, left, at_left
            left = highest - ratio * (highest - lowest)
            at_left = bound(left)
        else:
            lowest, left, at_left = left, right, at_right
            right = lowest + ratio * (highest - lowest)
            at_right = bound(right)
    return min(0.0, at_left, at_right)
