"""Tiny proxies on the loopback: HTTP (forwarding and CONNECT) and SOCKS5, with or without a password."""

import asyncio
import base64
import contextlib
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


class Proxy:
    """A proxy that counts what goes through it.

    Attributes:
        url: Its address, with the user and password that it asks for.
        targets: Hosts and ports to which it was asked to connect.
        refused: Connections whose password was wrong.
        tunnels: How many tunnels were opened (HTTP).
    """

    def __init__(self, user: str, password: str) -> None:
        self.user = user
        self.password = password
        self.url = ""
        self.targets: list[tuple[str, int]] = []
        self.refused = 0
        self.tunnels = 0

    async def pipe(self, reader: Reader, writer: Writer, host: str, port: int, first: bytes = b"") -> None:
        """Connect one side with the other until either ends."""
        self.targets.append((host, port))
        far_reader, far_writer = await asyncio.open_connection(host, port)
        far_writer.write(first)
        try:
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        finally:
            far_writer.close()


class HttpProxy(Proxy):
    """Forwards requests for ``http://`` and opens tunnels for CONNECT."""

    async def serve(self, reader: Reader, writer: Writer) -> None:
        """One connection."""
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        expected = base64.b64encode(f"{self.user}:{self.password}".encode())
        if self.user and b"Basic " + expected not in head:
            self.refused += 1
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        if method == "CONNECT":
            self.tunnels += 1
            host, _, port = target.rpartition(":")
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await self.pipe(reader, writer, host, int(port))
            return
        parts = urlsplit(target)
        path = target.partition(parts.netloc)[2] or "/"
        first = head.replace(target.encode(), path.encode(), 1).replace(
            b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1
        )
        await self.pipe(reader, writer, parts.hostname or "", parts.port or 80, first)


class SocksProxy(Proxy):
    """SOCKS5 with or without a password."""

    async def serve(self, reader: Reader, writer: Writer) -> None:
        """One connection."""
        _, count = await reader.readexactly(2)
        await reader.readexactly(count)
        writer.write(bytes([5, 2 if self.user else 0]))
        if self.user and not await self._known(reader, writer):
            return
        _, _, _, kind = await reader.readexactly(4)
        if kind == 3:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == 1 else 16)))
        port = int.from_bytes(await reader.readexactly(2), "big")
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await self.pipe(reader, writer, host, port)

    async def _known(self, reader: Reader, writer: Writer) -> bool:
        await reader.readexactly(1)
        user = await reader.readexactly((await reader.readexactly(1))[0])
        password = await reader.readexactly((await reader.readexactly(1))[0])
        known = (user.decode(), password.decode()) == (self.user, self.password)
        writer.write(b"\x01\x00" if known else b"\x01\x01")
        await writer.drain()
        self.refused += not known
        return known


@asynccontextmanager
async def proxy(kind: str, user: str = "", password: str = "") -> AsyncIterator[Proxy]:
    """A proxy that runs: ``http`` or ``socks5``."""
    made = HttpProxy(user, password) if kind == "http" else SocksProxy(user, password)
    tasks: set[asyncio.Task[None]] = set()
    server = await asyncio.start_server(_quietly(made.serve, tasks), "127.0.0.1", 0)
    login = f"{user}:{password}@" if user else ""
    made.url = f"{kind}://{login}127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _quietly(
    serve: Callable[[Reader, Writer], Awaitable[None]], tasks: set[asyncio.Task[None]]
) -> Callable[[Reader, Writer], Awaitable[None]]:
    async def connection(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await serve(reader, writer)
        finally:
            tasks.discard(task)
            writer.close()

    return connection


async def _copy(reader: Reader, writer: Writer) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
