"""stub until the real one lands"""
from decimal import Decimal
from app.core.model import Rejected
def fill_market(order, quote, live, position):
    if quote is None or not live:
        return Decimal(0), None, [Rejected(order.client_id, order.symbol, order.quantity, "no live quote", order.ts_ns)]
    price, size = (quote.ask, quote.ask_size) if order.side > 0 else (quote.bid, quote.bid_size)
    q = min(order.quantity, size)
    rest = order.quantity - q
    return q, price, [Rejected(order.client_id, order.symbol, rest, "only shown", order.ts_ns)] if rest else []
