"""Driving: a sweep's executions cut into blocks, submitted in windows, and what became of them.

A block is a Prefect task in a thread of the driver that has its executions done on Dask. Blocks are cut from what is
ready when a worker has room, so that none waits for a whole level; their size follows what an execution takes.
"""

from __future__ import annotations

import math
import queue
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from blake3 import blake3

from bridge.chain.chain import Stage, Varied
from bridge.errors import OverTime
from bridge.run.clusters.needs import takes
from bridge.run.submitting import compute
from bridge.run.sweeps.batch import Batch, Returned
from bridge.run.sweeps.executions import Executions, wired
from bridge.run.sweeps.kept import seal_everywhere
from bridge.run.sweeps.performing import perform_batch
from bridge.run.sweeps.values import Values
from bridge.store.sweeps import COMPUTED, FAILED, FOUND, WAITING

if TYPE_CHECKING:
    from bridge.run.cluster import Cluster
    from bridge.run.underway import Underway
    from bridge.store.store import Store

#: Seconds of work that a block is cut for; executions of a block at most; those of the first block of a stage.
SECONDS, MOST, FIRST = 2.0, 8192, 64
#: Blocks that wait or run, for each worker.
WINDOW = 2
#: Plans looked up at once.
_LOOKED_UP = 8192

Submit = Callable[["Block"], Any]


class Block:
    """Executions of one use that run together; as a Prefect task sees it. A plain class: Prefect takes others apart."""

    def __init__(self, driving: Driving, use: int, ids: np.ndarray) -> None:
        self.driving, self.use, self.ids = driving, use, ids

    @property
    def stage(self) -> str:
        """Name of the stage that it runs."""
        return self.driving.executions.uses[self.use].stage.name

    @property
    def name(self) -> str:
        """What people see of it."""
        return f"{self.stage} × {len(self.ids)}"

    def __repr__(self) -> str:
        return f"Block({self.name})"


class Driving:
    """A sweep under way."""

    cluster: Cluster
    underway: Underway

    def __init__(self, executions: Executions, store: Store, failures: int) -> None:
        self.executions, self.store = executions, store
        self.bound, self.failures = failures, 0
        self.errors: dict[int, str] = {}
        self.cost = {"cpu_seconds": 0.0, "peak_memory_bytes": 0}
        self._values = Values(executions)
        self._pools: dict[int, list[np.ndarray]] = {}
        self._seconds: dict[int, float] = {}
        self._probing: Counter[int] = Counter()
        self._left = np.bincount(executions.use_of, minlength=len(executions.uses))
        self._finished: queue.SimpleQueue[tuple[Block, Returned | BaseException]] = queue.SimpleQueue()
        self._flying = 0
        self._began, self._worked = time.monotonic(), 0
        self._singled: list[Block] = []
        self._wanted = sum(len(use.template.points) for use in executions.uses)

    # What is there

    def find(self) -> None:
        """Look up every execution's plan in the store."""
        executions = self.executions
        for start in range(0, len(executions), _LOOKED_UP):
            ids = np.arange(start, min(start + _LOOKED_UP, len(executions)))
            plans = executions.plans(ids)
            found = self.store.planned_many(plans)
            there = np.array([plan in found for plan in plans])
            if there.any():
                keys = b"".join(bytes.fromhex(found[plan]) for plan in plans if plan in found)
                executions.content[ids[there]] = np.frombuffer(keys, np.uint8).reshape(-1, 32)
                executions.settle(ids[there], np.full(int(there.sum()), FOUND, np.uint8))
        self._left -= np.bincount(executions.use_of[executions.state == FOUND], minlength=len(executions.uses))

    @property
    def missing(self) -> int:
        """Executions that wait to be computed."""
        return int((self.executions.state == WAITING).sum())

    # The loop

    def drive(
        self, cluster: Cluster, underway: Underway, submit: Submit, tell: Callable[[Mapping[str, Any]], None]
    ) -> None:
        """Have everything done that is missing; ``submit`` hands a block to Prefect.

        Raises Stopped, and what keeps all executions from running: the store or the cluster is gone.
        """
        self.cluster, self.underway = cluster, underway
        self._began = time.monotonic()
        try:
            self._all(submit, tell)
        finally:
            if self._worked and not self._flying:
                seal_everywhere(self.cluster, self.underway.log.id)

    def _all(self, submit: Submit, tell: Callable[[Mapping[str, Any]], None]) -> None:
        self._enter(self.executions.ready())
        room = 1
        if self.missing:
            room = max(1, len(self.cluster.workers()))
        while True:
            while self.failures <= self.bound and self._flying < WINDOW * room:
                block = self._cut(room)
                if block is None:
                    break
                self._flying += 1
                submit(block)
            self.underway.stop.check()
            tell(self.progress())
            if not self._flying:
                return
            try:
                block, came = self._finished.get(timeout=0.25)
            except queue.Empty:
                continue
            self._flying -= 1
            if isinstance(came, BaseException):
                self._broken(block, came)
            else:
                self._settled(block, came)
                room = max(1, len(self.cluster.workers()))

    def _enter(self, ids: np.ndarray) -> None:
        for use, its in self.executions.by_use(ids):
            self._pools.setdefault(use, []).append(its)

    def _cut(self, room: int) -> Block | None:
        """The next block: of the deepest stage that has enough for one, or of any while a worker has nothing to do."""
        if self._singled:
            return self._singled.pop()
        pools = {use: sum(map(len, ids)) for use, ids in self._pools.items() if ids}
        # what an execution takes is not known yet: one small block for each worker tells
        pools = {use: n for use, n in pools.items() if use in self._seconds or self._probing[use] < room}
        if not pools:
            return None
        deepest = sorted(pools, key=lambda use: -self.executions.uses[use].level)
        sizes = {use: self._size(use, room) for use in deepest}
        use = next((use for use in deepest if pools[use] >= sizes[use]), None)
        if use is None:
            if self._flying >= room:
                return None
            use = max(pools, key=lambda use: pools[use])
        together = np.concatenate(self._pools[use])
        size = sizes[use]
        self._pools[use] = [together[size:]] if len(together) > size else []
        self._probing[use] += use not in self._seconds
        return Block(self, use, together[:size])

    def _size(self, use: int, room: int) -> int:
        """Executions of a block: two seconds of work, but a share for every worker."""
        if timed(self.executions.uses[use].stage):
            return 1
        seconds = self._seconds.get(use)
        share = math.ceil(int(self._left[use]) / (2 * room))
        if seconds is None:
            return max(1, min(FIRST, share))
        if seconds * share < 0.2:  # what a block costs by itself counts for more than an even share
            share = max(share, 300)
        return max(1, min(int(SECONDS / max(seconds, 1e-7)), share, MOST))

    # One block

    def perform(self, block: Block) -> None:
        """Have a block done, in the thread of its Prefect task. Raises what it failed of."""
        try:
            came = self._performed(block)
        except BaseException as reason:
            self._finished.put((block, reason))
            raise
        self._finished.put((block, came))

    def _performed(self, block: Block) -> Returned:
        batch = self._batch(block)
        key = f"{batch.stage}-{blake3(batch.plans).hexdigest()[:24]}-{batch.store.address}"
        stage = self.executions.uses[block.use].stage
        return compute(
            self.cluster,
            perform_batch,
            batch,
            key,
            self.underway.stop,
            self.underway.log,
            takes=takes(stage),
            limit=stage.options.get("timeout"),
        )

    def _batch(self, block: Block) -> Batch:
        executions = self.executions
        use, places = executions.uses[block.use], executions.place_of[block.ids]
        varied = {}
        for port, source in use.stage.sources.items():
            if isinstance(source, Varied):
                values = executions.entries.of(use.stage, port).values
                distinct, at = np.unique(use.places[source.axis][places], return_inverse=True)
                chosen = values[distinct] if isinstance(values, np.ndarray) else [values[n] for n in distinct.tolist()]
                varied[port] = (chosen, at.astype(np.int32))
        above = {name: executions.content[ids[places]].tobytes() for name, ids in use.above.items()}
        sent = {}
        for wire in wired(use.stage):
            known = self._values.of(use.above[wire.stage][places], wire.path)
            if known is not None:
                sent[wire.stage, wire.path] = known
        plans = use.keys[places].tobytes()
        wanted = self._values.wanted(block.use)
        return Batch(use.stage, self.underway.log.id, self.store, plans, varied, above, sent, wanted)

    def _settled(self, block: Block, came: Returned) -> None:
        executions, ids = self.executions, block.ids
        executions.content[ids] = came.keys
        self._values.keep(block.use, executions.place_of[ids], came)
        self._left[block.use] -= len(ids)
        self._worked += len(ids)
        if came.each:
            self._seconds[block.use] = 0.5 * (came.each + self._seconds.get(block.use, came.each))
        else:  # all of it was found, or refused: nothing is known, and nothing was slow
            self._seconds.setdefault(block.use, came.seconds / len(ids))
        self.cost["cpu_seconds"] = round(self.cost["cpu_seconds"] + came.cpu_seconds, 6)
        self.cost["peak_memory_bytes"] = max(self.cost["peak_memory_bytes"], came.peak_memory_bytes)
        stage = executions.uses[block.use].stage.name
        counts = {name: int((came.states == state).sum()) for name, state in _NAMED.items()}
        for row, (said, _) in came.errors.items():
            self.errors[int(ids[row])] = said
        first = next(iter(came.errors.values()), None)
        facts = {"error": first[0], "traceback": first[1]} if first else {}
        self.failures += counts["failed"]
        self.underway.log.event(stage, "block", executions=len(ids), **counts, seconds=round(came.seconds, 3), **facts)
        for said in came.warnings:
            self.underway.log.event(stage, "warned", warning=said)
        self._enter(executions.settle(ids, came.states))

    def _broken(self, block: Block, reason: BaseException) -> None:
        """A block that did not come back. Where its workers died, one of its executions is what they die of."""
        from bridge.run.clusters.errors import Deserted, StageTimedOut, WorkerDied

        if isinstance(reason, (StageTimedOut, OverTime)) and len(block.ids) == 1:
            self._lost(block, reason)
            return
        if not isinstance(reason, WorkerDied) or isinstance(reason, Deserted):
            raise reason
        plans = self.executions.plans(block.ids)
        found = self.store.planned_many(plans)
        open_ = np.array([plan not in found for plan in plans])
        if len(block.ids) == 1 and open_.all():
            self._lost(block, reason)
            return
        done, left = block.ids[~open_], block.ids[open_]
        if len(done):
            keys = b"".join(bytes.fromhex(found[plan]) for plan in plans if plan in found)
            states = np.full(len(done), COMPUTED, np.uint8)
            self._settled(
                Block(self, block.use, done), Returned(np.frombuffer(keys, np.uint8).reshape(-1, 32).copy(), states)
            )
        if len(left):  # they are done in order: the first of them was under way
            if len(left) > 1:
                self._pools.setdefault(block.use, []).append(left[1:])
            self._singled.append(Block(self, block.use, left[:1]))

    def _lost(self, block: Block, reason: BaseException) -> None:
        """One execution that its worker did not live to tell of."""
        states = np.array([FAILED], np.uint8)
        self._settled(block, Returned(np.zeros((1, 32), np.uint8), states, {0: (str(reason), "")}))

    # Telling

    def progress(self) -> dict[str, Any]:
        """How far it is: executions done, found, failed, and seconds left."""
        states = np.bincount(self.executions.state, minlength=5)
        took = time.monotonic() - self._began
        rate = self._worked / took if took > 0 and self._worked else 0.0
        return {
            "executions": len(self.executions),
            "computed": int(states[COMPUTED]),
            "found": int(states[FOUND]),
            "failed": int(states[FAILED]),
            "waiting": int(states[WAITING]),
            "rate": rate,
            "left": int(states[WAITING]) / rate if rate else None,
            "shared": self._wanted - len(self.executions),
            "stages": self._by_stage(),
        }

    def _by_stage(self) -> dict[str, dict[str, int]]:
        executions, found = self.executions, dict[str, dict[str, int]]()
        width = len(executions.uses)
        counts = np.bincount(executions.state.astype(np.int64) * width + executions.use_of, minlength=5 * width)
        for number, states in enumerate(counts.reshape(5, width).T.tolist()):
            its = found.setdefault(executions.uses[number].stage.name, {"executions": 0, "done": 0, "failed": 0})
            its["executions"] += sum(states)
            its["done"] += states[COMPUTED] + states[FOUND]
            its["failed"] += states[FAILED]
        return found


_NAMED = {"computed": COMPUTED, "found": FOUND, "failed": FAILED}


def timed(stage: Stage) -> bool:
    """Whether an execution may be ended for the time it takes, and its worker with it."""
    return "timeout" in stage.options or any("timeout" in closed.running for closed in stage.model.closures.values())
