"""moto's server with conditional writes one after another: it looks and writes in two steps, and S3 in one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from typing import Any

from moto import server

_turn = threading.Lock()
_run = server.run_simple


def in_turn(app: Any) -> Any:
    """The application, with writes that have a condition let in one by one."""

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if "HTTP_IF_NONE_MATCH" in environ or "HTTP_IF_MATCH" in environ:
            with _turn:
                return list(app(environ, start))
        return list(app(environ, start))

    return answer


server.run_simple = lambda host, port, app, **more: _run(host, port, in_turn(app), **more)
server.main(sys.argv[1:])
