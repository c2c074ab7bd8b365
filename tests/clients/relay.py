#!/usr/bin/env python3
"""relay.py PORT FILE: a network between a client and the server at PORT that can be taken away.

Writes to FILE the three ports, one a line, on which it listens:

1. what connects here talks to the server;
2. so does this, but only over TLS: a client that does not ask for it is cut off;
3. whoever connects here cuts all connections of the other two, and is hung up on when that is done.
"""
import asyncio
import os
import sys

CLIENT_SSL = 0x800  # capability flag: the client goes on with TLS
SSL_REQUEST_BYTES = 36  # with the packet's header; a login without TLS is never shorter
CHUNK_BYTES_MAX = 256 * 1024

target = int(sys.argv[1])
writers = set()


async def copy(reader, writer):
    try:
        while data := await reader.read(CHUNK_BYTES_MAX):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # either side may go at any time
    finally:
        writer.close()


def asks_for_tls(request):
    size = int.from_bytes(request[0:3], "little")
    flags = int.from_bytes(request[4:8], "little")
    return size == SSL_REQUEST_BYTES - 4 and flags & CLIENT_SSL != 0


async def relay(reader, writer, tls_only):
    server_reader, server_writer = await asyncio.open_connection("127.0.0.1", target)
    writers.update({writer, server_writer})
    answers = asyncio.create_task(copy(server_reader, writer))
    try:
        request = await reader.readexactly(SSL_REQUEST_BYTES) if tls_only else b""
        if not tls_only or asks_for_tls(request):
            server_writer.write(request)
            await copy(reader, server_writer)
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        server_writer.close()
        writer.close()
        await answers
        writers.difference_update({writer, server_writer})


async def cut(_, writer):
    lost = list(writers)
    for one in lost:
        one.close()
    await asyncio.gather(*(one.wait_closed() for one in lost), return_exceptions=True)
    writer.close()


async def main():
    async def plain(reader, writer):
        await relay(reader, writer, tls_only=False)

    async def tls(reader, writer):
        await relay(reader, writer, tls_only=True)

    servers = [await asyncio.start_server(serve, "127.0.0.1", 0) for serve in (plain, tls, cut)]
    with open(sys.argv[2] + ".new", "w", encoding="ascii") as file:
        for server in servers:
            print(server.sockets[0].getsockname()[1], file=file)
    os.rename(sys.argv[2] + ".new", sys.argv[2])
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
