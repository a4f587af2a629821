"""Drawn pictures with the statistics of photographs, for canaries. Never shown, never kept. Pure but for its dice.

Overlapping shapes whose sizes follow a power law ("dead leaves": A. B. Lee, D. Mumford and J. Huang, Occlusion models
for natural images, International Journal of Computer Vision 41, 2001) have edges, areas and a spectrum as photographs
do; noise with a falling spectrum gives the areas their grain.
"""

from __future__ import annotations

import secrets

import numpy as np
from numpy.typing import NDArray

_HEIGHTS, _WIDTHS = (256, 320, 384), (256, 320, 384, 448)
_LEAVES = 220
_LEAST_RADIUS, _MOST_RADIUS = 0.015, 0.45


def draw_picture() -> NDArray[np.uint8]:
    """A grey picture (height × width) that nobody can draw again: 256 bits from the system decide all of it."""
    dice = np.random.default_rng(secrets.randbits(256))
    height, width = int(dice.choice(_HEIGHTS)), int(dice.choice(_WIDTHS))
    picture = _fading_noise(dice, height, width) * 30 + 128
    rows, columns = np.ogrid[:height, :width]
    # Small ones lie below large ones as often as above: radii with a density of r^-3 between the two limits.
    shares = dice.random(_LEAVES)
    radii = 1 / np.sqrt(1 / _MOST_RADIUS**2 + shares * (1 / _LEAST_RADIUS**2 - 1 / _MOST_RADIUS**2))
    for radius in radii * min(height, width):
        flat, turn = dice.uniform(0.35, 1.0), dice.uniform(0, np.pi)
        down, across = rows - dice.uniform(0, height), columns - dice.uniform(0, width)
        along, aside = down * np.cos(turn) + across * np.sin(turn), across * np.cos(turn) - down * np.sin(turn)
        inside = along**2 + (aside / flat) ** 2 < radius**2
        light, slope = dice.uniform(10, 245), dice.uniform(-0.4, 0.4)
        shaded = light + slope * along / radius * 60 + dice.normal(0, 1.5)
        picture = np.where(inside, shaded, picture)
    picture += _fading_noise(dice, height, width) * dice.uniform(4, 14)
    return np.clip(picture, 0, 255).astype(np.uint8)


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
