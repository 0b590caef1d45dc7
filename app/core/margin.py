"""stub until the real one lands"""
from decimal import Decimal
def liquidation_price(p):
    q = abs(p.quantity); r = Decimal(1) / (2 * p.leverage)
    v = (q * p.entry - p.margin) / (q * (1 - r)) if p.quantity > 0 else (q * p.entry + p.margin) / (q * (1 + r))
    return v if v > 0 else None
def crossed(p, mark):
    l = liquidation_price(p)
    return l is not None and (mark <= l if p.quantity > 0 else mark >= l)
def distance_percent(mark, l):
    return abs(mark - l) / mark * 100
