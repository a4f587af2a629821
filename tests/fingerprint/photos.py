"""Benign photographs that come with scikit-image and scikit-learn."""

from __future__ import annotations

from functools import cache

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_image


@cache
def photos() -> dict[str, NDArray[np.uint8]]:
    """Name -> RGB or grey bytes."""
    found = {
        name: getattr(skimage.data, name)() for name in ("astronaut", "chelsea", "coffee", "rocket", "camera", "moon")
    }
    for name in ("china", "flower"):
        found[name] = load_sample_image(f"{name}.jpg")
    found["page"] = skimage.data.page()
    return found


def resized(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The photograph at another size."""
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))
