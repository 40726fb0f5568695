"""Whom the server answers, and what goes with every answer."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from bridge.inspect.web.answers import HEADERS, Message, Receive, Scope, Send
from bridge.inspect.web.guard import Guard
from bridge.inspect.web.serving import logged

HERE = "127.0.0.1:8420"
TOKEN = "a-token-of-the-tests"
HOST = ((b"host", HERE.encode()),)
ENDS: list[str] = []


async def pages(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers everything, some of it strangely."""
    answers = {
        "/frame": lambda: PlainTextResponse("a report", headers={"content-security-policy": "sandbox"}),
        "/kept": lambda: PlainTextResponse("a tile", headers={"cache-control": "immutable"}),
        "/none": lambda: Response(status_code=304),
        "/stream": lambda: StreamingResponse(_beats(), media_type="text/event-stream"),
        "/breaks": lambda: StreamingResponse(_breaking()),
    }
    if scope["path"] == "/raises":
        raise ZeroDivisionError("a secret of the code")
    if scope["path"] == "/body":
        assert await receive() == {"type": "http.request", "body": b"", "more_body": False}
    await answers.get(scope["path"], lambda: PlainTextResponse(scope["path"]))()(scope, receive, send)


async def _beats() -> Any:
    try:
        while True:
            yield b": beat\n\n"
            await asyncio.sleep(0.01)
    finally:
        ENDS.append("stream")


async def _breaking() -> Any:
    yield b"first"
    raise OSError("the disk is gone")


def ask(path: str = "/runs", method: str = "GET", *, guard: Guard | None = None, **headers: str) -> httpx.Response:
    """Ask once; names of headers with underscores."""
    app: Any = guard or Guard(pages, [HERE, "localhost:8420"])

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{HERE}") as client:
            return await client.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return asyncio.run(asked())


def locked() -> Guard:
    return Guard(pages, [HERE], token=TOKEN, port=8420)


def raw(guard: Any, path: str = "/runs", method: str = "GET", headers: Any = HOST) -> Any:
    """What is sent for a request that no client would make; it listens to twenty parts, then goes."""

    async def asked() -> list[Message]:
        sent: list[Message] = []
        gone = asyncio.Event()

        async def receive() -> Message:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)
            if len(sent) > 20 or (message["type"].endswith("body") and not message.get("more_body")):
                gone.set()

        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b""}
        await guard(
            {**scope, "headers": list(headers), "asgi": {"version": "3.0", "spec_version": "2.3"}}, receive, send
        )
        return sent

    return asyncio.run(asyncio.wait_for(asked(), 60))


@pytest.mark.parametrize(
    "path", ["/runs", "/none", "/raises", "/frame", "/kept", "/static/x", "/" + "x" * 9000, "//", "/%00"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_every_answer_says_what_a_browser_may_do_with_it(path: str, method: str) -> None:
    headers = ask(path, method).headers
    assert not HEADERS.keys() - headers.keys()
    assert headers["x-content-type-options"] == "nosniff"
    for name in headers:
        assert len(headers.get_list(name)) == 1


def test_what_stands_in_a_page_may_not_run() -> None:
    policy = dict(part.strip().split(" ", 1) for part in ask().headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in str(policy)


def test_a_report_in_a_frame_keeps_its_own_policy_and_is_framed_by_us_alone() -> None:
    headers = ask("/frame").headers
    assert headers["content-security-policy"] == "sandbox"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert ask().headers["x-frame-options"] == "DENY"


def test_what_never_changes_is_kept_and_pages_are_asked_for_again() -> None:
    assert ask("/kept").headers["cache-control"] == "immutable"
    assert ask().headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW", "get"])
def test_pages_are_only_read(method: str) -> None:
    (start, body) = raw(Guard(pages, [HERE]), method=method)
    assert start["status"] == 405
    assert (b"allow", b"GET, HEAD") in start["headers"]
    assert b"only read" in body["body"]


def test_head_gets_no_content_and_ends_what_streams() -> None:
    ENDS.clear()
    answered = raw(Guard(pages, [HERE]), "/stream", "HEAD")
    assert [message["type"] for message in answered] == ["http.response.start", "http.response.body"]
    assert answered[1]["body"] == b""
    assert ENDS == ["stream"]


def test_a_stream_is_passed_on_part_by_part_and_ends_with_its_listener() -> None:
    ENDS.clear()
    sent = raw(Guard(pages, [HERE]), "/stream")
    assert len(sent) >= 20
    assert sent[3]["body"] == b": beat\n\n"
    assert ENDS == ["stream"]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8420", "127.0.0.1:80", "127.0.0.1", "localhost", "", "8420"]
)
def test_foreign_names_are_refused(host: str) -> None:
    answered = ask(host=host)
    assert answered.status_code == 421
    assert "/runs" not in answered.text


def test_a_refused_name_is_told_only_as_a_name() -> None:
    assert "--allow-host lab:9000" in ask(host="lab:9000").text
    assert "rm" not in ask(host="lab;rm -rf").text
    assert "script" not in ask(host="<script>").text


@pytest.mark.parametrize("headers", [(), ((b"host", HERE.encode()), (b"Host", b"evil.example"))])
def test_a_request_names_one_host(headers: Any) -> None:
    assert raw(Guard(pages, [HERE]), headers=headers)[0]["status"] == 400


def test_names_that_were_allowed_are_known_with_any_port_or_their_own() -> None:
    guard = Guard(pages, ["lab.example", "there:9000", "[::1]:8420"])
    for host, status in (("lab.example", 200), ("LAB.example:1234", 200), ("there:9000", 200), ("[::1]:8420", 200)):
        assert ask(guard=guard, host=host).status_code == status, host
    for host in ("there", "there:9001", "[::1]", "sub.lab.example", "lab.example.evil.example", "lab.example:x"):
        assert ask(guard=guard, host=host).status_code == 421, host


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8420", "file://", ""]
)
def test_pages_of_other_origins_are_refused(origin: str) -> None:
    assert ask(origin=origin).status_code == 403


def test_pages_of_our_own_may_ask() -> None:
    assert ask(origin=f"http://{HERE}", sec_fetch_site="same-origin", sec_fetch_mode="cors").status_code == 200
    assert ask(sec_fetch_site="none", sec_fetch_mode="navigate", sec_fetch_dest="document").status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_may_link_here_and_load_nothing(site: str) -> None:
    asked = [
        ("no-cors", "image"),
        ("no-cors", "script"),
        ("cors", "empty"),
        ("navigate", "iframe"),
        ("navigate", "embed"),
    ]
    for mode, dest in asked:
        assert ask(sec_fetch_site=site, sec_fetch_mode=mode, sec_fetch_dest=dest).status_code == 403
    assert ask(sec_fetch_site=site, sec_fetch_mode="navigate", sec_fetch_dest="document").status_code == 200


def test_without_the_token_nobody_reads_a_page() -> None:
    for more in (
        {},
        {"cookie": "scalebridge-8420=wrong"},
        {"cookie": f"scalebridge-9999={TOKEN}"},
        {"authorization": "Bearer x"},
    ):
        answered = ask(guard=locked(), **more)
        assert answered.status_code == 401
        assert "/?token=" in answered.text
        assert TOKEN not in answered.text
    assert ask(guard=locked()).status_code == 401
    assert ask("/runs?token=wrong", guard=locked()).status_code == 401
    assert ask("/runs?token=%ed%a0%80", guard=locked(), cookie="\x1b[31m;;=").status_code == 401


def test_the_token_moves_from_the_address_into_a_cookie() -> None:
    came = ask(f"/runs/x%20y?of=a%26b&token={TOKEN}&of=c", guard=locked())
    assert came.status_code == 303
    assert came.headers["location"] == "/runs/x%20y?of=a%26b&of=c"
    assert came.headers["cache-control"] == "no-store"
    cookie = came.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert ask(guard=locked(), cookie=cookie.partition(";")[0]).status_code == 200
    assert ask(guard=locked(), authorization=f"Bearer {TOKEN}").status_code == 200


def test_the_way_out_of_the_token_leads_to_no_other_host() -> None:
    for path in ("//evil.example/", "/\\evil.example", "/%0d%0aset-cookie:x"):
        location = ask(f"http://{HERE}{path}?token={TOKEN}", guard=locked()).headers["location"]
        assert location.startswith("/")
        assert not location.startswith(("//", "/\\"))
        assert "\n" not in location


def test_the_page_that_asks_for_the_token_has_its_looks() -> None:
    assert ask("/static/style.css", guard=locked()).status_code == 200
    assert ask("/static", guard=locked()).status_code == 401


def test_requests_have_bounds() -> None:
    assert ask("/" + "x" * 9000).status_code == 414
    assert ask("/?q=" + "x" * 9000).status_code == 414
    assert ask(x_long="x" * 20000).status_code == 431
    assert ask(content_length="5").status_code == 413
    assert ask(transfer_encoding="chunked").status_code == 413
    assert ask("/body", content_length="0").status_code == 200


def test_what_goes_wrong_is_told_to_the_console_alone(caplog: pytest.LogCaptureFixture) -> None:
    answered = ask("/raises")
    assert answered.status_code == 500
    assert "secret" not in answered.text
    assert "a secret of the code" in caplog.text


def test_an_answer_that_breaks_is_cut_not_finished() -> None:
    with pytest.raises(OSError, match="the disk is gone"):
        raw(Guard(pages, [HERE]), "/breaks")


def test_too_many_at_once_are_told_to_come_again() -> None:
    async def asked() -> list[int]:
        held, entered = asyncio.Event(), asyncio.Semaphore(0)

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            entered.release()
            await held.wait()
            await PlainTextResponse("done")(scope, receive, send)

        guard: Any = Guard(slow, [HERE], most=2)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(guard), base_url=f"http://{HERE}") as client:
            first = [asyncio.create_task(client.get("/")) for _ in range(2)]
            await entered.acquire()
            await entered.acquire()
            refused = await client.get("/")
            held.set()
            done = [await one for one in first]
            return [refused.status_code, *(one.status_code for one in done), (await client.get("/")).status_code]

    assert asyncio.run(asked()) == [503, 200, 200, 200]


def test_what_is_no_request_is_refused() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    asyncio.run(Guard(pages, [HERE])({"type": "websocket"}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_the_log_says_what_was_asked_and_no_token(capsys: pytest.CaptureFixture[str]) -> None:
    ask(f"/runs?of=x&token={TOKEN}", guard=logged(locked()))  # type: ignore[arg-type]
    ask("/nothing%1b[31m", guard=logged(Guard(pages, [HERE])))  # type: ignore[arg-type]
    said = capsys.readouterr().err
    assert "GET /runs?of=x&token=… 303" in said
    assert TOKEN not in said
    assert "\x1b" not in said
