"""Several hosts: what is lost with one of them, and how its work goes on elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest
from distant import SILENCE, Far
from users import FAR, keys, states, told, until

pytestmark = [pytest.mark.science, pytest.mark.timeout(900)]

STAGES = Counter("abcde")


def test_a_run_on_two_hosts_is_the_run_on_one(far: Far, record_property: Any) -> None:
    record_property("asked", "two hosts by mutual TLS, no lock in common: both work, each stage once, equal keys")
    there = told(far.run(long=3))
    assert (states(there), far.user.calls()) == ({"computed"}, STAGES)
    where = {name: host for name, what, host, _ in far.user.notes() if what == "start"}
    assert {where["b"], where["c"]} == {"one", "two"}
    assert not list(far.user.store.glob("claims/*.lease/*"))
    elsewhere = far.user.over(far.logs / "store")
    here = elsewhere.json("run", f"{FAR}:fork", "-p", "long=3", enter=far.enter)
    assert keys(here) == keys(there)
    record_property("reached", f"{dict(Counter(where.values()))} stages by host, {len(keys(there))} equal keys")


def test_a_run_completes_when_a_host_is_cut_off_and_nothing_is_computed_twice(far: Far, record_property: Any) -> None:
    """The cut host still reaches the store: it commits what it computes, and the other one waits for it."""
    record_property(
        "asked", "a worker's cable pulled in mid-run: completes; no stage twice; no process left; comes back"
    )
    run = far.run(long=3 * SILENCE)
    placed = far.both_busy()
    lost = next(host for host, name in placed.items() if name == "c")
    far.hosts.cut(lost)
    began = time.monotonic()
    done = told(run)
    took = time.monotonic() - began
    how = {stage["name"]: stage["state"] for stage in done["stages"]}
    assert how == dict.fromkeys("abde", "computed") | {"c": "found"}
    assert far.user.calls() == STAGES
    ended = {name: host for name, what, host, _ in far.user.notes() if what == "end"}
    assert ended["c"] == lost
    until(lambda: not far.hosts[lost].processes(), 90, "the end of all processes on the host that was cut off")
    far.hosts.heal(lost)
    far.worker(lost)  # as whatever started it there would
    far.registered(lost, 2)
    assert states(told(far.run(long=3, seconds=1))) == {"computed"}
    hosts_after = {host for _, _, host, _ in far.user.notes()[2 * len(STAGES) :]}
    record_property(
        "reached", f"completed {took:.0f} s after the cut; computed twice: none; back in work: {hosts_after}"
    )
    assert hosts_after == {"one", "two"}


def test_a_host_without_power_costs_the_stage_that_it_was_in(far: Far, record_property: Any) -> None:
    """Its lease is renewed no more, which the other host sees by its own watch."""
    record_property(
        "asked", "a host cut off and all its processes killed: completes; only the stage it was in is repeated"
    )
    run = far.run(long=10)
    placed = far.both_busy()
    finished = far.user.calls("end")
    far.hosts.cut("two")
    far.hosts["two"].end()
    began = time.monotonic()
    assert states(told(run)) == {"computed"}
    calls = far.user.calls()
    record_property(
        "reached", f"completed {time.monotonic() - began:.0f} s later; called again: {dict(calls - STAGES)}"
    )
    assert finished == Counter("a")
    assert calls == STAGES + Counter(placed["two"])
    assert len(far.user.artifacts()) == len(STAGES)


def test_a_short_cut_is_not_noticed(far: Far, record_property: Any) -> None:
    record_property("asked", f"cable pulled for {SILENCE // 3} s, less than connections may be silent: no stage twice")
    run = far.run(long=2 * SILENCE)
    far.both_busy()
    far.hosts.cut("one")
    time.sleep(SILENCE / 3)
    far.hosts.heal("one")
    assert states(told(run)) == {"computed"}
    record_property("reached", f"called {dict(far.user.calls())}, both workers still there")
    assert far.user.calls() == STAGES
    assert far.hosts["one"].processes()
    for name in ("one", "two"):
        assert (far.logs / f"{name}.log").read_text().count("Registered to") == 1
