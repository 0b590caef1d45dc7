"""Small recordings for tests, written as a recorder would."""

from pathlib import Path

START_NS = 1_700_000_000_000_000_000


def line(offset_ms: int, number: int, price: str = "100.00") -> str:
    """One print of ETH/USDT, received so many ms after the start, traded 10 ms earlier."""
    recv_ns = START_NS + offset_ms * 1_000_000
    message = f'{{"e":"trade","s":"ETHUSDT","t":{number},"p":"{price}","q":"1.5","T":{recv_ns // 1_000_000 - 10},"m":false}}'
    return f'{{"recv_ns":{recv_ns},"msg":{message}}}\n'


def write(folder: Path, text: str | bytes, name: str = "session.jsonl") -> str:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)
