"""Two connections side by side: what is handed on has no print twice and none missing."""

import json

from hypothesis import given
from hypothesis import strategies as st

from feeds.adapter import adapter
from feeds.handover import Handover

PARSE = adapter("binance").parser(("ETH/USDT",))


def print_(number: int) -> bytes:
    row = {"e": "trade", "s": "ETHUSDT", "t": number, "p": "2684.39", "q": "0.1", "T": 1_723_161_255_000 + number, "m": True}
    return json.dumps({"stream": "ethusdt@trade", "data": row}).encode()


def quote(bid: str) -> bytes:
    row = {"u": 1, "s": "ETHUSDT", "b": bid, "B": "1", "a": "9999", "A": "1"}
    return json.dumps({"stream": "ethusdt@bookTicker", "data": row}).encode()


class Heard:
    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.handover = Handover(lambda text, _: self.texts.append(text), PARSE)

    def numbers(self) -> list[int]:
        rows = [json.loads(text)["data"] for text in self.texts]
        return [row["t"] for row in rows if "t" in row]


def test_the_new_one_is_not_heard_while_it_is_ahead_of_the_old_one() -> None:
    heard = Heard()
    heard.handover.old(print_(1), 0)
    heard.handover.new(print_(4), 0)
    assert not heard.handover.joined
    heard.handover.old(print_(2), 0)
    heard.handover.old(print_(3), 0)
    assert heard.handover.joined
    assert heard.numbers() == [1, 2, 3]


def test_after_the_switch_only_the_newest_held_quote_is_handed_on() -> None:
    heard = Heard()
    heard.handover.old(print_(1), 0)
    for bid in ("2684.1", "2684.2", "2684.3"):
        heard.handover.new(quote(bid), 0)
    heard.handover.new(print_(2), 0)
    heard.handover.finish()
    assert heard.texts == [print_(1), print_(2), quote("2684.3")]


def test_garbage_on_the_new_connection_does_not_stop_the_change() -> None:
    heard = Heard()
    heard.handover.new(b"\x00 rubbish", 0)
    heard.handover.new(print_(1), 0)
    heard.handover.finish()
    assert heard.numbers() == [1]


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 8))
def test_however_the_two_interleave_no_print_is_missing_and_a_repeated_one_has_its_old_number(
    turns: list[bool], new_from: int
) -> None:
    heard = Heard()
    handover, at = heard.handover, {"old": 0, "new": new_from - 1}
    switched = False
    for is_new in turns:
        which = "new" if is_new else "old"
        at[which] += 1
        (handover.new if is_new else handover.old)(print_(at[which]), 0)
        if not switched and at["new"] >= new_from and handover.joined and at["old"]:
            handover.finish()
            switched = True
    newest = 0
    for number in heard.numbers():
        assert number <= newest + 1
        newest = max(newest, number)
    assert newest >= (at["new"] if switched else at["old"])
