"""What stands before the pages: whom the server answers, how much it listens to, and what goes with every answer.

Plain ASGI, so that what streams goes on streaming. A page of another site that a reader has open must learn nothing
(Host, Origin and ``Sec-Fetch`` are looked at), nobody without the token comes in where one is needed, nothing can be
changed (GET and HEAD only, bodies are never read), and what a page may load is said to the browser.
"""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlencode

from bridge.inspect.web.answers import Answer, Receive, Refusal, Scope, Send

App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Bytes of an address, and of all headers of a request; requests answered at once, readers of /live among them.
LONGEST_ADDRESS, LONGEST_HEADERS, MOST = 8192, 16384, 64
#: Days that a browser remembers the token.
REMEMBERED = 30

_NAME = re.compile(r"[a-z0-9.:\[\]-]{1,100}")
_LOG = logging.getLogger("scalebridge.ui")


class Guard:
    """Lets requests through to ``app`` that come from a browser of the person who started the server.

    ``hosts`` are the names that the server may be called by: ``localhost:8420`` with this port alone, ``lab`` with
    any. With a ``token``, only who brings it comes in: once in the address, from then on in a cookie that is named
    after the ``port``, or in every request as ``Authorization: Bearer``.
    """

    def __init__(
        self, app: App, hosts: Iterable[str], *, token: str | None = None, port: int = 0, most: int = MOST
    ) -> None:
        self._app, self._token, self._most = app, token, most
        self._hosts = frozenset(host.lower() for host in hosts)
        self._cookie = f"scalebridge-{port}"
        self._busy = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or have it answered."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = Answer(scope["method"], receive, send)
        if self._busy >= self._most:
            await answer.refuse(Refusal(503, "Too much is asked at once: try again.", retry_after="1"))
            return
        self._busy += 1
        try:
            self._look_at(scope)
            await self._app(scope, answer.receive, answer.send)
        except Refusal as reason:
            await answer.refuse(reason)
        except Exception:
            if answer.began and not answer.ended:
                raise  # the reader learns of it by the connection, which is cut
            if not answer.began:
                _LOG.exception("while %r was answered", scope["path"])
                await answer.refuse(Refusal(500, "This could not be answered: the console of scalebridge ui says why."))
        finally:
            self._busy -= 1

    def _look_at(self, scope: Scope) -> None:
        """Raise Refusal for what no page is to see."""
        said: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            said.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        _in_bounds(scope, said)
        host = self._known_host(said.get("host", []))
        for origin in said.get("origin", []):
            if origin.lower() not in (f"http://{host}", f"https://{host}"):
                raise Refusal(403, "This server answers pages of its own only.")
        if _is_foreign(said):
            raise Refusal(403, "Pages of other sites may link here, and ask nothing.")
        if self._token is not None and not scope["path"].startswith("/static/"):
            self._with_token(scope, said)

    def _known_host(self, hosts: list[str]) -> str:
        """The name by which the server was called: a foreign one may have been led here by its owner."""
        if len(hosts) != 1:
            raise Refusal(400, "A request names one host.")
        host = hosts[0].lower()
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if host not in self._hosts and name not in self._hosts:
            write = f" If it should: scalebridge ui --allow-host {host}" if _NAME.fullmatch(host) else ""
            raise Refusal(421, f"This server does not go by the name that it was called by.{write}")
        return host

    def _with_token(self, scope: Scope, said: dict[str, list[str]]) -> None:
        """Raise Refusal for who has no token, and for who brings it in the address: from then on a cookie has it."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        brought = [value for name, value in query if name == "token"]
        if brought and self._is_token(brought[0]):
            rest = urlencode([(name, value) for name, value in query if name != "token"])
            path = quote(scope["path"].encode(errors="replace"), safe="/")
            if path.startswith("//"):  # which a browser would take for the name of another host
                path = "/"
            cookie = f"{self._cookie}={self._token}; Path=/; Max-Age={REMEMBERED * 86400}; HttpOnly; SameSite=Strict"
            to = f"{path}?{rest}" if rest else path
            raise Refusal(303, "", location=to, set_cookie=cookie, cache_control="no-store")
        if not any(self._is_token(one) for one in (*self._cookies(said), *_bearers(said))):
            raise Refusal(401, _WITHOUT_TOKEN, "text/html; charset=utf-8", www_authenticate="Bearer")

    def _cookies(self, said: dict[str, list[str]]) -> list[str]:
        found = []
        for line in said.get("cookie", []):
            try:
                cookies: SimpleCookie = SimpleCookie(line)
            except CookieError:
                continue
            if self._cookie in cookies:
                found.append(cookies[self._cookie].value)
        return found

    def _is_token(self, text: str) -> bool:
        """Whether this is the token, told in a time that says nothing of how near it is."""
        return hmac.compare_digest(text.encode(errors="replace"), (self._token or "").encode())


def _in_bounds(scope: Scope, said: dict[str, list[str]]) -> None:
    """Raise Refusal for requests that ask for more than a page."""
    if scope["method"] not in ("GET", "HEAD"):
        raise Refusal(405, "Pages are only read: GET and HEAD.", allow="GET, HEAD", connection="close")
    if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
        raise Refusal(414, f"An address has at most {LONGEST_ADDRESS} characters.")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > LONGEST_HEADERS:
        raise Refusal(431, f"Headers have at most {LONGEST_HEADERS} characters.")
    if "transfer-encoding" in said or any(length.strip() != "0" for length in said.get("content-length", [])):
        raise Refusal(413, "Pages are only read: nothing is sent along.", connection="close")


def _is_foreign(said: dict[str, list[str]]) -> bool:
    """Whether a page of another site asks for this, other than by a link that is followed."""
    site, mode, use = (said.get(f"sec-fetch-{what}", [""])[-1].lower() for what in ("site", "mode", "dest"))
    return site in ("cross-site", "same-site") and (mode, use) != ("navigate", "document")


def _bearers(said: dict[str, list[str]]) -> list[str]:
    return [line[7:].strip() for line in said.get("authorization", []) if line[:7].lower() == "bearer "]


_WITHOUT_TOKEN = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>A token is needed · scalebridge</title><link rel="stylesheet" href="/static/style.css"></head>
<body><main><h1>A token is needed</h1>
<p>This server shows its pages to those who have its address with the token, as <code>scalebridge ui</code> printed it:
<code>http://…/?token=…</code>. Open that once; this browser has it then.</p>
<p>If you came by a link of another page and have opened it before: <a href="/">all runs</a>.
From a program: <code>Authorization: Bearer TOKEN</code>.</p></main></body></html>"""
