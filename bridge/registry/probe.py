"""Models loaded in a process of their own: one that ends, hangs or crashes the interpreter harms nobody else."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from bridge.places import plugin_variable
from bridge.registry.offers import Entry

#: Seconds that a model may take to be imported.
PATIENCE = 60.0
#: Characters that are told of what a process said last.
TOLD = 160

#: What the process does; it imports from where this one does.
BEGIN = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from bridge.registry.child import main; main()"

Verdict = dict[str, Any]


class Probe:
    """A process that loads models, begun when one is asked for, and begun anew when one has ended it."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._said: Any = None
        self._rest, self._ended, self._last, self._since, self._used = b"", False, "", 0, False

    def ask(self, entry: Entry) -> Verdict:
        """Load one model there: its scale, summary and ports, or why it is ``broken``.

        ``died`` says of a broken one that it cost the process its life.
        """
        if reason := entry.fault():
            return {"broken": reason}
        process = self._process or self._begin()
        self._since = os.fstat(self._said.fileno()).st_size  # what others said before is not its own
        first, self._used = not self._used, True
        self._send(entry.name)
        answer = self._answer()
        if answer is not None:
            verdict: Verdict = json.loads(answer)
            return verdict
        hung = process.poll() is None and not self._ended
        self.end()
        if not first:  # a model before it may have left an alarm or a thread behind: again, in a process of its own
            return self.ask(entry)
        return {"broken": f"{_where(entry)} {self._fate(process, hung)}", "died": True}

    def end(self) -> None:
        """End the process, and whatever it has started."""
        if (process := self._process) is None:
            return
        self._process = None
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):  # it died with something yet to be read
                    stream.close()
        if process.poll() is None:
            try:
                process.wait(timeout=0.5 if self._ended else 0)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._said.seek(max(self._since, self._said.seek(0, os.SEEK_END) - TOLD))
        self._last = " ".join(self._said.read().decode(errors="replace").split())
        self._said.close()

    def _begin(self) -> subprocess.Popen[bytes]:
        self._said, self._rest, self._ended = tempfile.TemporaryFile(), b"", False  # noqa: SIM115 - read when it died
        self._used = False
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-P", "-c", BEGIN, json.dumps(sys.path)],  # what is printed comes in its order
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,  # it is ended with all that it has started, and Ctrl-C is for us
            env={**os.environ, **plugin_variable()},
        )
        return self._process

    def _send(self, what: Any) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it ended by itself; its answer, which will not come, tells
            self._process.stdin.write(json.dumps(what).encode() + b"\n")
            self._process.stdin.flush()

    def _answer(self) -> bytes | None:
        """Next line that it writes; None if it ends first, or takes too long."""
        assert self._process is not None
        assert self._process.stdout is not None
        out, end = self._process.stdout.fileno(), time.monotonic() + self._patience
        while b"\n" not in self._rest:
            left = end - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                return None
            piece = os.read(out, 65536)
            if not piece:
                self._ended = True
                return None
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _fate(self, process: subprocess.Popen[bytes], hung: bool) -> str:
        """How the process ended while it loaded a model."""
        if hung:
            return f"hangs: it was not imported within {self._patience:g} s."
        code = process.returncode
        words = f" It said: {self._last}" if self._last else ""
        if code < 0:
            return f"crashes the interpreter ({signal.Signals(-code).name}) when it is imported.{words}"
        return f"ends the interpreter (exit status {code}) when it is imported.{words}"


def _where(entry: Entry) -> str:
    (offer,) = entry.offers
    return f"{entry.name} ({offer.point.value if offer.point else ''}, {offer})"


@contextmanager
def probing(patience: float = PATIENCE) -> Iterator[Probe]:
    """A probe that ends with the block."""
    probe = Probe(patience)
    try:
        yield probe
    finally:
        probe.end()
