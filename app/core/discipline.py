"""The lock that a trader puts on himself: a day's loss, orders in ten minutes, losses in a row. Pure; told the time.

Days are UTC days of event time. A day's loss is what the balance lost since the day began plus what open positions lose now; an
open profit counts for nothing. Looked at four times a second and before every order, never per tick.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Any

from app.core.account import Account
from app.core.margin import EXACT
from app.core.model import Fill, Refused
from app.core.orders import Order
from app.core.ruling import Discipline, Override, RiskLimits, Ruling, SetLimits

ZERO = Decimal(0)
SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
DAY_NS = 1440 * MINUTE_NS
WINDOW_NS = 10 * MINUTE_NS
EFFECT_NS = 15 * MINUTE_NS
KEPT = 50
LEAST_REASON = 10
WARN_PERCENT = (90, 75)
PASSES = "reduce-only orders, cancel and flatten pass"

OpenLoss = Callable[[], Decimal]
"""What the open positions lose at their marks together, zero or below; one that has no mark counts for nothing."""


class Warden:
    """Mutable; lives in Dealing. Begins with the account's fills and the rulings that were stored."""

    def __init__(self, account: Account, fills: Iterable[Fill] = (), rulings: Iterable[Ruling] = ()):
        self._account = account
        self.recent = tuple(rulings)[-KEPT:]
        self.ruling = self.recent[-1] if self.recent else Ruling()
        self._trips: dict[str, tuple[Decimal, Decimal]] = {}
        self._counted = self._lost_ns = 0
        self._streak = max(0, -self.ruling.counted_from)
        for fill in fills:
            self._count(fill)
        self._show()

    def judge(self, now_ns: int, open_loss: OpenLoss) -> list[Order | Ruling]:
        """What time and fills changed: a new day, an override that holds now, a lock that ends or begins."""
        for fill in self._account.ledger.recent if self._account.ledger.count > self._counted else ():
            if fill.fill_id > self._counted:
                self._count(fill)
        before, steps = self.ruling, list[Order | Ruling]()
        if now_ns // DAY_NS > before.day:
            self._begin_day(now_ns, open_loss, steps)
        if self.ruling.pending and now_ns >= self.ruling.effect_ns:
            self._take_effect(now_ns, open_loss, steps)
        if self.ruling.lock and now_ns >= self.ruling.until_ns:
            self._rule(steps, now_ns, "the lock has ended", **FREE, **self._no_override())
        if self.ruling.limits != OFF:
            self._lock(now_ns, open_loss, steps)
        return steps

    def obey(self, command: SetLimits | Override, now_ns: int) -> list[Ruling | Refused]:
        """Limits that get stricter hold at once; an override, or limits that get looser, after a quarter of an hour."""
        steps, reason, ruling = list[Any](), " ".join(command.reason.split()), self.ruling
        looser = isinstance(command, SetLimits) and command.limits.looser_than(ruling.limits)
        if isinstance(command, Override) and not ruling.lock:
            return [Refused("", "unlocked", "there is no lock that an override would end", now_ns)]
        if (looser or isinstance(command, Override)) and len(reason) < LEAST_REASON:
            what = "an override" if isinstance(command, Override) else "a looser limit"
            return [Refused("", "reason", f"{what} needs a typed reason of at least {LEAST_REASON} letters", now_ns)]
        if isinstance(command, Override) and ruling.pending == "override":
            return [Refused("", "pending", f"an override was asked for already: it holds {at(ruling.effect_ns, now_ns)}", now_ns)]
        pending = {"reason": reason, "effect_ns": now_ns + EFFECT_NS}
        if isinstance(command, Override):
            what = f"override asked: {reason}; it holds {at(now_ns + EFFECT_NS, now_ns)}"
            self._rule(steps, now_ns, what, pending="override", next=RiskLimits(), **pending)
        elif looser:
            what = f"looser limits asked ({worded(command.limits)}): {reason}; they hold {at(now_ns + EFFECT_NS, now_ns)}"
            self._rule(steps, now_ns, what, pending="limits", next=command.limits, **pending)
        else:
            still = {} if ruling.pending == "override" else NOTHING_PENDING
            self._rule(steps, now_ns, f"limits: {worded(command.limits)}", limits=command.limits, **still)
        return steps

    def carry(self, limits: RiskLimits, now_ns: int) -> list[Ruling]:
        """A new account of the same trader begins with his limits."""
        steps: list[Any] = []
        if limits != OFF:
            self._rule(steps, now_ns, f"limits: {worded(limits)}", limits=limits)
        return steps

    def go_on(self, warden: "Warden", now_ns: int, open_loss: OpenLoss) -> list[Ruling]:
        """As `carry`, and what is on its way, what the day lost and losses in a row go on."""
        steps, before, base = list[Any](), warden.ruling, EXACT.add(self._account.ledger.balance, warden._lost(open_loss))
        self._streak, self._lost_ns = warden._streak, warden._lost_ns
        self.ruling = replace(self.ruling, day=before.day, base=base)
        if before.limits != OFF:
            kept = {name: getattr(before, name) for name in ("limits", "pending", "reason", "effect_ns", "next")}
            what = f"account begun anew, limits: {worded(before.limits)}"
            self._rule(steps, now_ns, what, counted_from=-self._streak, **kept)
        return steps

    def locked(self, now_ns: int) -> tuple[str, int]:
        """(why nothing that opens risk is taken, until when); empty and 0 when it is."""
        ruling = self.ruling
        if ruling.lock:
            return f"{ruling.why}, locked {until(ruling.until_ns, now_ns)}", ruling.until_ns
        placed = self._placed(now_ns) if ruling.limits.orders else []
        if placed and len(placed) >= ruling.limits.orders:
            free_ns = placed[ruling.limits.orders - 1] + WINDOW_NS
            return f"{ruling.limits.orders} orders in 10 minutes, locked {until(free_ns, now_ns)}", free_ns
        return "", 0

    def view(self, now_ns: int, open_loss: OpenLoss) -> Discipline:
        words, until_ns = self.locked(now_ns)
        lost = ZERO if self.ruling.limits.day_loss is None else self._lost(open_loss)
        orders = len(self._placed(now_ns)) if self.ruling.limits.orders else 0
        return Discipline(lost, orders, self._streak, words, until_ns, warnings(self.ruling.limits, lost, orders, self._streak))

    def _begin_day(self, now_ns: int, open_loss: OpenLoss, steps: list[Any]) -> None:
        """What the day's fills before this start lost counts."""
        day, ledger = now_ns // DAY_NS, self._account.ledger
        with localcontext(EXACT):
            today = [fill.realized_pnl - fill.fee for fill in ledger.recent if fill.ts_ns // DAY_NS == day]
            base = ledger.balance - sum(today, ZERO) if today else ledger.balance + open_loss()
        if self.ruling.limits == OFF:
            self.ruling = replace(self.ruling, day=day, base=base)  # nobody asks for it: not worth a row a day
            return
        free = FREE | self._no_override() if self.ruling.lock == "loss" else {}
        self._rule(steps, now_ns, "a new UTC day", day=day, base=base, **free)

    def _take_effect(self, now_ns: int, open_loss: OpenLoss, steps: list[Any]) -> None:
        """An override ends the lock, and what led to it counts no more; looser limits end a lock that they would not make."""
        before = self.ruling
        if before.pending == "override":
            base = EXACT.add(self._account.ledger.balance, open_loss())
            self._streak = 0
            what = f"override: {before.reason}"
            self._rule(steps, now_ns, what, base=base, counted_from=self._counted, **FREE, **NOTHING_PENDING)
            return
        after = before.next
        kept = {"loss": ("day_loss",), "losses": ("losses", "pause_ns")}.get(before.lock, ())
        free = FREE if any(getattr(after, name) != getattr(before.limits, name) for name in kept) else {}
        self._rule(steps, now_ns, f"limits: {worded(after)}: {before.reason}", limits=after, **free, **NOTHING_PENDING)

    def _lock(self, now_ns: int, open_loss: OpenLoss, steps: list[Any]) -> None:
        """What opens risk and still works is cancelled with it."""
        limits = self.ruling.limits
        if self.ruling.lock == "loss":
            return
        if limits.losses and self._streak >= limits.losses:
            why, until_ns = in_a_row(self._streak), self._lost_ns + limits.pause_ns
            self._streak, anew = 0, {"counted_from": self._counted}
            if until_ns > now_ns:
                self._begin_lock("losses", why, max(until_ns, self.ruling.until_ns), now_ns, steps, **anew)
            else:
                self._rule(steps, now_ns, f"{why}, the pause is over", **anew)
        if limits.day_loss is not None and (lost := self._lost(open_loss)) >= limits.day_loss:
            why = f"daily loss limit: {lost:,.2f} lost of {limits.day_loss:,.2f}"
            self._begin_lock("loss", why, max(self.ruling.until_ns, (self.ruling.day + 1) * DAY_NS), now_ns, steps)

    def _begin_lock(self, lock: str, why: str, until_ns: int, now_ns: int, steps: list[Any], **more: Any) -> None:
        self._rule(steps, now_ns, f"locked: {why}", lock=lock, why=why, until_ns=until_ns, **more)
        for order in self._account.blotter.working():
            if not (order.closing or order.asked.reduce_only):
                steps += self._account.blotter.cancel(order.order_id, f"locked: {why}")

    def _rule(self, steps: list[Any], now_ns: int, what: str, **changes: Any) -> None:
        number = self.ruling.number + 1
        self.ruling = replace(self.ruling, number=number, ts_ns=now_ns, what=what, **changes)
        self.recent = (*self.recent, self.ruling)[-KEPT:]
        steps.append(self.ruling)
        self._show()

    def _show(self) -> None:
        self._account.watched(rulings=self.recent)

    def _no_override(self) -> dict[str, Any]:
        return NOTHING_PENDING if self.ruling.pending == "override" else {}

    def _count(self, fill: Fill) -> None:
        """A round trip ends when its position is flat or turns: a loss where its fills brought less than their fees."""
        with localcontext(EXACT):
            held, made = self._trips.pop(fill.symbol, (ZERO, ZERO))
            after, made = held + fill.side * fill.quantity, made + fill.realized_pnl - fill.fee
        if held and (not after or (after > 0) != (held > 0)):
            if fill.fill_id > self.ruling.counted_from:
                self._streak = self._streak + 1 if made < 0 else 0
                self._lost_ns = fill.ts_ns
            made = ZERO
        if after:
            self._trips[fill.symbol] = (after, made)
        self._counted = fill.fill_id

    def _lost(self, open_loss: OpenLoss) -> Decimal:
        with localcontext(EXACT):
            return self.ruling.base - self._account.ledger.balance - open_loss()

    def _placed(self, now_ns: int) -> list[int]:
        """When the orders of the last ten minutes came that could open risk, newest first."""
        return [
            order.asked.ts_ns
            for order in self._account.blotter.newest(now_ns - WINDOW_NS)
            if order.state != "rejected" and not (order.closing or order.asked.reduce_only)
        ]


OFF = RiskLimits()
FREE: dict[str, Any] = {"lock": "", "why": "", "until_ns": 0}
NOTHING_PENDING: dict[str, Any] = {"pending": "", "reason": "", "effect_ns": 0, "next": OFF}


def warnings(limits: RiskLimits, lost: Decimal, orders: int, streak: int) -> tuple[str, ...]:
    """Which limits are used to 75 or 90 %, in words."""
    used = []
    if limits.day_loss is not None:
        used.append((lost, limits.day_loss, f"of the daily loss limit of {limits.day_loss:,.2f} is lost"))
    if limits.orders:
        used.append((Decimal(orders), Decimal(limits.orders), f"of the {limits.orders} orders in 10 minutes are used"))
    if limits.losses:
        used.append((Decimal(streak), Decimal(limits.losses), f"of {in_a_row(limits.losses)} have happened"))
    said = []
    for value, most, words in used:
        percent = next((one for one in WARN_PERCENT if value * 100 >= most * one), 0)
        said += [f"{percent} % {words}"] if percent and value < most else []
    return tuple(said)


def worded(limits: RiskLimits) -> str:
    """The limits as a line of words."""
    parts = [f"daily loss {limits.day_loss:,.2f}"] if limits.day_loss is not None else []
    parts += [f"{limits.orders} orders in 10 minutes"] if limits.orders else []
    parts += [f"{in_a_row(limits.losses)}, then {limits.pause_ns // MINUTE_NS} min"] if limits.losses else []
    return " · ".join(parts) or "off"


def in_a_row(losses: int) -> str:
    return f"{losses} loss{'' if losses == 1 else 'es'} in a row"


def until(ts_ns: int, now_ns: int) -> str:
    """'until 00:00:00 UTC (5 min 12 s)'."""
    return f"until {clock(ts_ns)} UTC ({span(ts_ns - now_ns)})"


def at(ts_ns: int, now_ns: int) -> str:
    return f"at {clock(ts_ns)} UTC (in {span(ts_ns - now_ns)})"


def clock(ts_ns: int) -> str:
    second = ts_ns // SECOND_NS % 86_400
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def span(ns: int) -> str:
    seconds = max(0, -(-ns // SECOND_NS))
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds // 60 % 60} min"
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"
