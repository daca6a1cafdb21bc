"""One thread for what must stay in one thread: the store, or the grader."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


class Worker(Generic[_T]):
    """Owns a thing and the only thread that touches it; what is asked of it is done in order."""

    def __init__(self, name: str, make: Callable[[], _T]) -> None:
        """The thing is made in the thread, at its first use.

        Args:
            name: Name of the thread.
            make: Makes the thing.
        """
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._make = make
        self._thing: _T | None = None

    async def run(self, work: Callable[[_T], _R]) -> _R:
        """Have something done with the thing, without holding up the event loop."""
        return await asyncio.wrap_future(self.submit(work))

    def submit(self, work: Callable[[_T], _R]) -> "Future[_R]":
        """Have something done with the thing; the answer comes through the future."""
        return self._executor.submit(lambda: work(self._get()))

    def close(self, end: Callable[[_T], None] | None = None) -> None:
        """Finish what was asked, let the thing go, end the thread."""
        if end is not None:
            self._executor.submit(self._end, end).result()
        self._executor.shutdown(wait=True)

    def _get(self) -> _T:
        if self._thing is None:
            self._thing = self._make()
        return self._thing

    def _end(self, end: Callable[[_T], None]) -> None:
        if self._thing is not None:
            end(self._thing)
            self._thing = None
