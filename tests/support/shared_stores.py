"""What processes do that were started by multiprocessing: they import this module, or inherit it."""

from __future__ import annotations

import asyncio
from typing import Any

from .every_operation import use_every_operation, use_every_operation_async

STORES: dict[str, Any] = {}  # what a parent leaves to children that it forks


def use(store: Any, prefix: str) -> str:  # noqa: ANN401
    use_every_operation(store, f"{prefix}/blocking")
    asyncio.run(use_every_operation_async(store, f"{prefix}/async"))
    return prefix


def use_inherited(name: str, prefix: str) -> str:
    return use(STORES[name], prefix)
