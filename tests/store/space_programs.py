"""Programs that use a space in processes of their own, for tests of what it promises."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from blake3 import blake3
from forks import begun, child, ended

from bridge.store.spaces.space import Space

FOLDER = f"artifacts/ab/ab{'0' * 62}"


#: Names of content keys that are claimed, in no order.
KEYS = [f"claims/{blake3(b'%d' % i).hexdigest()}" for i in range(30)]


def names(space: Space, folder: str = FOLDER) -> list[str]:
    return [name for name, _ in space.walk(folder)]


def command(space: Space, *arguments: str) -> list[str]:
    """How one of the programs below is run for a space."""
    return [sys.executable, __file__, pickle.dumps(space).hex(), *arguments]


def program(space: Space, *arguments: str) -> str:
    done = subprocess.run(command(space, *arguments), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Holder:
    """A process that holds names until it is killed."""

    def __init__(self, space: Space, *names: str) -> None:
        self.process = subprocess.Popen(command(space, "hold", *names), stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> subprocess.Popen[str]:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "held\n"
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


# Programs


def race(space: Space) -> None:
    space.put("used", b"")
    for trial in range(4):
        gate, go = os.pipe()

        def create(gate: int = gate, go: int = go, name: str = f"race/{trial}") -> int:
            os.close(go)
            space.size("used")
            os.read(gate, 1)  # all go when the pipe is closed
            return int(space.create(name, b"the same for all"))

        numbers = [begun(create) for _ in range(4)]
        time.sleep(0.3)
        os.close(gate)
        os.close(go)
        codes = sorted(ended(number) for number in numbers)
        assert codes == [0, 0, 0, 1], codes
    print("one winner")


def fork(space: Space) -> None:
    space.put("parent", b"")

    def grandchild() -> int:
        return int(space.create("grandchild", b"3") and space.read("child") == b"2")

    def work() -> int:
        assert space.create("child", b"2")
        assert space.read("child") == b"2"
        return child(grandchild)

    assert child(work) == 1
    assert space.read("grandchild") == b"3"
    print("child grandchild")


def hold(space: Space, *names: str) -> None:
    with space.claim(names[0]) if len(names) == 1 else space.hold(names):
        print("held", flush=True)
        time.sleep(60)


def turns(space: Space, seconds: float = 1.5) -> Iterator[tuple[str, float, float]]:
    """Take eight names and give them back, over and over; each with the time from and to which it was held."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with space.hold(KEYS[:8]) as held:
            start = time.monotonic()
            time.sleep(random.uniform(0.0, 0.01))
            stop = time.monotonic()
        yield from ((name, start, stop) for name in held)


def take_turns(space: Space, seed: str) -> None:
    random.seed(seed)
    for name, start, end in turns(space):
        print(name, start, end)


def write(space: Space, folder: str) -> None:
    with space.claim(f"claims/{folder.rpartition('/')[2]}"), space.attempt(folder) as attempt:
        attempt.put("c/0", b"12345")
        print("written", flush=True)
        time.sleep(60)


def fresh(base: str) -> str:
    """Address of a new place below another."""
    return f"{base}/{Path(uuid.uuid4().hex)}"


if __name__ == "__main__":
    programs: dict[str, Callable[..., None]] = {"race": race, "fork": fork, "hold": hold, "write": write}
    programs["take-turns"] = take_turns
    programs[sys.argv[2]](pickle.loads(bytes.fromhex(sys.argv[1])), *sys.argv[3:])
