"""What ports tell one who is not let in: without TLS, without a certificate, and with another authority's."""

from __future__ import annotations

import json
import socket
import ssl
import sys
from collections.abc import Iterable

#: Pages that Dask's schedulers and workers serve by default, with where everything is and what it does.
ASKED = b"GET /info/main/workers.html HTTP/1.0\r\n\r\n"
#: What may be answered: nothing, or that there is no such page.
NOTHING = ("", "HTTP/1.1 404 Not Found")


def told(ports: Iterable[tuple[str, int]], cert: str, key: str) -> list[tuple[str, int, str, str]]:
    """Address, port, way of asking, and what was answered that is more than nothing."""
    ways = {"plain": None, "no certificate": _unverified(), "another authority": _unverified((cert, key))}
    found = [(*port, way, _answer(port, how)) for port in ports for way, how in ways.items()]
    return [one for one in found if one[3] not in NOTHING]


def _answer(port: tuple[str, int], context: ssl.SSLContext | None) -> str:
    """The first line that comes back within 5 s."""
    try:
        with socket.create_connection(port, timeout=5) as plain, _spoken(plain, context) as spoken:
            spoken.settimeout(5)
            spoken.sendall(ASKED)
            return spoken.recv(100).partition(b"\r\n")[0].decode(errors="replace")
    except OSError:  # of which TLS's refusals are
        return ""


def _spoken(plain: socket.socket, context: ssl.SSLContext | None) -> socket.socket:
    return context.wrap_socket(plain) if context else plain


def _unverified(chain: tuple[str, str] | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if chain:
        context.load_cert_chain(*chain)
    return context


if __name__ == "__main__":
    asked = [(address, port) for address, port in json.loads(sys.argv[1])]
    print(json.dumps(told(asked, sys.argv[2], sys.argv[3])))
