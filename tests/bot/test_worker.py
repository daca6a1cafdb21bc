"""A worker's thing lives in one thread, and what is asked of it is done in order."""

import threading

import pytest

from bot.worker import Worker


async def test_a_thing_is_made_and_used_in_one_thread_in_order():
    threads, ended = [], []
    worker = Worker("test", lambda: threads.append(threading.get_ident()) or [])
    for number in range(3):
        await worker.run(lambda thing, number=number: thing.append(number))
    assert await worker.run(lambda thing: (thing, threading.get_ident())) == ([0, 1, 2], threads[0])
    assert threads[0] != threading.get_ident()
    worker.close(ended.append)
    assert ended == [[0, 1, 2]]
    assert len(threads) == 1


async def test_an_error_reaches_whoever_asked():
    worker = Worker("test", dict)
    with pytest.raises(KeyError):
        await worker.run(lambda thing: thing["no"])
    worker.close()
