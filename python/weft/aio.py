"""Async feature functions: they run on one event loop in a thread of its own, so that many can wait at once while the run goes on with
what does not need them."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def _forget() -> None:
    global _loop, _lock
    _loop, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)


def loop() -> asyncio.AbstractEventLoop:
    """The loop on which async features run; made when the first one does."""
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="weft async features", daemon=True).start()
        return _loop


def started(function: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., concurrent.futures.Future[Any]]:
    """The function, begun on the loop: what it gives is a future."""

    @functools.wraps(function)
    def start(*values: Any, **named: Any) -> concurrent.futures.Future[Any]:
        return asyncio.run_coroutine_threadsafe(function(*values, **named), loop())

    return start


def wait(future: concurrent.futures.Future[Any], seconds: float) -> bool:
    """Waits so long at most; is it done?"""
    return future.done() or bool(concurrent.futures.wait([future], timeout=seconds).done)
