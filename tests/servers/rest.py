"""The REST side of the local venue: klines, aggregated prints, instrument rules, time, and the venue's errors. Pure."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers
from websockets.http11 import Response

from tests.servers.market import INTERVAL_MS, Market

SPOT, FUTURES = "/api/v3/", "/fapi/v1/"
Answer = tuple[int, object]


def answer(path: str, markets: Mapping[str, Market], now_ms: int) -> Answer:
    """(HTTP status, what to send as JSON) for a path with its query."""
    address = urlsplit(path)
    query = {name: values[-1] for name, values in parse_qs(address.query).items()}
    for root in (SPOT, FUTURES):
        if address.path.startswith(root):
            return _call(address.path.removeprefix(root), query, markets, now_ms, root == FUTURES)
    return 404, {"code": -1, "msg": "Not found."}


def response(status: int, body: object, headers: dict[str, str] | None = None) -> Response:
    content = json.dumps(body).encode()
    sent = Headers({"Content-Type": "application/json", "Content-Length": str(len(content)), "Connection": "close"})
    for name, value in (headers or {}).items():
        sent[name] = value
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Refused"
    return Response(status, phrase, sent, content)


def _call(name: str, query: Mapping[str, str], markets: Mapping[str, Market], now_ms: int, futures: bool) -> Answer:
    if name == "ping":
        return 200, {}
    if name == "time":
        return 200, {"serverTime": now_ms}
    if name == "exchangeInfo":
        return _rules(query, markets, futures)
    if name not in ("klines", "aggTrades"):
        return 404, {"code": -1, "msg": "Not found."}
    market = markets.get(query.get("symbol", ""))
    if market is None:
        return 400, {"code": -1121, "msg": "Invalid symbol."}
    start_ms = int(query["startTime"]) if "startTime" in query else None
    limit = min(int(query.get("limit", 500)), 1500 if futures else 1000)
    if name == "klines":
        interval = query.get("interval", "")
        if interval not in INTERVAL_MS or (futures and interval == "1s"):
            return 400, {"code": -1120, "msg": "Invalid interval."}
        rows = market.rows(interval, now_ms, limit, start_ms)
        end_ms = int(query.get("endTime", 2**53))
        return 200, [row for row in rows if row[0] <= end_ms]  # type: ignore[operator]  # the open time is an int
    return 200, _prints(market, query, start_ms, limit)


def _prints(market: Market, query: Mapping[str, str], start_ms: int | None, limit: int) -> list[dict[str, object]]:
    """Every print is an aggregate of one here, so the two kinds of id are the same number."""
    found = list(market.prints)
    if "fromId" in query:
        found = [made for made in found if made.id >= int(query["fromId"])][:limit]
    elif start_ms is not None:
        end_ms = int(query.get("endTime", 2**53))
        found = [made for made in found if start_ms <= made.time_ms <= end_ms][:limit]
    else:
        found = found[-limit:]
    return [
        {
            "a": made.id,
            "p": market.price_text(made.price),
            "q": market.lots_text(made.lots),
            "f": made.id,
            "l": made.id,
            "T": made.time_ms,
            "m": made.maker,
        }
        for made in found
    ]


def _rules(query: Mapping[str, str], markets: Mapping[str, Market], futures: bool) -> Answer:
    wanted = json.loads(query["symbols"]) if "symbols" in query else list(markets)
    if any(name not in markets for name in wanted):
        return 400, {"code": -1121, "msg": "Invalid symbol."}
    rows = []
    for name in wanted:
        symbol = markets[name].symbol
        least = {"filterType": "MIN_NOTIONAL", "notional": "5"}
        if not futures:
            least = {"filterType": "NOTIONAL", "minNotional": "5.00000000"}
        rows.append(
            {
                "symbol": name,
                "status": "TRADING",
                "filters": [
                    {"filterType": "PRICE_FILTER", "tickSize": f"{10**-symbol.price_digits:.8f}"},
                    {"filterType": "LOT_SIZE", "stepSize": f"{10**-symbol.lot_digits:.8f}"},
                    least,
                ],
            }
        )
    return 200, {"timezone": "UTC", "symbols": rows}
