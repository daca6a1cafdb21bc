"""Steps share a transaction, and each of them is whole or not at all."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.telegram.ledger import Ledger
from bot.telegram.patience import Patience
from bot.worker import Worker
from state.errors import StoreError
from state.store import Store
from tests.bot.lobby import FakeTime


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[Worker[Any]]:
    made = Worker("store", lambda: SimpleNamespace(store=Store.open(tmp_path / "lobby.db")))
    yield made
    made.close(lambda core: core.store.close())


def receive(number: int) -> Callable[[Any], bool]:
    return lambda core: core.store.inbox.receive(number, 1, "x", 0)


async def kept(worker: Worker[Any]) -> list[int]:
    return [update.id for update in await worker.run(lambda core: core.store.inbox.waiting())]


async def test_steps_that_come_together_are_written_together(worker: Worker[Any]) -> None:
    """Fifty steps at once take far fewer than fifty transactions, in their order."""
    writes = 0

    async def counted(work: Callable[[Any], Any]) -> Any:
        nonlocal writes
        writes += 1
        return await Worker.run(worker, work)

    ledger = Ledger(SimpleNamespace(run=counted))  # type: ignore[arg-type]
    assert await asyncio.gather(*(ledger.run(receive(number)) for number in range(50))) == [True] * 50
    assert writes <= 2
    assert await kept(worker) == list(range(50))


async def test_a_step_that_fails_takes_nothing_along(worker: Worker[Any]) -> None:
    """What it had written is taken back, what came with it stands, and only it hears of the failure."""
    ledger = Ledger(worker)

    def broken(core: Any) -> None:
        receive(2)(core)
        raise ZeroDivisionError

    def odd(core: Any) -> None:
        receive(3)(core)
        core.store._db.execute("INSERT INTO events (session, number) VALUES (1, 1)")

    outcomes = await asyncio.gather(
        ledger.run(receive(1)),
        ledger.run(broken),
        ledger.run(odd),
        ledger.run(receive(4)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [bool, ZeroDivisionError, sqlite3.IntegrityError, bool]
    assert await kept(worker) == [1, 4]


async def test_a_locked_file_fails_everybody_and_is_insisted_on(
    worker: Worker[Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """While another program holds the file nothing is written; whoever insists gets through afterwards."""
    time = FakeTime()
    ledger, patience = Ledger(worker), Patience(chance=lambda: 1, sleep=time.sleep)
    await worker.run(lambda core: core.store._db.conn.execute("PRAGMA busy_timeout = 5").fetchall())
    other = sqlite3.connect(tmp_path / "lobby.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError):
        await ledger.run(receive(1))
    insisting = asyncio.create_task(patience.insist(ledger, receive(2)))
    await time.has_slept(3)
    other.execute("ROLLBACK")
    other.close()
    assert await insisting is True
    assert time.slept[:3] == [0.5, 1.0, 2.0]
    assert await kept(worker) == [2]
    assert "store_failed" in caplog.text


async def test_a_step_whose_caller_has_gone_disturbs_nobody(worker: Worker[Any]) -> None:
    """A cancelled caller loses its answer, not the steps of others."""
    ledger = Ledger(worker)
    gone = asyncio.create_task(ledger.run(receive(1)))
    stays = asyncio.create_task(ledger.run(receive(2)))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays is True
    assert 2 in await kept(worker)
