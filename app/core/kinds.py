"""Kinds of paper account: what is held, what it is valued and liquidated at, and what it costs. A table; nothing else decides."""

from dataclasses import dataclass
from decimal import Decimal

from app.core.margin import EXAMPLE_TIERS, Tier


@dataclass(frozen=True, slots=True)
class AccountKind:
    """`feeds`: the sources with which it is held. Fees in basis points, as flags may change them; `funding` and `mark` in words
    for the screen; `tiers`: leverage and maintenance margin, a file of one's own may take their place.
    """

    name: str
    feeds: tuple[str, ...]
    instrument: str
    funding: str
    mark: str
    maker_bp: Decimal
    taker_bp: Decimal
    tiers: tuple[Tier, ...]

    @property
    def words(self) -> str:
        return f"{self.instrument}: {self.funding}, mark = {self.mark}"


FEES = Decimal(2), Decimal(5)
SPOT = AccountKind(
    "spot", ("auto", "binance", "replay"), "synthetic perpetual on spot", "no funding", "mid", *FEES, tiers=EXAMPLE_TIERS
)
USD_M = AccountKind("usd-m", ("binance-usdm",), "USD-M perpetual", "no funding", "mid", *FEES, tiers=EXAMPLE_TIERS)
KINDS = (SPOT, USD_M)
"""USD-M: the venue's mark price and its funding are not read yet, and the words say so."""


def kind_of(feed: str) -> AccountKind:
    """The kind that is held with this source; spot where none names it."""
    return next((kind for kind in KINDS if feed in kind.feeds), SPOT)
