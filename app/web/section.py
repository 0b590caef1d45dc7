"""One piece of a frame, encoded once for all pages that need the same."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Section:
    """`mark`: what a page holds of the section after applying `text`; never changes once made. `text` empty: it holds all of it
    already, and only what that follows from is another.
    """

    text: bytes
    mark: object


@dataclass(frozen=True, slots=True)
class Held:
    """It changed, and waits for its slot: not before `until_ms` on the flush's clock."""

    until_ms: float


def encoded(content: Mapping[str, object], mark: object) -> Section:
    return Section(orjson.dumps(content), mark)
