"""One WebSocket from opening to its end, on a thread of its own: stamps the receive time and hands the text on.

Decides nothing: what it saw stands in its attributes, for the one who owns it (`feeds.line`).
"""

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from websocket import (
    ABNF,
    WebSocket,
    WebSocketAddressException,
    WebSocketBadStatusException,
    WebSocketConnectionClosedException,
    WebSocketException,
    WebSocketTimeoutException,
)

from feeds.adapter import Adapter, Connection

log = logging.getLogger(__name__)

Sink = Callable[[bytes, int], None]

CHUNK = 65_536
WAKE_S = 1.0
SHORT = 120
"""Bytes: a shutdown notice is shorter than this, a print or a quote is longer, so those are not searched for it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a connection could not be made or went, in words for the screen. `blocked`: the venue refuses this region."""

    reason: str
    blocked: bool = False
    retry_after_s: float = 0.0


class Buffered(WebSocket):
    """Reads what has arrived in one go (the library asks for each frame's header, length and payload one by one).

    `received_ns`: when the bytes being read arrived, which is the receive time of the frames in them.
    """

    received_ns = 0
    _chunk = b""
    _at = 0

    def _recv(self, bufsize: int) -> bytes:
        if self._at == len(self._chunk):
            self._chunk = super()._recv(CHUNK)
            self.received_ns = time.time_ns()
            self._at = 0
        start = self._at
        self._at = min(start + bufsize, len(self._chunk))
        return self._chunk[start : self._at]


class Link:
    """`sink(text, ts_recv_ns)` may be exchanged at any time. `alive(ts_recv_ns)`: the line answered without a text.

    Written by its thread, read by the owner: `opened_s` (monotonic, 0 before), `heard_s` (last sign of life), `host`,
    `silent` (streams without a first message), `farewell`, `failure` (set: it is over). `on_change` is called after each.
    """

    def __init__(
        self,
        venue: Adapter,
        connection: Connection,
        sink: Sink,
        alive: Callable[[int], None],
        on_change: Callable[[], None],
        first_url: int = 0,
    ):
        self.sink = sink
        self.opened_s = 0.0
        self.heard_s = 0.0
        self.host = ""
        self.silent: set[str] = set(connection.streams)
        self.farewell = False
        self.failure: Failure | None = None
        self._venue = venue
        self._connection = connection
        self._alive = alive
        self._on_change = on_change
        urls = connection.urls
        self._urls = urls[first_url % len(urls) :] + urls[: first_url % len(urls)]
        self._closed = False
        self._socket = Buffered(skip_utf8_validation=True)
        self._thread = threading.Thread(target=self._run, name=f"feed-{venue.name}-{connection.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def probe(self) -> None:
        """A ping: the answer is a sign of life."""
        try:
            self._socket.ping()
        except (WebSocketException, OSError):
            log.debug("the probe of %s could not be sent", self.host)

    def close(self) -> None:
        """Nothing comes out of it any more; the thread ends at once, from a handshake too, unless no socket stands yet."""
        self.sink = _nowhere
        self._closed = True
        held = self._socket.sock
        if held is not None:  # the library's `abort` passes a handshake by
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def join(self, timeout_s: float) -> None:
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            failure = self._open() or self._read()
        except Exception as error:  # whatever ends this thread is the connection's end, and must be seen as one
            failure = failure_of(error)
        self.failure = failure
        self._socket.shutdown()
        self._on_change()

    def _open(self) -> Failure | None:
        """Each address in turn; a venue that says "too many requests" is not asked again at its next address."""
        failures: list[Failure] = []
        for url in self._urls:
            self.host = url.split("/")[2].rpartition("@")[2]
            try:
                self._socket.connect(url, timeout=self._venue.budgets.connect_ms / 1000, suppress_origin=True)
                self._socket.settimeout(WAKE_S)
                for text in self._connection.subscribe:
                    self._socket.send(text)
            except (WebSocketException, OSError) as error:
                failure = failure_of(error)
                failure = replace(failure, reason=f"{failure.reason}: {self.host}")
                log.info("not connected: %s", failure.reason)
                failures.append(failure)
                self._socket = Buffered(skip_utf8_validation=True)
                if self._closed or failure.retry_after_s:
                    return failure
                continue
            if self._closed:
                return Failure("stopped")
            self.opened_s = self.heard_s = time.monotonic()
            self._on_change()
            return None
        return next((failure for failure in failures if not failure.blocked), failures[0])

    def _read(self) -> Failure:
        receive, stream_of, is_farewell = self._socket.recv_data_frame, self._venue.stream_of, self._venue.is_farewell
        while not self._closed:
            try:
                opcode, frame = receive(True)
            except WebSocketTimeoutException:
                continue
            stamp_ns = self._socket.received_ns
            self.heard_s = time.monotonic()
            if opcode in (ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY):
                text: bytes = frame.data
                self.sink(text, stamp_ns)
                if self.silent:
                    self.silent.discard(stream_of(text))
                if len(text) < SHORT and is_farewell(text):
                    self.farewell = True
                    self._on_change()
            elif opcode == ABNF.OPCODE_CLOSE:
                return Failure(f"closed by the venue{_close_words(frame.data)}")
            else:
                self._alive(stamp_ns)
        return Failure("stopped")


def failure_of(error: Exception) -> Failure:
    """The error in words of the field."""
    if isinstance(error, WebSocketBadStatusException):
        return _failure_of_status(error.status_code, error.resp_headers or {})
    if isinstance(error, ConnectionRefusedError):
        return Failure("connection refused")
    if isinstance(error, (WebSocketAddressException, socket.gaierror)):
        return Failure("host not found")
    if isinstance(error, (WebSocketTimeoutException, TimeoutError)):
        return Failure("no answer")
    if isinstance(error, ssl.SSLError):
        return Failure(f"no secure connection: {error.reason or error}")
    if isinstance(error, (WebSocketConnectionClosedException, ConnectionError)):
        return Failure("connection lost")
    return Failure(f"{type(error).__name__}: {error}"[:120])


def _failure_of_status(status: int, headers: dict[str, str]) -> Failure:
    if status == 451:
        return Failure("region blocked by the venue (HTTP 451)", blocked=True)
    if status in (418, 429):
        wait_s = seconds(headers.get("retry-after"), 60.0)
        return Failure(f"too many requests (HTTP {status})", retry_after_s=wait_s)
    return Failure(f"the venue answered HTTP {status}")


def seconds(text: str | None, otherwise: float) -> float:
    """A Retry-After header's seconds."""
    return float(text) if text and text.isdigit() else otherwise


def _close_words(payload: bytes) -> str:
    if len(payload) < 2:
        return ""
    return f" ({int.from_bytes(payload[:2], 'big')} {payload[2:80].decode('utf-8', 'replace')}".rstrip() + ")"


def _nowhere(text: bytes, ts_recv_ns: int) -> None:
    return None
