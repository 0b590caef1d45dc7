"""Positions valued at a snapshot's marks: pure, made outside the lock, the only place where money on screen is computed."""

from decimal import Decimal, localcontext

from app.core import margin, matching, positions
from app.core.model import Position
from app.core.snapshot import PositionView, Snapshot

ZERO = Decimal(0)


def value_positions(snapshot: Snapshot) -> tuple[PositionView, ...]:
    """One view per open position, in order of opening; values None where the symbol has no quote yet."""
    return tuple(_view(snapshot, position) for position in snapshot.account.positions)


def _view(snapshot: Snapshot, position: Position) -> PositionView:
    market = snapshot.symbols.get(position.symbol)
    mark = None if market is None else market.mark
    liquidation = margin.liquidation_price(position, snapshot.terms.tiers)
    pnl = percent = distance = None
    if mark is not None:
        pnl, percent = positions.value(position, mark)
        distance = None if liquidation is None else margin.distance_percent(mark, liquidation)
    if market is None:  # held from an earlier start with other symbols
        return PositionView(position, None, None, None, liquidation, None, None, "")
    told = position, mark, pnl, percent, liquidation, distance, market.quote_age_ms, market.quote_source
    if market.quote is None:
        return PositionView(*told)
    exit_price = matching.opposite(market.quote, -1 if position.quantity > 0 else 1)[0]
    return PositionView(*told, exit_price, *at_exit(position, exit_price, snapshot.terms.taker_bp))


def at_exit(position: Position, price: Decimal, fee_bp: Decimal) -> tuple[Decimal, Decimal]:
    """(the fee f of closing it at `price`, what that leaves: Q · price − C − fees paid for it − f), with Q and C signed.

    A long is sold at the bid, a short bought back at the ask: more than the best quote shows costs more.
    """
    with localcontext(margin.EXACT):
        fee = matching.fee(abs(position.quantity), price, fee_bp)
        return fee, position.quantity * price - position.cost - position.open_fees - fee


def net_total(views: tuple[PositionView, ...]) -> Decimal | None:
    """What closing all of them now would leave; None while any is unvalued."""
    with localcontext(margin.EXACT):
        nets = [view.net for view in views if view.net is not None]
        return sum(nets, ZERO) if len(nets) == len(views) else None


def totals(views: tuple[PositionView, ...]) -> tuple[Decimal | None, Decimal, Decimal | None]:
    """(unrealised P&L, margin, P&L in % of that margin) over all positions; P&L None while any is unvalued."""
    used = sum((view.position.margin for view in views), ZERO)
    if any(view.pnl is None for view in views):
        return None, used, None
    pnl = sum((view.pnl for view in views if view.pnl is not None), ZERO)
    return pnl, used, (pnl / used * 100 if used else None)


def equity(snapshot: Snapshot) -> Decimal | None:
    """Balance + unrealised P&L at the marks; None while a position can not be valued."""
    pnl = totals(value_positions(snapshot))[0]
    return None if pnl is None else margin.EXACT.add(snapshot.account.balance, pnl)
