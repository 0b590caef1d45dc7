"""An account begun anew: its orders, fills and equity so far stay where they are stored, the trader's rules and limits go on.

Refused while something is open. The lock is not got round by it: what the day lost and losses in a row are carried over.
"""

from collections.abc import Iterator
from decimal import Decimal

from app.core.admission import Terms
from app.core.books import Books
from app.core.dealing import Dealing, Limits, Move
from app.core.discipline import OpenLoss
from app.core.model import AccountOpened, Refused, ResetAccount
from app.core.paper import plain

NAMED = 3


def reset(
    before: Dealing,
    asked: ResetAccount,
    account_id: str,
    begin: tuple[Terms, Decimal, Limits],
    shut: tuple[str, str],
    now_ns: int,
    open_loss: OpenLoss,
) -> tuple[Dealing | None, list[Move | AccountOpened]]:
    """(the account that begins, None where it may not; what follows). `begin`: what it begins with. `shut`: (code, why not)."""
    judged = before.warden.judge(now_ns, open_loss)
    told = before.warden.view(now_ns, open_loss)
    terms, begun_with, limits = begin
    code, words = shut
    if not words and (still := list(_open(before))):
        more = f" and {len(still) - NAMED} more" if len(still) > NAMED else ""
        code, words = "open", f"still open: {', '.join(still[:NAMED])}{more}: close and cancel first"
    if not words and told.locked:
        code, words = "discipline", f"{told.locked}: the account can be reset afterwards"
    if not words and told.orders:
        code, words = (
            "discipline",
            f"{told.orders} orders of the last 10 minutes count for the lock: reset it when they do no more",
        )
    if not words and asked.confirm != account_id:
        kept = "its orders, fills and equity so far stay in the database"
        question = f"{account_id} begins anew with {begun_with:,.2f}, {kept}: confirm to do it"
        return None, [*judged, Refused("", "confirm", question, asked.ts_ns, confirm=account_id)]
    if words:
        return None, [*judged, Refused("", code, words, asked.ts_ns)]
    rules, alerts = before.bell.own, before.account.view().alerts
    fresh = Dealing(terms, Books(begun_with, alert_rules=rules, alerts=alerts), limits)
    fresh.goes_on_from(before)
    carried = fresh.warden.go_on(before.warden, now_ns, open_loss)
    return fresh, [*judged, AccountOpened(begun_with, now_ns), *rules, *alerts, *carried]


def for_replay(before: Dealing, begin: tuple[Terms, Decimal, Limits], now_ns: int) -> tuple[Dealing, list[Move | AccountOpened]]:
    """The account of a replay that begins: nothing of the one before but the trader's rules and limits."""
    terms, begun_with, limits = begin
    fresh = Dealing(terms, Books(begun_with, alert_rules=before.bell.own), limits)
    return fresh, [AccountOpened(begun_with, now_ns), *fresh.warden.carry(before.warden.ruling.limits, now_ns)]


def _open(dealing: Dealing) -> Iterator[str]:
    """What would have to be closed or cancelled first, in words."""
    for position in dealing.account.ledger.positions.values():
        yield f"{'long' if position.quantity > 0 else 'short'} {plain(abs(position.quantity))} {position.symbol}"
    for order in dealing.account.blotter.working():
        asked = order.asked
        yield f"order {order.order_id}, {'buy' if asked.side > 0 else 'sell'} {plain(asked.quantity)} {asked.symbol}"
