"""Names of the page's elements, shared by layout, callbacks and tests; the scripts in assets/ spell them the same way."""

BEAT = "beat"
"""dcc.Interval: the beat of the polling transport, and the witness of the other one."""

FRAME = "frame"
"""dcc.Store: the newest answer's text."""

PAGE_STATE = "page-state"
"""dcc.Store: what the page shows and has, see docs/frames.md."""

RECEIVE = ("desk", "receive")
"""The clientside function that takes `FRAME`: `ClientsideFunction(*RECEIVE)`, Input(FRAME, "data"), no output."""

ROOT = "desk"
"""The page's outermost element; its `data-config` holds the page's settings as JSON."""

STRIP = "strip"
LAST_PRICE = "last-price"
TICK_CHART = "tick-chart"
CANDLES = ("candles-0", "candles-1", "candles-2", "candles-3")
POSITIONS = "positions"
ORDERS = "orders"

SYMBOL = "symbol"
TICKET_SYMBOL = "ticket-symbol"
TICKET_QUANTITY = "ticket-quantity"
TICKET_BUY = "ticket-buy"
TICKET_SELL = "ticket-sell"
TICKET_ANSWER = "ticket-answer"
UNLOCK = "unlock-replay"
TRY_LIVE = "try-live"
