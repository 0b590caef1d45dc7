"""One symbol's market: ring, candles, buckets, quote, gaps and how alive it is. Told by Desk; knows no positions."""

from collections import deque
from dataclasses import replace
from decimal import Decimal

from app.core.candles import Series
from app.core.flow import Flow
from app.core.ring import Ring
from app.core.signals import Rules
from app.core.snapshot import GapMark, SeriesView, SymbolView
from feeds.events import INTERVAL_MS, Gap, History, Instrument, Quote, StreamStatus, Tick, VenueBars

GAPS_KEPT = 50
OFFSET_WINDOW_NS = 30_000_000_000


class Market:
    """Mutable; lives under the lock. `view` copies references only."""

    def __init__(self, symbol: str, ring_size: int, kind: str):
        self.symbol = symbol
        self.instrument: Instrument | None = None
        self.ring = Ring(ring_size)
        self.quote: Quote | None = None
        self.outrun_ns: int | None = None
        self.subscribed_ns = 0
        self.duplicates = 0
        self.history_problem = ""
        self._silent: dict[str, str] = {}
        self._kind = kind
        self._flow = Flow()
        self._series = {interval: Series(step) for interval, step in INTERVAL_MS.items()}
        self._series_view: dict[str, SeriesView] | None = None
        self._rules = Rules(symbol)
        self._session_open: Decimal | None = None
        self._gaps: deque[GapMark] = deque(maxlen=GAPS_KEPT)
        self._seq: int | None = None
        self._down_reason = ""
        self._history_source = ""
        self._offsets: deque[list[int]] = deque(maxlen=2)
        self._least_delay_ms: float | None = None
        self._quote_lost: Quote | None = None
        self._seam_ms = 0

    @property
    def differences(self) -> int:
        """Bars of the venue that differed from ours although ours were meant to be whole."""
        return sum(series.differences for series in self._series.values())

    @property
    def last_market_ns(self) -> int | None:
        """When a tick or quote last came, on the receiver's clock."""
        tick, quote = self.ring.last, self.quote
        if tick is None or quote is None:
            return tick.ts_recv_ns if tick else quote.ts_recv_ns if quote else None
        return max(tick.ts_recv_ns, quote.ts_recv_ns)

    @property
    def silence(self) -> str:
        """Which streams of this symbol have not spoken yet, in words; empty when all did."""
        return "; ".join(self._silent.values())

    def quote_is_current(self, budget_ms: int) -> bool:
        """There is a quote of this connection, and the prints have not left it behind by more than the symbol's budget."""
        quote, last = self.quote, self.ring.last
        if quote is None or quote is self._quote_lost:
            return False
        return last is None or last.ts_recv_ns - quote.ts_recv_ns <= budget_ms * 1_000_000

    def take_quote(self, quote: Quote) -> None:
        """The new best quote. `outrun_ns`: since when it has left the last print behind without another."""
        self.quote = quote
        last = self.ring.last
        if last is None or quote.bid <= last.price <= quote.ask:
            self.outrun_ns = None
        elif self.outrun_ns is None:
            self.outrun_ns = quote.ts_recv_ns

    def line_lost(self, reason: str) -> None:
        """The connection went: the next tick closes a gap, whether or not ids skip."""
        self._down_reason = reason
        self._quote_lost = self.quote

    def hear(self, status: StreamStatus) -> None:
        """A stream is silent, or has spoken at last."""
        self._silent.pop(status.stream, None)
        if status.reason:
            self._silent[status.stream] = status.reason

    def subscribe_anew(self, now_ns: int) -> None:
        """The connection is being made: neither silence nor waiting on the one before says anything of it."""
        self.subscribed_ns = now_ns
        self._silent.clear()

    def clock_set_back(self, now_ns: int) -> None:
        """What is stamped later than now came before the receiver's clock was set back: it counts as received now."""
        self.subscribed_ns = min(self.subscribed_ns, now_ns)
        self.outrun_ns = None
        self._offsets.clear()
        self._least_delay_ms = None
        self.ring.clock_set_back(now_ns)
        quote = self.quote
        if quote is not None and quote.ts_recv_ns > now_ns:
            self.quote = replace(quote, ts_recv_ns=now_ns)
            self._quote_lost = self.quote if self._quote_lost is quote else self._quote_lost

    def add(self, tick: Tick) -> Gap | None:
        """Takes a tick in; a hole before it comes back as `Gap`. A tick seen before is counted and left out."""
        gap = None
        if tick.seq is not None:
            if self._seq is not None and tick.seq <= self._seq and not self._numbered_anew(tick):
                self.duplicates += 1
                return None
            skipped = max(0, tick.seq - self._seq - 1) if self._seq is not None else 0
            self._seq = tick.seq
        else:
            skipped = 0
        last = self.ring.last
        if last is not None and (skipped or self._down_reason):
            lost = skipped if tick.seq is not None else None
            gap = Gap(self.symbol, last.ts_event_ns, tick.ts_event_ns, lost, self._down_reason or "ids skipped")
            self.note(gap)
        self._down_reason = ""
        ts_ms = tick.ts_event_ns // 1_000_000
        self.ring.append(tick)
        self.outrun_ns = None
        self._flow.add(tick)
        price, size = tick.price, tick.size
        if ts_ms >= self._seam_ms:  # history holds everything before its seam
            self._series_view = None
            for series in self._series.values():
                series.add(ts_ms, price, size)
        if self._session_open is None:
            self._session_open = price
        self._note_offset(tick)
        self._rules.on_tick(tick, self.ring.n)
        return gap

    def _numbered_anew(self, tick: Tick) -> bool:
        """After a lost connection, a newer print with a lower number: the venue counts from a new start."""
        last = self.ring.last
        return bool(self._down_reason) and last is not None and tick.ts_event_ns > last.ts_event_ns

    def note(self, gap: Gap) -> None:
        """A hole, marked before the next tick; bars across it are incomplete."""
        self._gaps.append(GapMark(self.ring.n + 1, gap))
        self._rules.on_gap(gap)
        self._series_view = None
        for series in self._series.values():
            series.interrupt(gap.to_ns // 1_000_000)

    def seed(self, history: History) -> None:
        """Joins history and our own seconds at the seam (see `feeds.events.History`)."""
        seconds = self._series["1s"].bars()
        self._seam_ms = history.seam_ms
        self._series_view = None
        for interval, bars in history.series.items():
            self._series[interval].seed(bars, history.seam_ms, seconds)
        self._history_source = history.source
        self.history_problem = ""

    def correct(self, bars: VenueBars) -> None:
        self._series_view = None
        for candle in bars.candles:
            self._series[bars.interval].correct(candle)

    def view(self, now_ns: int, state: str, source: str, reason: str, budget_ms: int) -> SymbolView:
        last, quote = self.ring.last, self.quote
        if self._series_view is None:  # the same bars until there is a print
            self._series_view = {interval: series.view() for interval, series in self._series.items()}
        return SymbolView(
            symbol=self.symbol,
            instrument=self.instrument,
            n=self.ring.n,
            ticks=self.ring.ticks(),
            quote=quote,
            session_open=self._session_open,
            buckets=self._flow.closed(),
            open_bucket=self._flow.open(),
            series=self._series_view,
            history_source=self._history_source,
            history_problem=self.history_problem,
            gaps=tuple(self._gaps),
            signals=self._rules.signals,
            scores=self._rules.scores(),
            state=state,
            source=source,
            quote_source=self._quote_source(now_ns, source, budget_ms),
            reason=reason,
            tick_age_ms=None if last is None else max(0, now_ns - last.ts_recv_ns) // 1_000_000,
            quote_age_ms=None if quote is None else max(0, now_ns - quote.ts_recv_ns) // 1_000_000,
            ticks_per_s=self.ring.per_second(now_ns),
            clock_offset_ms=None if self._kind == "replay" else self._least_delay_ms,
            least_delay_ms=self._least_delay_ms,
        )

    def _quote_source(self, now_ns: int, source: str, budget_ms: int) -> str:
        """That of the symbol, but: a quote may be stale while prints come, and live while prints stand still."""
        if source and not self.quote_is_current(budget_ms):
            return "stale"
        outrun = source == "stale" and self.outrun_ns is not None and self.quote is not None
        if outrun and self.quote is not None and now_ns - self.quote.ts_recv_ns <= budget_ms * 1_000_000:
            return "replay" if self._kind == "replay" else "stream"
        return source

    def _note_offset(self, tick: Tick) -> None:
        """Minimum-delay filter: the least (receive − event) of the last 30 to 60 s is clock offset plus least transit."""
        delay = tick.ts_recv_ns - tick.ts_event_ns
        window = tick.ts_recv_ns // OFFSET_WINDOW_NS
        if not self._offsets or self._offsets[-1][0] != window:
            self._offsets.append([window, delay])
            if self._offsets[0][0] < window - 1:
                self._offsets.popleft()  # from before a quiet stretch
        elif delay < self._offsets[-1][1]:
            self._offsets[-1][1] = delay
        else:
            return
        self._least_delay_ms = min(least for _, least in self._offsets) / 1e6
