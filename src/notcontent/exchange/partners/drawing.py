"""Drawn pictures with the statistics of photographs, for canaries. Never shown, never kept. Pure but for its dice.

Overlapping shapes whose sizes follow a power law ("dead leaves": A. B. Lee, D. Mumford and J. Huang, Occlusion models
for natural images, International Journal of Computer Vision 41, 2001) have edges, areas and a spectrum as photographs
do; noise with a falling spectrum gives the areas their grain.
"""

from __future__ import annotations

import secrets

import numpy as np
from numpy.typing import NDArray

_HEIGHTS, _WIDTHS = (192, 240, 256), (192, 240, 256, 320)
_LEAVES = 220
_LEAST_RADIUS, _MOST_RADIUS = 0.015, 0.45


def draw_picture() -> NDArray[np.uint8]:
    """A grey picture (height × width) that nobody can draw again: 256 bits from the system decide all of it."""
    dice = np.random.default_rng(secrets.randbits(256))
    height, width = int(dice.choice(_HEIGHTS)), int(dice.choice(_WIDTHS))
    picture = _fading_noise(dice, height, width) * 30 + 128
    # Small ones lie below large ones as often as above: radii with a density of r^-3 between the two limits.
    shares = dice.random(_LEAVES)
    radii = 1 / np.sqrt(1 / _MOST_RADIUS**2 + shares * (1 / _LEAST_RADIUS**2 - 1 / _MOST_RADIUS**2))
    for radius in radii * min(height, width):
        _lay_leaf(dice, picture, float(radius))
    picture += _fading_noise(dice, height, width) * dice.uniform(4, 14)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _lay_leaf(dice: np.random.Generator, picture: NDArray[np.float64], radius: float) -> None:
    """One shaded ellipse over what is there."""
    middle_row, middle_column = dice.uniform(0, picture.shape[0]), dice.uniform(0, picture.shape[1])
    top, left = max(0, int(middle_row - radius)), max(0, int(middle_column - radius))
    part = picture[top : int(middle_row + radius) + 1, left : int(middle_column + radius) + 1]
    flat, turn = dice.uniform(0.35, 1.0), dice.uniform(0, np.pi)
    down = np.arange(part.shape[0])[:, None] + top - middle_row
    across = np.arange(part.shape[1])[None, :] + left - middle_column
    along, aside = down * np.cos(turn) + across * np.sin(turn), across * np.cos(turn) - down * np.sin(turn)
    inside = along**2 + (aside / flat) ** 2 < radius**2
    light, slope = dice.uniform(10, 245), dice.uniform(-24, 24)
    part[inside] = (light + slope * along / radius + dice.normal(0, 1.5))[inside]


def _fading_noise(dice: np.random.Generator, height: int, width: int) -> NDArray[np.float64]:
    """Noise whose amplitude falls with frequency, mean 0, standard deviation 1."""
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    frequency = np.hypot(down, across)
    frequency[0, 0] = 1.0
    amplitude = frequency ** -dice.uniform(0.9, 1.4)
    amplitude[0, 0] = 0.0
    phases = np.exp(2j * np.pi * dice.random(amplitude.shape))
    noise = np.fft.irfft2(amplitude * phases, s=(height, width))
    return noise / noise.std()
