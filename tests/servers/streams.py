"""The stream side of the local venue: what a viewer subscribed to, its control messages, the frames on the wire."""

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from websockets.asyncio.server import ServerConnection

from tests.servers.market import Market, Print

MARKET_KINDS = {"aggTrade"}
PUBLIC_KINDS = {"trade", "bookTicker"}


def wanted_streams(path: str) -> tuple[str, bool, set[str]]:
    """(futures route or "", whether messages come in an envelope, streams) of a socket's path."""
    address = urlsplit(path)
    route = next((route for route in ("market", "public") if address.path.startswith(f"/{route}/")), "")
    rest = address.path.removeprefix(f"/{route}") if route else address.path
    if rest.startswith("/ws"):
        return route, False, {name for name in unquote(rest.removeprefix("/ws")).split("/") if name}
    listed = parse_qs(address.query).get("streams", [""])[0]
    return route, True, {name for name in listed.split("/") if name}


def messages(market: Market, made: Print) -> list[tuple[str, dict[str, object]]]:
    """(stream, message) for one print: the print itself and, for futures, the aggregate of it alone."""
    name, price, size = market.name, market.price_text(made.price), market.lots_text(made.lots)
    row: dict[str, object] = {
        "e": "trade",
        "E": made.time_ms,
        "s": name,
        "t": made.id,
        "p": price,
        "q": size,
        "T": made.time_ms,
        "m": made.maker,
        "M": True,
    }
    aggregate = {key: value for key, value in row.items() if key not in ("t", "M")}
    aggregate |= {"e": "aggTrade", "a": made.id, "f": made.id, "l": made.id, "nq": size}
    return [(f"{name.lower()}@trade", row), (f"{name.lower()}@aggTrade", aggregate)]


def quote_message(market: Market, now_ms: int) -> dict[str, object]:
    """Spot's fields; a futures viewer's get e, E and T as well (see `Viewer.encoded`)."""
    bid = market.price
    lots = [10_000 + int(market.random.expovariate(1 / 60_000)) for _ in range(2)]  # more than any test's order asks for
    return {
        "u": market.update_id,
        "s": market.name,
        "b": market.price_text(bid),
        "B": market.lots_text(lots[0]),
        "a": market.price_text(bid + 1),
        "A": market.lots_text(lots[1]),
        "at": now_ms,
    }


@dataclass(eq=False)
class Viewer:
    """One open socket. `wanted`: what `wanted_streams` read from its path."""

    connection: ServerConnection
    wanted: tuple[str, bool, set[str]]
    pending: list[bytes] = field(default_factory=list)

    @property
    def streams(self) -> set[str]:
        return self.wanted[2]

    def carries(self, stream: str) -> bool:
        """A futures route acknowledges every stream and delivers only its own kinds."""
        kinds = {"market": MARKET_KINDS, "public": PUBLIC_KINDS}.get(self.wanted[0])
        return kinds is None or stream.split("@")[1] in kinds

    def encoded(self, stream: str, row: dict[str, object]) -> bytes:
        row = dict(row)
        at = row.pop("at", None)
        if at is not None and self.wanted[0]:
            row |= {"e": "bookTicker", "E": at, "T": at}
        message = {"stream": stream, "data": row} if self.wanted[1] else row
        return frame(json.dumps(message, separators=(",", ":")).encode())

    def told(self, text: str | bytes) -> dict[str, object] | None:
        """The reply to a control message."""
        try:
            message = json.loads(text)
        except ValueError:
            return {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}
        method, number = message.get("method"), message.get("id")
        if method == "SUBSCRIBE":
            self.wanted[2].update(message["params"])
        elif method == "UNSUBSCRIBE":
            self.wanted[2].difference_update(message["params"])
        elif method == "LIST_SUBSCRIPTIONS":
            return {"result": sorted(self.wanted[2]), "id": number}
        else:
            return {"code": 2, "msg": f"Invalid request: unknown variant `{method}`", "id": number}
        return {"result": None, "id": number}


def frame(payload: bytes, opcode: int = 1) -> bytes:
    """A whole, unmasked WebSocket frame (RFC 6455, 5.2), as servers send them."""
    head = bytes([0x80 | opcode])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    if len(payload) < 65_536:
        return head + bytes([126]) + len(payload).to_bytes(2, "big") + payload
    return head + bytes([127]) + len(payload).to_bytes(8, "big") + payload
