"""The newest of a row that only grows. A window on it costs nothing to make, however long it is, and stays as it was."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar, overload

T = TypeVar("T")
ROOM = 600
"""So many more than asked for are kept before the oldest go: a copy is rare, and what is held stops growing soon."""


class Window(Sequence[T]):
    """A stretch of a list that is only ever appended to. Equal to any sequence of the same values."""

    __slots__ = ("_log", "_start", "_stop")

    def __init__(self, log: list[T], start: int, stop: int):
        self._log, self._start, self._stop = log, start, stop

    def __len__(self) -> int:
        return self._stop - self._start

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> list[T]: ...
    def __getitem__(self, at: int | slice) -> T | list[T]:
        if isinstance(at, slice):
            return [self._log[self._start + one] for one in range(*at.indices(len(self)))]
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        return self._log[at + (self._start if at >= 0 else self._stop)]

    def __iter__(self) -> Iterator[T]:
        return iter(self._log[self._start : self._stop])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and [*self] == [*other]

    __hash__ = None  # type: ignore[assignment]


class Kept(Generic[T]):
    """At least the newest `size`; windows show exactly so many."""

    def __init__(self, size: int, begun: Iterable[T] = ()):
        self._size = size
        self._log = list(begun)

    @property
    def last(self) -> T | None:
        return self._log[-1] if self._log else None

    def append(self, value: T) -> None:
        if len(self._log) >= self._size + ROOM:
            self._log = self._log[1 - self._size or len(self._log) :]  # the old list stays whole for the windows on it
        self._log.append(value)

    def window(self) -> Window[T]:
        """Oldest first."""
        return Window(self._log, max(0, len(self._log) - self._size), len(self._log))
