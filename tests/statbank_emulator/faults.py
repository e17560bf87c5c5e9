"""Ways for the emulator to fail on purpose.

Nothing here is recorded: a fault is what a careful client must survive, not what the StatBank is
known to do. A fault alters the honest answer, or how its bytes go on the wire, or both. None of
them sleeps: whatever waits, waits for the emulator to stop or be reset.

Content faults, which leave transport alone, are in `edits` (data) and `tableinfo_edits`.
"""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from .answers import SERVER, Answer, json_answer
from .errors import unknown_table

_BLOCK_BYTES = 16_384
_HTML_TYPE = "text/html; charset=utf-8"
_HTML = b"<!DOCTYPE html><html><head><title>%s</title></head><body><h1>%s</h1></body></html>"
# l_onoff = 1, l_linger = 0 s: closing sends RST and throws away what is unsent.
_LINGER_ZERO = struct.pack("ii", 1, 0)


class HungUpError(ConnectionError):
    """The emulator drops a connection on purpose."""


@dataclass(frozen=True)
class Wire:
    """What a fault needs to send an answer.

    Args:
        stopped: Set when the emulator stops or is reset; whoever waits must then give up.
        connection: The raw socket, for what WSGI can't express.
    """

    answer: Answer
    stopped: threading.Event
    connection: socket.socket

    def pause(self, seconds: float | None = None) -> None:
        """Wait, for ever unless told, and hang up as soon as the emulator stops.

        Raises:
            HungUpError: The emulator was stopped or reset.
        """
        if self.stopped.wait(seconds):
            raise HungUpError("the emulator was stopped")


Alter = Callable[[Answer], Answer]
Deliver = Callable[[Wire], Iterator[bytes]]


def unaltered(answer: Answer) -> Answer:
    """Say what the honest answer says."""
    return answer


def in_blocks(wire: Wire) -> Iterator[bytes]:
    """Send the whole body in blocks."""
    body = wire.answer.body
    for start in range(0, len(body), _BLOCK_BYTES):
        yield body[start : start + _BLOCK_BYTES]


@dataclass(frozen=True)
class Fault:
    """One way to fail.

    Args:
        function: The function it is meant for when `fail` is not told otherwise.
        answered: Whether the client gets a status line at all.
    """

    name: str
    alter: Alter = unaltered
    deliver: Deliver = in_blocks
    function: str = "data"
    answered: bool = True


def status(
    code: int,
    body: bytes = b"",
    content_type: str = _HTML_TYPE,
    headers: Mapping[str, str] | None = None,
) -> Fault:
    """Answer with a status of its own, such as 429 with `{"Retry-After": "1"}`."""
    answer = Answer(body, code, content_type, extra_headers=headers or {})
    return Fault(f"status {code}", lambda honest: answer)


def unavailable() -> Fault:
    """Answer 503 with an HTML page."""
    return status(503, _HTML % (b"Service Unavailable", b"Service Unavailable"))


def redirect(to: str, code: int = 302) -> Fault:
    """Send the client to another address."""
    return status(code, headers={"Location": to})


def html_with_200() -> Fault:
    """Answer 200 with an HTML page where data is expected."""
    return status(200, _HTML % (b"Maintenance", b"Vi er snart tilbage"))


def json_error_with_200() -> Fault:
    """Answer 200 with the body of a refusal."""
    answer = json_answer(unknown_table("FOLK1A").document("en"))
    return Fault("JSON error with 200", lambda honest: answer)


def empty_body() -> Fault:
    """Answer 200 and nothing more."""
    return Fault("empty body", lambda honest: replace(honest, body=b""))


def _first_half(body: bytes) -> bytes:
    return body[: len(body) // 2]


def malformed_json() -> Fault:
    """Break off the JSON in the middle, with a correct length."""
    return Fault("malformed JSON", lambda honest: replace(honest, body=_first_half(honest.body)))


def truncated(*, chunked: bool) -> Fault:
    """Send half the body and hang up, without the last chunk or short of the length promised."""

    def deliver(wire: Wire) -> Iterator[bytes]:
        yield _first_half(wire.answer.body)
        raise HungUpError("half of the body was sent")

    return Fault("truncated", lambda honest: replace(honest, chunked=chunked), deliver)


def reset(after_bytes: int | None = None) -> Fault:
    """Reset the connection (RST), before any answer or after so many bytes of the body."""

    def deliver(wire: Wire) -> Iterator[bytes]:
        if after_bytes is not None:
            yield wire.answer.body[:after_bytes]
        wire.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        raise HungUpError("reset")

    return Fault("reset", deliver=deliver, answered=after_bytes is not None)


def hang(*, in_body: bool = False) -> Fault:
    """Never answer, or send the headers and never the body."""

    def deliver(wire: Wire) -> Iterator[bytes]:
        if in_body:
            yield b""
        wire.pause()

    return Fault("hang", deliver=deliver, answered=in_body)


def drip(interval_seconds: float) -> Fault:
    """Send the body a byte at a time, so that no single read ever times out."""

    def deliver(wire: Wire) -> Iterator[bytes]:
        for place in range(len(wire.answer.body)):
            yield wire.answer.body[place : place + 1]
            wire.pause(interval_seconds)

    return Fault("drip", deliver=deliver)


def drip_headers(interval_seconds: float) -> Fault:
    """Send the headers a byte at a time, then the body at once."""

    def deliver(wire: Wire) -> Iterator[bytes]:
        head = _head(wire.answer)
        for place in range(len(head)):
            wire.connection.sendall(head[place : place + 1])
            wire.pause(interval_seconds)
        wire.connection.sendall(wire.answer.body)
        raise HungUpError("everything was sent past the server")

    return Fault("drip headers", lambda honest: replace(honest, chunked=False), deliver)


def _head(answer: Answer) -> bytes:
    named = [("Server", SERVER), *answer.headers(), ("Connection", "close")]
    lines = [f"HTTP/1.1 {answer.status_line()}", *(f"{name}: {text}" for name, text in named)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def oversized(size_bytes: int) -> Fault:
    """Send the honest body and go on with semicolons until `size_bytes`, never held in memory."""

    def deliver(wire: Wire) -> Iterator[bytes]:
        yield wire.answer.body
        left = size_bytes - len(wire.answer.body)
        while left > 0 and not wire.stopped.is_set():
            yield b";" * min(left, _BLOCK_BYTES)
            left -= _BLOCK_BYTES

    return Fault("oversized", lambda honest: replace(honest, chunked=True), deliver)
