"""JSON over HTTP from a venue: one kept connection, its hosts in turn, its limits obeyed. Standard library only; blocks."""

import contextlib
import http.client
import logging
import socket
import ssl
import threading
import time
import urllib.parse

import orjson

from feeds.adapter import RestFacts
from feeds.link import seconds

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0
FULL = 0.8
"""Of the allowed weight: above it, requests wait for the venue's next minute."""


class RestError(Exception):
    """What the venue or the network said, in words. `final`: asking again will not help. `retry_after_s`: not before."""

    def __init__(self, reason: str, final: bool = False, retry_after_s: float = 0.0):
        super().__init__(reason)
        self.final = final
        self.retry_after_s = retry_after_s


class Rest:
    """`base` replaces the venue's own hosts. One thread uses it; waiting for a limit ends when `stopping` is set."""

    def __init__(self, facts: RestFacts, base: str | None, stopping: threading.Event):
        self._hosts = (base.rstrip("/"),) if base else facts.hosts
        self._facts = facts
        self._stopping = stopping
        self._at = 0
        self._connection: http.client.HTTPConnection | None = None
        self._not_before_s = 0.0

    def get(self, path: str) -> object:
        """The decoded answer. Raises RestError; a blocked or unreachable host is followed by the next one."""
        error = RestError("no host")
        for _ in self._hosts:
            self._stopping.wait(max(0.0, self._not_before_s - time.monotonic()))
            if self._stopping.is_set():
                raise RestError("stopped", final=True)
            try:
                return self._ask(path)
            except RestError as refused:
                if refused.final or refused.retry_after_s:
                    raise
                error = refused
            except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as failed:
                error = RestError(f"{self._host}: {failed or type(failed).__name__}")
            self.close()
            self._at = (self._at + 1) % len(self._hosts)
        raise error

    def abort(self) -> None:
        """From another thread, once `stopping` is set: a request that hangs ends now."""
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)  # the plain one: TLS stays its reader's business

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _host(self) -> str:
        return urllib.parse.urlsplit(self._hosts[self._at]).netloc

    def _ask(self, path: str) -> object:
        answer = self._answer(path)
        body = answer.read()
        if answer.will_close:
            self.close()
        self._note_weight(answer.headers.get(self._facts.weight_header))
        if answer.status == 200:
            return orjson.loads(body)
        if answer.status in (418, 429):
            wait_s = seconds(answer.headers.get("Retry-After"), 60.0)
            self._not_before_s = time.monotonic() + wait_s
            raise RestError(f"too many requests (HTTP {answer.status})", retry_after_s=wait_s)
        if answer.status == 451:
            raise RestError("region blocked by the venue (HTTP 451)")
        if answer.status == 400:
            raise RestError(f"the venue refuses {path}: {body[:200].decode('utf-8', 'replace')}", final=True)
        raise RestError(f"the venue answered HTTP {answer.status}")

    def _answer(self, path: str) -> http.client.HTTPResponse:
        """A kept connection may have been closed by the venue meanwhile: then once more on a new one."""
        for fresh in (self._connection is None, True):
            connection = self._connection or self._connect()
            try:
                connection.request(
                    "GET", urllib.parse.urlsplit(self._hosts[self._at]).path + path, headers={"Accept": "application/json"}
                )
                return connection.getresponse()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.close()
                if fresh or self._stopping.is_set():
                    raise
        raise RestError("connection lost")

    def _connect(self) -> http.client.HTTPConnection:
        address = urllib.parse.urlsplit(self._hosts[self._at])
        if address.scheme == "https":
            context = ssl.create_default_context()
            self._connection = http.client.HTTPSConnection(address.netloc, timeout=TIMEOUT_S, context=context)
        else:
            self._connection = http.client.HTTPConnection(address.netloc, timeout=TIMEOUT_S)
        return self._connection

    def _note_weight(self, used: str | None) -> None:
        if used and used.isdigit() and int(used) > FULL * self._facts.weight_per_minute:
            wait_s = 60.0 - time.time() % 60.0
            log.warning("history waits %.0f s: %s of %d request weight used", wait_s, used, self._facts.weight_per_minute)
            self._not_before_s = time.monotonic() + wait_s
