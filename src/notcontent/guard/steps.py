"""Steps that run in a thread and are never left half way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def run_to_its_end(step: Callable[Arguments, Result], *args: Arguments.args, **named: Arguments.kwargs) -> Result:
    """Run a step in a thread, to its end also when the guard is being stopped: nothing is closed under its hands."""
    running = asyncio.ensure_future(asyncio.to_thread(step, *args, **named))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
