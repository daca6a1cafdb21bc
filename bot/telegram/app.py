"""The Telegram bot, wired together; nothing is decided here.

An update comes in through the library's updater (polling or webhook) and `UpdateQueue`, which keeps it
on the disk; `ChatByChat` hands it to `Handler`, which has it handled in the store's thread by `Core`;
what is to be said waits in the outbox until `Sender` has sent it.
"""

import asyncio
import contextlib
import logging
import os
import random
import secrets
import signal
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from telegram import Update
from telegram.error import TelegramError
from telegram.ext import Application, ApplicationBuilder, TypeHandler

from bot.coach import Coach
from bot.desk import Desk
from bot.logs import configure, event
from bot.pictures import session_picture
from bot.settings import Settings
from bot.telegram.connection import connect, explain
from bot.telegram.core import Core
from bot.telegram.errors import NotKeptError, TelegramFailedError
from bot.telegram.handler import MOST_TAPS, Handler, Taps
from bot.telegram.ledger import Ledger
from bot.telegram.menus import set_menus
from bot.telegram.outgoing import Poster
from bot.telegram.pace import Clock, Limits
from bot.telegram.patience import Patience
from bot.telegram.sender import MOST_AT_ONCE, Sender
from bot.telegram.translate import ALLOWED, Delivery, translate
from bot.telegram.updates import ChatByChat, UpdateQueue
from bot.worker import Worker
from dialogues.grading.reading import Reader
from dialogues.library import Library
from state.errors import StoreFailed
from state.store import Store

log = logging.getLogger(__name__)

POLL = timedelta(seconds=30)
"""How long Telegram may hold a question for updates open."""

TICK_SECONDS = 1.0
"""How often it is looked whether something is due."""

CATCH_UP_SECONDS = 10.0
"""How long what is due waits at the start for what was said before."""

WARM_UP = "您有什么要求？"
"""A reply that asks about something, in a language that every grader reads."""

KEEP_SECONDS = 7 * 86_400.0
"""How long finished letters are kept, against updates that come twice."""

GRACE_SECONDS = 1.2
"""What each part gets to finish when the bot ends; all together stay under five seconds."""


class Service:
    """The running bot."""

    def __init__(
        self,
        settings: Settings,
        database: Path | None,
        *,
        reader: Callable[[], Reader] = Reader.load,
        coach: Callable[[Desk], Coach] = Coach,
        clock: Clock = time.time,
        rng: random.Random | None = None,
        limits: Limits | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Wire it; nothing is opened yet.

        Args:
            settings: The settings, with a token.
            database: The store's file; None for one in memory.
            reader: Loads the grader.
            coach: Makes the conversation.
            clock: Gives the time, in seconds since 1970.
            rng: Chooses personas, surprises and seeds.
            limits: How fast messages may be sent.
            patience: How long to wait after failures.

        Raises:
            TelegramFailedError: The token is missing or can't be one.
        """
        self._settings = settings
        self._database = database
        self._coach = coach
        self._clock = clock
        self._rng = rng or random.Random()
        self._patience = patience or Patience()
        self._queue = UpdateQueue(self._keep)
        self._chats = ChatByChat()
        self.bot = connect(settings, MOST_AT_ONCE + MOST_TAPS)
        self.application: Application[Any, Any, Any, Any, Any, Any] = (
            ApplicationBuilder()
            .bot(self.bot)
            .update_queue(self._queue)
            .concurrent_updates(self._chats)
            .job_queue(None)
            .build()
        )
        self._core = Worker("store", self._open)
        self.core = Ledger(self._core)
        self._reader = Worker("grader", reader)
        self._pictures = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")
        self._sender = Sender(
            self.bot,
            self.core,
            self._draw,
            clock=clock,
            patience=self._patience,
            limits=limits or Limits(),
        )
        self._taps = Taps(self.bot)
        self._started = self._stopped = False
        self._beside: set[asyncio.Task[None]] = set()
        handler = Handler(self.core, self._reader, self._sender, self._taps, self._patience)
        self.application.add_handler(TypeHandler(Delivery, handler.handle))
        self.application.add_error_handler(handler.fail)

    async def start(self) -> None:
        """Open the store, greet Telegram, take up what an earlier run has left, and listen.

        Raises:
            TelegramFailedError: Telegram can't be reached or does not know the token.
            StoreError: The database can't be used.
            WeightsError: The grader can't be loaded.
        """
        try:
            deliveries, chats = await self._core.run(lambda core: core.left())
            await asyncio.gather(self._reader.run(lambda _: None), self._greet())
            for delivery in deliveries:
                self._queue.put_nowait(delivery)
                if delivery.tap is not None:
                    self._taps.open(delivery.tap)
            await self.application.start()
            self._sender.wake(chats)
            await self._listen()
        except BaseException:
            await self.stop()
            raise
        self._do_beside(set_menus(self.bot, self._settings.lang, self._settings.owners))
        self._do_beside(self._keep_time())
        self._do_beside(self._warm_up())
        self._started = True
        event(log, "started", bot=self.bot.id, left=len(deliveries))

    async def stop(self) -> None:
        """End within five seconds; what is not done stays on the disk for the next start."""
        if self._stopped:
            return
        self._stopped = True
        for task in self._beside:
            task.cancel()
        updater = self.application.updater
        if updater is not None and updater.running:
            await _within(GRACE_SECONDS, updater.stop())
        self._queue.forget()
        sending = self._sender.stop(GRACE_SECONDS)
        if self.application.running:
            await asyncio.gather(sending, _within(GRACE_SECONDS, self.application.stop()))
        else:
            await sending
        self._chats.cancel()
        await _within(GRACE_SECONDS, self._disconnect())
        self._pictures.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._reader.close)
        await asyncio.to_thread(self._core.close, lambda core: core.store.close())
        if self._started:
            event(log, "stopped")

    async def tick(self) -> float | None:
        """Do what is due by now; gives when something is due next, in seconds since 1970."""
        chats, due = await self._patience.insist(self.core, lambda core: core.tick())
        self._sender.wake(chats)
        return due

    async def idle(self) -> None:
        """Return when everything that came in is done and everything that was to be sent is sent."""
        await self._queue.join()
        await self._sender.idle()
        await self._taps.idle()

    def _open(self) -> Core:
        settings = self._settings
        store = Store.open(self._database)
        library = Library.read(settings.scenarios)
        desk = Desk(
            store,
            library,
            clock=self._clock,
            rng=self._rng,
            lang=settings.lang,
            zone=settings.zone,
            owners=settings.owners,
            terminal=False,
        )
        poster = Poster(store.outbox, lambda: self.bot.username, settings.typing)
        return Core(store, library, self._coach(desk), poster, self._clock, settings.lang)

    async def _keep(self, update: Update) -> Delivery | None:
        delivery = translate(update, self.bot.username, self._clock())
        if delivery is None:
            return None
        try:
            fresh = await self.core.run(lambda core: core.keep(delivery))
        except StoreFailed as error:
            raise NotKeptError("the update could not be kept") from error
        if not fresh:
            return None
        if delivery.tap is not None:
            self._taps.open(delivery.tap)
        return delivery

    async def _draw(self, session: int) -> bytes:
        review = await self.core.run(lambda core: core.review(session))
        return await asyncio.get_running_loop().run_in_executor(
            self._pictures,
            lambda: session_picture(
                review.turns, review.card, review.scenario, review.run.setup.persona, review.lang
            ),
        )

    async def _greet(self) -> None:
        try:
            await self.application.initialize()
        except TelegramError as error:
            raise explain(error, self._settings) from None

    async def _listen(self) -> None:
        updater = self.application.updater
        if updater is None:
            return
        try:
            if self._settings.webhook_url is None:
                await updater.start_polling(
                    timeout=POLL, allowed_updates=ALLOWED, error_callback=_polling_failed
                )
            else:
                await updater.start_webhook(**_webhook(self._settings))
        except OSError as error:
            listen = self._settings.webhook_listen
            raise TelegramFailedError("telegram_listen", listen=listen, why=error.strerror or error) from None
        except TelegramError as error:
            raise explain(error, self._settings) from None

    async def _warm_up(self) -> None:
        """Have the grader meet every scenario, so that nobody's first reply waits for it."""
        library = await self.core.run(lambda core: core.library)
        for scenario in library.scenarios.values():
            try:
                await self._reader.run(lambda reader: reader.read(WARM_UP, "", scenario, ()))  # noqa: B023
            except Exception:
                log.exception("warm_up_failed scenario=%s", scenario.id)

    async def _keep_time(self) -> None:
        """Look again and again whether something is due; once a day, forget old letters.

        What was said while the bot was away comes first: a reply may have been sent in time.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP_SECONDS):
                await self.bot.caught_up.wait()
                await self._queue.join()
        forget_at = 0.0
        while True:
            try:
                await self.tick()
                if self._clock() >= forget_at:
                    before = self._clock() - KEEP_SECONDS
                    await self.core.run(lambda core: core.forget(before))  # noqa: B023
                    forget_at = self._clock() + 86_400
            except Exception:
                log.exception("tick_failed")
            await asyncio.sleep(TICK_SECONDS)

    def _do_beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _disconnect(self) -> None:
        await self.application.shutdown()
        await self.bot.shutdown()


def serve(settings: Settings, environ: Mapping[str, str] = os.environ) -> None:
    """Run the bot until it is told to end (SIGTERM, SIGINT).

    Raises:
        TelegramFailedError: The token is missing or wrong, or Telegram can't be reached.
        StoreError: The database can't be used.
        WeightsError: The grader can't be loaded.
    """
    configure(settings.log_level, secret=settings.token.get_secret_value() if settings.token else None)
    asyncio.run(_serve(settings, settings.database_file(environ)))


async def _serve(settings: Settings, database: Path) -> None:
    await run(Service(settings, database))


async def run(service: Service) -> None:
    """Run a bot until the process is told to end.

    Raises:
        TelegramFailedError: Telegram can't be reached, or does not know the token any more.
        StoreError: The database can't be used.
        WeightsError: The grader can't be loaded.
    """
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, told.set)
    starting = asyncio.ensure_future(service.start())
    ends = [asyncio.ensure_future(told.wait()), asyncio.ensure_future(service.bot.revoked.wait())]
    try:
        await asyncio.wait([starting, *ends[:1]], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            await service.stop()
        else:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
    finally:
        for end in ends:
            end.cancel()
    if service.bot.revoked.is_set():
        raise TelegramFailedError("telegram_wrong_token")


def _webhook(settings: Settings) -> dict[str, Any]:
    host, _, port = settings.webhook_listen.rpartition(":")
    url = settings.webhook_url or ""
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
    return {
        "listen": host,
        "port": int(port),
        "url_path": urlsplit(url).path,
        "webhook_url": url,
        "secret_token": secret or secrets.token_urlsafe(32),
        "allowed_updates": ALLOWED,
    }


def _polling_failed(error: TelegramError) -> None:
    log.warning("polling_failed error=%s", error)


async def _within(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    """Do something, but no longer than that; a failure here is not worth more than a line."""
    try:
        await asyncio.wait_for(work, seconds)
    except TimeoutError:
        log.warning("stopping_late")
    except Exception:
        log.exception("stopping_failed")
