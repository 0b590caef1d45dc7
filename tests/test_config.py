"""The settings as they are read: flags, environment, defaults, and what contradicts itself."""

from decimal import Decimal
from pathlib import Path

import pytest

from app.config import BadConfig, for_recording, read_config
from app.core.kinds import KINDS
from app.core.margin import Tier
from app.core.returns import RiskTerms
from app.flags import FEEDS, FLAGS, Flag
from run_dashboard import address


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (("--port", "many"), "--port"),
        (("--port", "70000"), "--port"),
        (("--leverage", "0"), "--leverage"),
        (("--leverage", "1001"), "--leverage"),
        (("--feed", "nasdaq"), "--feed"),
        (("--symbols", "ETHUSDT"), "--symbols"),
        (("--symbols", ""), "--symbols"),
        (("--side-charts", "ETH/USDT 7m"), "--side-charts"),
        (("--side-charts", "DOGE/USDT 1m"), "DOGE/USDT"),
        (("--side-charts", "ETH/USDT 1m,ETH/USDT 1m"), "ETH/USDT 1m: named twice"),
        (("--speed", "0"), "--speed"),
        (("--speed", "nan"), "--speed"),
        (("--ticks", "-5"), "--ticks"),
        (("--stale-after", "soon"), "--stale-after"),
        (("--ws-url", "http://x"), "--ws-url"),
        (("--ws-url", "wss://"), "--ws-url"),
        (("--ws-url", "ws://127.0.0.1:abc"), "--ws-url"),
        (("--rest-url", "http://127.0.0.1:99999"), "--rest-url"),
        (("--throttle", "wild"), "--throttle"),
        (("--throttle-fast-ms", "900"), "throttle"),
        (("--balance", "-1"), "--balance"),
        (("--balance", "nan"), "--balance"),
        (("--fee-maker", "much"), "--fee-maker"),
        (("--fee-taker", "1e99"), "--fee-taker"),
        (("--order-latency", "-5"), "--order-latency"),
        (("--order-limit", "-1"), "--order-limit"),
        (("--repeat-guard-ms", "x"), "--repeat-guard-ms"),
        (("--max-quantity", "0x1"), "--max-quantity"),
        (("--max-notional", "inf"), "--max-notional"),
        (("--price-collar", "-0.5"), "--price-collar"),
        (("--colour", "red"), "--colour"),
        (("--port",), "--port"),
    ],
)
def test_a_wrong_flag_is_named_with_what_it_takes(flags: tuple[str, ...], named: str) -> None:
    with pytest.raises(BadConfig, match=named):
        read_config(flags, {})


def test_every_flag_can_be_given_by_environment_and_a_flag_wins() -> None:
    assert read_config((), {"DESK_LEVERAGE": "7"}).leverage == 7
    assert read_config(("--leverage", "9"), {"DESK_LEVERAGE": "7"}).leverage == 9
    assert len({flag.env for flag in FLAGS}) == len(FLAGS)


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.env)
def test_an_empty_variable_counts_as_not_set(flag: Flag) -> None:
    assert read_config((), {flag.env: ""}) == read_config((), {})


@pytest.mark.parametrize(
    ("feed", "flag", "value"),
    [
        ("binance", "--recording", "session.jsonl"),
        ("binance-usdm", "--recording", "session.jsonl"),
        ("binance", "--speed", "4"),
        ("replay", "--ws-url", "ws://127.0.0.1:1"),
        ("replay", "--rest-url", "http://127.0.0.1:1"),
    ],
)
def test_a_flag_without_effect_is_refused_and_named_where_it_was_given(feed: str, flag: str, value: str) -> None:
    variable = next(one.env for one in FLAGS if one.name == flag)
    with pytest.raises(BadConfig, match=f"^{flag} has no effect with --feed {feed}: "):
        read_config(("--feed", feed, flag, value), {})
    with pytest.raises(BadConfig, match=f"^{variable} has no effect with --feed {feed}: "):
        read_config(("--feed", feed), {variable: value})
    read_config(("--feed", "auto", flag, value), {})


@pytest.mark.parametrize(
    ("host", "said"), [("127.0.0.1", "127.0.0.1:8051"), ("::1", "[::1]:8051"), ("desk.local", "desk.local:8051")]
)
def test_the_address_that_is_printed_can_be_opened(host: str, said: str) -> None:
    assert address(read_config(("--host", host), {})) == said


def test_a_recording_of_other_symbols_is_shown_with_its_own() -> None:
    config = for_recording(read_config(("--feed", "replay"), {}), ("SOL/USDT",))
    assert config.symbols == ("SOL/USDT",)
    assert config.side_charts == tuple(("SOL/USDT", interval) for interval in ("1m", "1h", "1d", "1s"))


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        ("auto", "synthetic perpetual on spot: no funding, mark = mid"),
        ("replay", "synthetic perpetual on spot: no funding, mark = mid"),
        ("binance-usdm", "USD-M perpetual: no funding, mark = mid"),
    ],
)
def test_what_is_held_follows_from_the_feed(feed: str, words: str) -> None:
    config = read_config(("--feed", feed), {})
    assert config.kind.words == words
    assert (config.terms.maker_bp, config.terms.taker_bp) == (config.kind.maker_bp, config.kind.taker_bp) == (2, 5)


def test_every_feed_has_one_kind_of_account() -> None:
    assert sorted(feed for kind in KINDS for feed in kind.feeds) == sorted(FEEDS)


SHIPPED = "# notional, leverage, rate\n50000, 500, 0.1\n250000,125,0.4\n\n1000000, 50, 1\nany, 10, 5\n"


def test_tiers_come_from_a_file_and_are_an_example_where_none_is_given(tmp_path: Path) -> None:
    file = tmp_path / "tiers.csv"
    file.write_text(SHIPPED, encoding="utf-8")
    assert read_config(["--tiers", str(file)], {}).terms == read_config([], {}).terms
    assert read_config([], {}).terms.tiers_named == "example tiers"
    file.write_text("1000.5, 20, 2.5\nany, 5, 10\n", encoding="utf-8")
    terms = read_config(["--tiers", str(file)], {}).terms
    assert terms.tiers == (Tier(Decimal("1000.5"), 20, Decimal("0.025")), Tier(None, 5, Decimal("0.1")))
    assert terms.tiers_named == "tiers of --tiers"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the last line must be for any notional"),
        ("50000, 500, 0.1", "the last line must be for any notional"),
        ("50000, 500\nany, 10, 5", "line 1, '50000, 500', is not like 50000, 500, 0.1"),
        ("any, 10, 5 %", "line 1, 'any, 10, 5 %', is not like"),
        ("nan, 10, 5\nany, 10, 5", "line 1, 'nan, 10, 5', is not like"),
        ("-1, 10, 5\nany, 10, 5", "line 1"),
        ("any, 0, 5", "line 1"),
        ("any, 10, 0", "line 1"),
        ("any, 20, 5", "line 1: at 20× a rate of 5 % would liquidate at once"),
        ("50000, 50, 1\n# lower\n40000, 20, 2\nany, 10, 5", "line 3: its notional must be above the one before"),
        ("any, 50, 1\nany, 10, 5", "line 2: its notional must be above the one before, and only the last is any"),
        ("50000, 10, 1\nany, 20, 1", "line 2: leverage must not rise and the rate must not fall"),
        ("50000, 10, 2\nany, 10, 1", "line 2: leverage must not rise and the rate must not fall"),
    ],
)
def test_a_wrong_table_of_tiers_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "tiers.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfig) as refused:
        read_config(["--tiers", str(file)], {})
    assert str(refused.value).startswith("--tiers ") and words in str(refused.value) and "\n" not in str(refused.value)


def test_a_file_of_tiers_that_can_not_be_read_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for wrong in (tmp_path / "none", tmp_path, tmp_path / "binary"):
        with pytest.raises(BadConfig, match="--tiers .*: expected a readable file of lines like 50000, 500, 0.1"):
            read_config(["--tiers", str(wrong)], {})


def test_sectors_come_from_a_file_and_a_wrong_line_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "sectors.csv"
    file.write_text("# mine\nsol, fast chains\n\nETH,mine\n", encoding="utf-8")
    config = read_config(["--sectors", str(file), "--var-window", "30", "--var-bucket", "5m", "--var-percent", "1"], {})
    assert config.risk == RiskTerms(30, "5m", 1.0, (("SOL", "fast chains"), ("ETH", "mine")))
    file.write_text("SOL\n", encoding="utf-8")
    for wrong in (str(file), str(tmp_path / "none"), str(tmp_path)):
        with pytest.raises(BadConfig, match="--sectors .*: expected a readable file of lines like SOL,smart contracts"):
            read_config(["--sectors", wrong], {})


def test_a_leverage_that_no_tier_allows_is_said_at_the_start() -> None:
    assert read_config(["--leverage", "500"], {}).caution == ""
    words = "--leverage 501: the example tiers allow at most 500, so no order that opens is taken"
    assert read_config(["--leverage", "501"], {}).caution == words
