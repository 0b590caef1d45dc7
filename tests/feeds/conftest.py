"""A local venue, and live feeds on it that are stopped at the end of their test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from feeds.adapter import Adapter
from feeds.runner import LiveFeed
from tests.feeds.listening import SYMBOLS, Listener, quick
from tests.servers.binance import LocalBinance

Begin = Callable[..., tuple[Listener, LiveFeed]]


@pytest.fixture
def venue() -> Iterator[LocalBinance]:
    with LocalBinance(rate=200, other_rate=100, quote_rate=50) as running:
        yield running


@pytest.fixture
def begin(venue: LocalBinance) -> Iterator[Begin]:
    """Starts a feed on the local venue; stopped at the end of the test."""
    with ExitStack() as stack:

        def begin(adapter: Adapter | None = None, ws_url: str | None = None, delivers: bool = True) -> tuple[Listener, LiveFeed]:
            chosen = adapter or quick("binance")
            listener = stack.enter_context(Listener(chosen))
            feed = LiveFeed(chosen, SYMBOLS, listener.lane, ws_url or venue.ws_url, venue.rest_url)
            stack.callback(feed.stop)
            feed.start()
            if delivers:
                listener.wait(lambda: feed.delivered.is_set() and listener.ticks())
            return listener, feed

        yield begin
