"""Synthetic pictures from integers only, so that every language draws the same pixels (vectors/README.md)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GRID = 9


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a picture of the vectors is drawn from. `contrast` 256 leaves it as it is, 0 makes it flat grey."""

    name: str
    seed: int
    width: int
    height: int
    pattern: str = "grid"
    contrast: int = 256


def draw(recipe: Recipe) -> NDArray[np.uint8]:
    """The picture as height × width × 3 bytes, by the formula in vectors/README.md."""
    state = recipe.seed
    draws = []
    for _ in range(3 * GRID * GRID):
        state = (state * 1664525 + 1013904223) % 2**32
        draws.append(state >> 24)
    if recipe.pattern == "flat":
        picture = np.empty((recipe.height, recipe.width, 3), np.uint8)
        picture[:] = draws[:3]
        return picture
    grid = np.array(draws, np.int64).reshape(3, GRID, GRID)
    x = np.arange(recipe.width, dtype=np.int64)[None, :]
    y = np.arange(recipe.height, dtype=np.int64)[:, None]
    u, v = (x * 2048) // recipe.width, (y * 2048) // recipe.height
    gx, fx, gy, fy = u >> 8, u & 255, v >> 8, v & 255
    texture = ((3 * x * x + 5 * y * y + 7 * x * y + recipe.seed) & 15) - 8
    picture = np.empty((recipe.height, recipe.width, 3), np.uint8)
    for channel in range(3):
        g = grid[channel]
        above = g[gy, gx] * (256 - fx) + g[gy, gx + 1] * fx
        below = g[gy + 1, gx] * (256 - fx) + g[gy + 1, gx + 1] * fx
        value = np.clip(((above * (256 - fy) + below * fy) >> 16) + texture, 0, 255)
        picture[..., channel] = 128 + (((value - 128) * recipe.contrast) >> 8)
    return picture


def turn_pixels(pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The picture turned into its eight orientations, in the order of `notcontent.fingerprint.orientations`."""
    turned = [
        pixels,
        np.rot90(pixels, 1),
        np.rot90(pixels, 2),
        np.rot90(pixels, 3),
        pixels[::-1],
        pixels[:, ::-1],
        pixels.swapaxes(0, 1),
        np.rot90(pixels, 2).swapaxes(0, 1),
    ]
    return [np.ascontiguousarray(one) for one in turned]
