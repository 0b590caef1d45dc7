"""Alerts: rules looked at only where they can ring, at the edge only, one line for a burst, kept until they are seen. Pure.

Prices and spreads are looked at with each tick or quote of a symbol that has such a rule; everything else four times a second.
A rule that rang is armed again once its value has gone back by a margin, so a value that trembles at the level rings once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any

from app.core.account import Account
from app.core.alert import DEFAULTS, FIRST_OWN, UNITS, Alert, AlertRule, SeeAlerts, SetRule
from app.core.margin import EXACT, ROUNDED, distance_percent, liquidation_price
from app.core.model import Refused
from app.core.paper import liquidated, plain
from app.core.ruling import Discipline
from feeds.events import Quote, Tick

SECOND_NS = 1_000_000_000
BURST_NS = 5 * SECOND_NS
AGAIN_NS = 600 * SECOND_NS
KEPT = 100
MOST_RULES = 100
LONGEST_TEXT = 240
ALIVE = ("live", "replay")
BACK = {"price": Decimal("0.0002"), "spread": Decimal("0.1"), "liquidation": Decimal("0.1"), "drawdown": Decimal("0.1")}
"""How far a value must go back before its rule can ring again, as a part of the level."""
MARGIN_BACK = Decimal(2)
"""Of margin: percentage points."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the slow rules look at. `states`: (state, reason) by symbol; `marks` of the open positions' symbols.

    `utilisation` and `drawdown` in %; the first None while a position can not be valued.
    """

    now_ns: int
    utilisation: Decimal | None
    drawdown: Decimal
    discipline: Discipline
    states: Mapping[str, tuple[str, str]]
    marks: Mapping[str, Decimal | None]


class Bell:
    """Mutable; lives in Dealing. Begins with the rules and alerts that were stored."""

    def __init__(self, account: Account, rules: Iterable[AlertRule] = (), alerts: Iterable[Alert] = ()):
        self._account = account
        self._rules = {rule.rule_id: rule for rule in (*DEFAULTS, *rules)}
        self._alerts = {alert.alert_id: alert for alert in alerts}
        self._number = max(self._alerts, default=0)
        self._armed: dict[tuple[int, str], bool] = {}
        self._alive: dict[str, int] = {}
        self._said: dict[str, int] = {}
        self._filled = account.ledger.count
        self._changed()

    @property
    def own(self) -> tuple[AlertRule, ...]:
        """Rules that are not as they came: a new account of the same trader begins with them."""
        return tuple(rule for rule in self._rules.values() if rule not in DEFAULTS)

    def obey(self, command: SetRule | SeeAlerts) -> list[AlertRule | Alert | Refused]:
        if isinstance(command, SeeAlerts):
            unseen = [one for one in self._alerts.values() if not one.seen_ns and command.alert_id in (0, one.alert_id)]
            steps = [self._keep(replace(one, seen_ns=command.ts_ns)) for one in unseen]
            self._changed()
            return [*steps]
        rule = command.rule
        if rule.rule_id and (rule.rule_id not in self._rules or self._rules[rule.rule_id].gone):
            return [Refused("", "unknown", f"there is no rule {rule.rule_id}", command.ts_ns)]
        if not rule.rule_id:
            if sum(not one.gone for one in self._rules.values()) >= MOST_RULES:
                return [Refused("", "full", f"{MOST_RULES} rules are the most: delete one", command.ts_ns)]
            rule = replace(rule, rule_id=max(FIRST_OWN, max(self._rules) + 1))
        self._rules[rule.rule_id] = rule
        self._armed = {key: armed for key, armed in self._armed.items() if key[0] != rule.rule_id}
        self._changed()
        return [rule]

    def on_tick(self, tick: Tick) -> list[Alert]:
        """Only for a symbol in `prices`."""
        steps = []
        for rule in self.prices[tick.symbol]:
            if self._edge(rule, tick.symbol, tick.price, rings_at_once=False):
                way = "rose" if rule.way > 0 else "fell"
                steps += self._ring(rule, tick.symbol, f"{tick.symbol} {way} to {plain(tick.price)}", tick.ts_recv_ns)
        return steps

    def on_quote(self, quote: Quote) -> list[Alert]:
        """Only for a symbol in `spreads`. The spread in basis points of the middle: (ask − bid) / ((ask + bid) / 2) · 10,000."""
        with localcontext(EXACT):
            spread = ROUNDED.divide((quote.ask - quote.bid) * 20_000, quote.ask + quote.bid)
        steps = []
        for rule in self.spreads[quote.symbol]:
            if self._edge(rule, quote.symbol, spread, rings_at_once=False):
                steps += self._ring(rule, quote.symbol, f"{quote.symbol} spread at {spread:.2f} bp", quote.ts_recv_ns)
        return steps

    def judge(self, facts: Facts) -> list[Alert]:
        """The rules of account, lock and feed."""
        return [alert for rule in self._slow for alert in _LOOKS[rule.kind](self, rule, facts)]

    def _margin(self, rule: AlertRule, facts: Facts) -> list[Alert]:
        value = facts.utilisation
        if value is None or not self._edge(rule, "", value):
            return []
        return self._ring(rule, "", f"Margin at {value:.1f} %", facts.now_ns)

    def _drawdown(self, rule: AlertRule, facts: Facts) -> list[Alert]:
        if not self._edge(rule, "", facts.drawdown):
            return []
        return self._ring(rule, "", f"drawdown of {facts.drawdown:.2f} % from the peak", facts.now_ns)

    def _liquidation(self, rule: AlertRule, facts: Facts) -> list[Alert]:
        steps: list[Alert] = []
        held = self._account.ledger.positions
        for symbol in [one for number, one in self._armed if number == rule.rule_id and one not in held]:
            del self._armed[rule.rule_id, symbol]
        for symbol, position in held.items():
            mark, price = facts.marks.get(symbol), liquidation_price(position, self._account.tiers)
            if mark is None or price is None:
                continue
            far = distance_percent(mark, price)
            if self._edge(rule, symbol, far):
                steps += self._ring(rule, symbol, f"{symbol} is {far:.2f} % from liquidation at {price:,.2f}", facts.now_ns)
        return steps

    def _lock(self, rule: AlertRule, facts: Facts) -> list[Alert]:
        why = facts.discipline.locked.partition(", locked")
        said = [(why[0], f"locked{why[2].partition(' (')[0]}: {why[0]}")] if why[0] else []
        steps: list[Alert] = []
        for key, text in said or [(one, one) for one in facts.discipline.warnings]:
            if facts.now_ns - self._said.get(key, -AGAIN_NS) >= AGAIN_NS:
                steps += self._ring(rule, "", text, facts.now_ns, severe=bool(said))
            self._said[key] = facts.now_ns  # said again only when it was not so for a while
        return steps

    def _feed(self, rule: AlertRule, facts: Facts) -> list[Alert]:
        """A symbol that was alive and is not, with the stops that nobody watches meanwhile; and that it is back."""
        steps: list[Alert] = []
        for symbol, (state, reason) in facts.states.items():
            if state in ALIVE:
                if (since_ns := self._alive.get(symbol, 0)) > 0:
                    away = max(1, (facts.now_ns - since_ns) // SECOND_NS)
                    steps += self._ring(rule, symbol, f"{symbol} is back after {away} s", facts.now_ns)
                self._alive[symbol] = 0
            elif self._alive.get(symbol) == 0 and state != "connecting":
                self._alive[symbol] = facts.now_ns
                stops = sum(order.conditional for order in self._account.blotter.of(symbol))
                unwatched = f" · {stops} stop{'s' if stops > 1 else ''} not watched" if stops else ""
                text = f"{symbol} {state}{unwatched}{f': {reason}' if reason else ''}"
                steps += self._ring(rule, symbol, text, facts.now_ns, severe=bool(stops))
        return steps

    def _liquidated(self, rule: AlertRule, facts: Facts) -> list[Alert]:
        ledger, steps = self._account.ledger, list[Alert]()
        for fill in ledger.recent if ledger.count > self._filled else ():
            if fill.fill_id > self._filled and fill.kind == "liquidation":
                steps += self._ring(rule, fill.symbol, liquidated(fill), fill.ts_ns)
        self._filled = ledger.count
        return steps

    def _edge(self, rule: AlertRule, symbol: str, value: Decimal, rings_at_once: bool = True) -> bool:
        """It came to the level from the other side. Seen for the first time beyond it, it rings unless it never was elsewhere."""
        key = rule.rule_id, symbol
        with localcontext(EXACT):
            past = (value - rule.level) * rule.way
            armed = self._armed.get(key)
            if past >= 0:
                self._armed[key] = False
                return rings_at_once if armed is None else armed
            back = MARGIN_BACK if rule.kind == "margin" else rule.level * BACK[rule.kind]
            self._armed[key] = armed is not False or past <= -back
        return False

    def _ring(self, rule: AlertRule, symbol: str, text: str, now_ns: int, severe: bool = False) -> list[Alert]:
        """Of a rule that rang a moment ago the line grows, unless it was seen already."""
        last = next((one for one in reversed(self._alerts.values()) if one.rule_id == rule.rule_id), None)
        if last is not None and not last.seen_ns and 0 <= now_ns - last.last_ns < BURST_NS:
            joined = last.text if text in last.text else f"{last.text} · {text}"[:LONGEST_TEXT]
            alert = replace(last, text=joined, last_ns=now_ns, count=last.count + 1, severe=last.severe or severe)
        else:
            self._number += 1
            kept = symbol, severe or rule.severe, rule.sound, rule.notify
            alert = Alert(self._number, rule.rule_id, rule.kind, *kept, text, now_ns, now_ns)
        self._keep(alert)
        self._changed()
        return [alert]

    def _keep(self, alert: Alert) -> Alert:
        self._alerts[alert.alert_id] = alert
        while len(self._alerts) > KEPT:
            del self._alerts[next(iter(self._alerts))]
        return alert

    def _changed(self) -> None:
        at_work = [rule for rule in self._rules.values() if rule.on and not rule.gone]
        self.prices = _by_symbol(rule for rule in at_work if rule.kind == "price")
        self.spreads = _by_symbol(rule for rule in at_work if rule.kind == "spread")
        self._slow = tuple(rule for rule in at_work if rule.kind in _LOOKS)
        shown = tuple(rule for rule in self._rules.values() if not rule.gone)
        self._account.watched(alert_rules=shown, alerts=tuple(self._alerts.values()))


def _by_symbol(rules: Iterable[AlertRule]) -> dict[str, tuple[AlertRule, ...]]:
    found: dict[str, tuple[AlertRule, ...]] = {}
    for rule in rules:
        found[rule.symbol] = (*found.get(rule.symbol, ()), rule)
    return found


_LOOKS: dict[str, Any] = {
    "margin": Bell._margin,
    "drawdown": Bell._drawdown,
    "liquidation": Bell._liquidation,
    "lock": Bell._lock,
    "feed": Bell._feed,
    "liquidated": Bell._liquidated,
}
assert set(_LOOKS) | {"price", "spread"} == set(UNITS)
