"""One module a venue: pure functions between its wire and our events. One venue never imports another; what Binance's two share
stands in `binance_wire`.
"""
