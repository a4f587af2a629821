"""The compiled kernel where there is one."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

#: Set to "numpy" to search with NumPy although a kernel is there; used by tests and to compare the two.
SEARCH_VARIABLE = "NOTCONTENT_INDEX_SEARCH"


def _load() -> ModuleType | None:
    if os.environ.get(SEARCH_VARIABLE) == "numpy":
        return None
    try:
        return importlib.import_module("notcontent.index._kernel")
    except ImportError:
        # No compiler was found when this was installed.
        return None


KERNEL = _load()
