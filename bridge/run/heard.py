"""What a model says while it runs: its warnings, what it logs, what it prints, kept for whoever reads its results.

Only the thread that runs the model is listened to; what a program that a model starts writes to its own
standard output is that model's to read.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

from bridge.store.logs import StageLog

#: Different warnings kept of one call; a model that warns in a loop must not fill its artifact.
KEPT = 20


@contextlib.contextmanager
def heard(log: StageLog) -> Iterator[list[str]]:
    """Have this thread's words written to ``log``; the warnings among them come back, each once, in order."""
    said: list[str] = []
    here = threading.get_ident()
    with _listening, _warnings(said, log), contextlib.ExitStack() as leaving:
        _logs[here] = log
        leaving.callback(_logs.pop, here)
        yield said


@contextlib.contextmanager
def _warnings(said: list[str], log: StageLog) -> Iterator[None]:
    here, before = threading.get_ident(), warnings.showwarning

    def hear(message: Warning | str, category: type[Warning], *more: Any, **details: Any) -> None:
        if threading.get_ident() != here:
            before(message, category, *more, **details)
            return
        text = str(message) if category is UserWarning else f"{category.__name__}: {message}"
        log.write("warning", text)
        if text not in said and len(said) < KEPT:
            said.append(text)

    with warnings.catch_warnings():
        for category in (UserWarning, RuntimeWarning):
            warnings.simplefilter("always", category)
        warnings.showwarning = hear
        yield


# Which thread is listened to

_logs: dict[int, StageLog] = {}


class _Printed(io.TextIOBase):
    """Standard output, or error, but for threads that are listened to."""

    def __init__(self, before: Any, level: str) -> None:
        self._before, self._level, self._parts = before, level, {}  # type: ignore[var-annotated]

    def write(self, text: str) -> int:
        log = _logs.get(threading.get_ident())
        if log is None:
            return int(self._before.write(text) or 0)
        *lines, rest = (self._parts.pop(log, "") + text).split("\n")
        for line in lines:
            log.write(self._level, line)
        if rest:
            self._parts[log] = rest
        return len(text)

    def flush(self) -> None:
        if threading.get_ident() not in _logs:
            self._before.flush()

    def writable(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._before, name)


class _Logged(logging.Handler):
    """Log records of threads that are listened to."""

    def emit(self, record: logging.LogRecord) -> None:
        log = _logs.get(record.thread or 0)
        if log is not None:
            log.write(record.levelname.lower(), f"{record.name}: {self.format(record)}")


class _Listening:
    """Stands between models and where their words went before, for as long as any model runs."""

    def __init__(self) -> None:
        self._lock, self._count = threading.Lock(), 0
        self._handler = _Logged(logging.INFO)

    def __enter__(self) -> None:
        with self._lock:
            self._count += 1
            if self._count > 1:
                return
            root = logging.getLogger()
            self._level, self._others = root.level, list(root.handlers)
            for handler in self._others:
                handler.addFilter(self._meant)
            root.addHandler(self._handler)
            root.setLevel(min(root.level, logging.INFO) or logging.INFO)
            self._out, self._err = sys.stdout, sys.stderr
            sys.stdout, sys.stderr = _Printed(self._out, "print"), _Printed(self._err, "stderr")

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._count -= 1
            if self._count:
                return
            if isinstance(sys.stdout, _Printed):
                sys.stdout = self._out
            if isinstance(sys.stderr, _Printed):
                sys.stderr = self._err
            root = logging.getLogger()
            root.removeHandler(self._handler)
            root.setLevel(self._level)
            for handler in self._others:
                handler.removeFilter(self._meant)

    def _meant(self, record: logging.LogRecord) -> bool:
        """Whether a record goes where it went before."""
        return record.thread not in _logs and record.levelno >= self._level


_listening = _Listening()
