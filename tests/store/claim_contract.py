"""What every space promises of claims, one by one and many at once."""

from __future__ import annotations

import itertools
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest
from space_programs import KEYS, Holder, command, turns

from bridge.store.spaces.space import Space, StoreUnusable


class ClaimContract:
    """Promises; a class of tests gives the fixture ``space``."""

    # Claims

    def test_a_claim_is_held_by_one_and_free_afterwards(self, space: Space) -> None:
        said: list[int] = []
        assert not space.claimed("claims/k")
        with space.claim("claims/k"):
            assert space.claimed("claims/k")
            assert not space.claimed("claims/other")
            with space.claim("claims/other"):
                pass
            with pytest.raises(StoreUnusable, match="is held by"), self.impatient(space, said):
                pass
        assert said == [1]
        assert not space.claimed("claims/k")
        with self.impatient(space, said):
            pass
        assert said == [1]
        assert self.everything(space) == []

    def impatient(self, space: Space, said: list[int]) -> AbstractContextManager[None]:
        return space.claim("claims/k", waiting=lambda: said.append(1), patience=0.3)

    def test_a_claim_lets_one_thread_in_at_a_time(self, space: Space) -> None:
        inside, most = 0, 0

        def work(_: int) -> None:
            nonlocal inside, most
            for _ in range(4):
                with space.claim("claims/k"):
                    inside += 1
                    most = max(most, inside)
                    time.sleep(0.002)
                    inside -= 1

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(work, range(4)))
        assert most == 1

    def test_a_killed_holder_frees_its_claim(self, space: Space) -> None:
        with Holder(space, "claims/k") as process:
            assert space.claimed("claims/k")
            with pytest.raises(StoreUnusable, match="is held by"), self.impatient(space, []):
                pass
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert not space.claimed("claims/k")
            with space.claim("claims/k", patience=5):  # a lease expires after 15
                assert space.claimed("claims/k")

    # Holding many

    def test_of_many_names_those_are_held_that_nobody_held(self, space: Space) -> None:
        with space.hold([KEYS[0], KEYS[1], "claims/k", KEYS[1]]) as first:
            assert first == {KEYS[0], KEYS[1], "claims/k"}
            assert all(space.claimed(name) for name in first)
            assert not space.claimed(KEYS[2])
            with space.hold([KEYS[1], KEYS[2], "claims/k", "claims/other"]) as second:
                assert second == {KEYS[2], "claims/other"}
            assert not space.claimed(KEYS[2])
            with space.hold([KEYS[0], KEYS[0], "claims/k"]) as third:
                assert third == set()
            assert all(space.claimed(name) for name in first)
        assert not any(space.claimed(name) for name in first)
        with space.hold(list(first)) as again, space.hold([]) as none:
            assert again == first
            assert none == set()

    @pytest.mark.parametrize("name", [KEYS[0], "claims/k"])
    def test_a_claim_and_a_hold_exclude_one_another(self, space: Space, name: str) -> None:
        said: list[int] = []
        with space.hold([name]), pytest.raises(StoreUnusable, match="is held by"):  # noqa: SIM117
            with space.claim(name, waiting=lambda: said.append(1), patience=0.2):
                pass
        assert said == [1]
        with space.claim(name, patience=0.0), space.hold([name]) as held:
            assert held == set()
        with space.hold([name]) as held:
            assert held == {name}

    def test_who_waits_for_a_name_that_is_held_gets_it_when_it_is_given_back(self, space: Space) -> None:
        waits, order = threading.Event(), list[str]()

        def wait() -> None:
            with space.claim(KEYS[1], waiting=waits.set, patience=30):
                order.append("second")

        with ThreadPoolExecutor(1) as threads:
            with space.hold(KEYS[:3]) as held:
                assert held == set(KEYS[:3])
                waiting = threads.submit(wait)
                assert waits.wait(30)
                order.append("first")
            waiting.result()
        assert order == ["first", "second"]

    def test_a_body_that_fails_gives_back_what_it_held(self, space: Space) -> None:
        with pytest.raises(ZeroDivisionError), space.hold(KEYS[:2]):
            raise ZeroDivisionError
        assert not any(space.claimed(name) for name in KEYS[:2])

    def test_a_killed_holder_frees_all_that_it_held_at_once(self, space: Space) -> None:
        with Holder(space, *KEYS[:20]) as process:
            assert all(space.claimed(name) for name in KEYS[:20])
            with space.hold(KEYS[10:30]) as held:
                assert held == set(KEYS[20:30])
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert not any(space.claimed(name) for name in KEYS[:20])
            with space.hold(KEYS[:20]) as held:
                assert held == set(KEYS[:20])

    def test_no_name_is_held_twice_by_processes_that_try_for_the_same(self, space: Space) -> None:
        """Two processes and a thread of this one take and give back the same names, and note when they had them."""
        racers = [
            subprocess.Popen(command(space, "take-turns", str(i)), stdout=subprocess.PIPE, text=True) for i in range(2)
        ]
        spans = list(turns(space))
        for racer in racers:
            said, _ = racer.communicate(timeout=120)
            assert racer.returncode == 0
            spans += [(name, float(start), float(end)) for name, start, end in map(str.split, said.splitlines())]
        assert {name for name, _, _ in spans} == set(KEYS[:8])
        for name in KEYS[:8]:
            mine = sorted((start, end) for one, start, end in spans if one == name)
            assert all(end <= start for (_, end), (start, _) in itertools.pairwise(mine)), mine
