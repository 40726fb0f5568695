"""Requests that no page hopes for, made from the routes and from what a store holds; and what every answer must be."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote

from hostile_store import HOSTILE, Hostile

from bridge.inspect.web.answers import HEADERS
from bridge.inspect.web.app import ROUTES

HOST = "127.0.0.1:8420"
#: What queries are asked by, with values that some page takes.
NAMES = {
    "a": ["RUN"], "after": ["eyJhIjox", "0"], "at": ["0", "3,1", "0,0,0"], "axes": ["1,0", "0,1", "2,0"],
    "b": ["RUN"], "by": ["state", "started"], "colour": ["a.length"], "flow": ["swept"], "high": ["1"],
    "kind": ["scatter"], "level": ["0", "1", "99"], "log": ["x"], "low": ["0"], "map": ["viridis", "grey"],
    "model": ["toy"], "n": ["1", "abc", "-1"], "name": ["x"], "of": ["number"], "output": ["a.length"],
    "page": ["1", "0"], "path": ["number", "field", "volume", "line", "wave", "inner.length", "page", "picture"],
    "port": ["field", "line"], "run": ["RUN"], "scale": ["linear", "log", "symmetric"], "since": ["2026-01-01"],
    "sort": ["-started", "cost"], "stage": ["a"], "state": ["completed", "failed"], "tag": ["x"],
    "to": ["csv", "netcdf", "png", "npy"], "until": ["2026-01-01"], "what": ["mean", "minimum"],
    "where": ["temperature=1 K .. 2 K"], "with": ["KEY"], "words": ["creep"], "x": ["0", "1", "temperature"],
    "y": ["0", "1", "a.length"],
}  # fmt: skip
#: What no value is.
ODD = (
    *HOSTILE, "", " ", "0", "-1", "1", "abc", "1e999", "-1e999", "NaN", "inf", "1_000", "٣", "0x10", "9" * 40,
    "1.5", "1,2,3,4,5,6,7,8,9", "%00", "a\0b", "\ud800", "\udfff", "\U0001f4a9", "x" * 3000, "..", "../..",
    "/etc/passwd", "%2e%2e%2f", "\\", "\r\nSet-Cookie: a=b", "'; DROP TABLE run_record; --", '" OR ""="', "%", "_",
    "*", "a.b.c.d", "__class__.__mro__", "{{config}}", "{%for%}", "None", "null", "[]", "{}", "true", "2026-13-45",
    "9999999999", "temperature=", "=1 K", "temperature=1 K .. 2 J", "last", "1 K .. 2 K : 99999999999",
)  # fmt: skip
ELSEWHERE = (b"//evil.example/", b"/..", b"/%2e%2e/", b"/static/../app.py", b"/runs//", b"/" + b"a" * 9000, b"/\\evil")
METHODS = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "X")
ODD_HEADERS = (
    ("host", "evil.example"), ("host", "localhost.evil.example:8420"), ("host", ""),
    ("host", "127.0.0.1:8420, evil"), ("origin", "http://evil.example"), ("origin", "null"),
    ("origin", f"http://{HOST}"), ("range", "bytes=0-"), ("range", "bytes=9-1"),
    ("range", "bytes=-99999999999999999999"), ("range", "elephants=1-2"), ("range", "bytes=0-0,1-1,2-2"),
    ("accept", "*/*;q=x"), ("accept", "\xff\xfe"), ("accept-encoding", "gzip;q=abc, \x01"),
    ("if-none-match", '"' * 50), ("if-modified-since", "Thu, 99 Abc 2026"), ("cookie", "a=b; =; ;;" + "x" * 999),
    ("content-length", "5"), ("content-length", "x"), ("transfer-encoding", "chunked"),
    ("sec-fetch-site", "cross-site"), ("last-event-id", "\xe9'--"), ("x-forwarded-host", "evil.example"),
    ("accept-language", "x" * 5000), ("upgrade", "websocket"),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One request as it goes over the wire."""

    method: str
    target: bytes
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.target[:300]!r} {self.headers}"


@dataclass
class Asking:
    """Makes requests, the same ones for the same seed."""

    there: Hostile
    seed: int = 0
    draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)

    def requests(self, count: int) -> Iterator[Asked]:
        """So many requests: most ask pages for what is there with something odd, some break HTTP."""
        for _ in range(count):
            path, _ = self.draw.choice(ROUTES) if self.draw.random() < 0.95 else ("/static/{file}", "")
            parts = [self._part(part) for part in path.split("/")[1:]]
            target = b"/" + b"/".join(parts) + self._query()
            if self.draw.random() < 0.03:
                target = self.draw.choice(
                    [b"//evil.example/", b"/..", b"/%2e%2e/", b"/static/../app.py", b"/runs//", b"/" + b"a" * 9000]
                )
            method = (
                self.draw.choice(METHODS)
                if self.draw.random() < 0.04
                else self.draw.choice(("GET", "GET", "GET", "HEAD"))
            )
            headers = [self.draw.choice(ODD_HEADERS) for _ in range(self.draw.choice((0, 0, 0, 0, 1, 2)))]
            yield Asked(method, target, tuple(headers))

    def plain(self) -> Iterator[Asked]:
        """Every page and every format once, as a browser asks: what is imported late is imported then."""
        known = {"{run}": self.there.sweep, "{key}": self.there.keys[0], "{point}": "1", "{name}": "m"}
        for path, _ in ROUTES:
            yield Asked("GET", "/".join(known.get(part, part) for part in path.split("/")).encode())
        one, key = f"/runs/{self.there.runs[0]}", f"/artifacts/{self.there.keys[0]}"
        asked = [one, f"/compare?a={self.there.runs[0]}&b={self.there.runs[1]}"]
        for path in ("field", "line", "volume"):
            asked += [f"{key}/{what}?path={path}" for what in ("port", "tile", "values")]
        for to in NAMES["to"]:
            asked += [f"{run}/download?to={to}" for run in (one, f"/runs/{self.there.sweep}")]
            asked += [
                f"{key}/download?to={to}",
                f"{key}/download?to={to}&path=field",
                f"{key}/download?to={to}&path=line",
            ]
        for address in asked:
            yield Asked("GET", address.encode())

    def _part(self, part: str) -> bytes:
        known = {
            "{run}": [*self.there.runs, self.there.sweep, self.there.sweep],
            "{key}": [*self.there.keys, self.there.damaged],
            "{point}": list("0123456"),
            "{name}": [*HOSTILE, "creep.nabarro_herring"],
            "{file}": ["style.css", "field.js", "live.js", "../app.py", "%2e%2e/app.py"],
        }.get(part)
        if known is None:
            return part.encode()
        value = self.draw.choice(known)
        if self.draw.random() < 0.15:
            value = self.draw.choice([self._odd(), value[:-1], value + "0", value.upper(), value[::-1]])
        return self._quoted(value)

    def _query(self) -> bytes:
        pairs = []
        for _ in range(self.draw.choice((0, 1, 1, 2, 3, 4, 6))):
            name = self.draw.choice(list(NAMES)) if self.draw.random() < 0.95 else self._odd()
            value = self.draw.choice(NAMES.get(name, ["x"])) if self.draw.random() < 0.6 else self._odd()
            if self.draw.random() < 0.2 and name in ("port", "of", "output", "path", "stage"):
                value = self.draw.choice([*self.there.ports, *self.there.stages])
            value = {"RUN": self.draw.choice(self.there.runs), "KEY": self.draw.choice(self.there.keys)}.get(
                value, value
            )
            pairs.append(self._quoted(name) + b"=" + self._quoted(value))
            if self.draw.random() < 0.1:
                pairs.append(pairs[-1])
        return b"?" + b"&".join(pairs) if pairs else b""

    def _odd(self) -> str:
        return self.draw.choice(ODD)

    def _quoted(self, text: str) -> bytes:
        """As an address has it; now and then something that is no UTF-8, or that was quoted twice."""
        quoted = quote(text.encode(errors="surrogatepass"), safe="")
        chance = self.draw.random()
        if chance < 0.02:
            quoted = quote(quoted, safe="")
        elif chance < 0.03:
            quoted += self.draw.choice(["%ff", "%", "%zz", "%c0%af", "%ed%a0%80", "%00"])
        return quoted.encode()


class _Page(HTMLParser):
    """What of a page a browser would act on."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "script" and not (found.get("src") or "").startswith("/static/"):
            self.wrong.append(f"a script in the page: {found}")
        if tag in ("style", "base", "object", "embed", "applet") or (tag == "iframe" and "sandbox" not in found):
            self.wrong.append(f"<{tag}> {found}")
        for name, value in attrs:
            said = html.unescape(value or "").strip().lower()
            if name.startswith("on") or name == "style" or name == "srcdoc":
                self.wrong.append(f"<{tag} {name}={value}>")
            if name in ("href", "src", "action", "formaction", "xlink:href", "data", "poster"):
                if re.match(r"[a-z][a-z0-9+.-]*:", said) and not said.startswith(("data:image/png;base64,",)):
                    self.wrong.append(f"<{tag} {name}={value[:200] if value else value}> leads elsewhere")
                if said.startswith("//"):
                    self.wrong.append(f"<{tag} {name}={value}> leads elsewhere")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


#: What would move the pen or the direction of reading.
_MOVES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def faults(status: int, headers: dict[str, str], body: bytes) -> list[str]:
    """What is wrong with an answer, whatever was asked."""
    wrong = [f"status {status}"] if status >= 500 and status != 503 else []
    wrong += [f"no {name}" for name in HEADERS if name not in headers]
    if b"Traceback (most recent call last)" in body and b"File &quot;" not in body:
        wrong.append("a traceback")
    if any("\r" in value or "\n" in value for value in headers.values()):
        wrong.append("a header of two lines")
    if "location" in headers and not re.match(rf"/(?!/)|http://{HOST}/", headers["location"]):
        wrong.append(f"leads to {headers['location']}")
    kind, policy = headers.get("content-type", ""), headers.get("content-security-policy", "")
    if kind.startswith("text/html") and not policy.startswith("sandbox"):
        wrong += _of_page(body)
    active = kind.startswith(("image/svg", "text/html", "text/xml", "application/x"))
    if active and b"<script>alert" in body and "sandbox" not in policy:
        wrong.append(f"{kind} with a script and without a sandbox: {policy}")
    return wrong


def _of_page(body: bytes) -> list[str]:
    text = body.decode()
    page = _Page()
    page.feed(text)
    page.close()
    wrong = page.wrong
    if moved := _MOVES.search(text):
        wrong.append(f"U+{ord(moved[0]):04X} in the page: {text[max(0, moved.start() - 80) : moved.start() + 40]!r}")
    if re.search(r"(?<![\d.,-])49\$49|\$49(?!\d)", text):
        wrong.append("a template within a name was followed")
    return wrong
