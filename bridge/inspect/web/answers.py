"""An answer on its way to a browser: what goes with every one of them, and answers that no page is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: What a page may load: all of it from here, no script and no style that stands in a page itself.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: What goes with every answer; one that says more of itself, such as a report shown in a frame, keeps its own.
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "cache-control": "private, no-cache",
}


class Refusal(Exception):
    """An answer that is given before any page is asked: a status, words, headers beside the usual ones."""

    def __init__(self, status: int, words: str, kind: str = "text/plain; charset=utf-8", **headers: str) -> None:
        super().__init__(status, words)
        self.status, self.words = status, words
        self.headers = {"content-type": kind} | {name.replace("_", "-"): said for name, said in headers.items()}


class Answer:
    """One answer on its way: headers go with it, HEAD gets no more than those, and nobody reads what was sent."""

    def __init__(self, method: str, receive: Receive, send: Send) -> None:
        self._method, self._receive, self._send = method, receive, send
        self._asked = False
        self.began = self.ended = False

    async def receive(self) -> Message:
        """What a page hears: that there is no body, and when nobody listens any more."""
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while not self.ended:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return message
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Send a part of the answer."""
        if message["type"] == "http.response.start":
            self.began = True
            await self._send({**message, "headers": _with_headers(message.get("headers", ()))})
            if self._method == "HEAD":  # a stream would never end otherwise
                self.ended = True
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        elif not self.ended:
            self.ended = not message.get("more_body", False)
            await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        """Send a refusal."""
        body = refusal.words.encode() + b"\n"
        told = refusal.headers | {"content-length": str(len(body))}
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
        await self.send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def _with_headers(given: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers of an answer with those that every answer has; a page with a policy of its own is to be shown in ours."""
    headers = list(given)
    there = {name.lower() for name, _ in headers}
    own = b"content-security-policy" in there
    for name, value in HEADERS.items():
        if name.encode() not in there:
            headers.append((name.encode(), b"SAMEORIGIN" if own and name == "x-frame-options" else value.encode()))
    return headers
