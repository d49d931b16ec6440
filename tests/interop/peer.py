#!/usr/bin/python3
"""A stock python-socketio client, driven like peer.js.

  peer.py URL default|polling|websocket [async|patient]
"""
import asyncio
import base64
import functools
import json
import sys
import threading

import socketio

url, transports = sys.argv[1:3]
transports = None if transports == "default" else [transports]
write_lock = threading.Lock()


def tell(**line):
    with write_lock:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def patient(client):
    """The client waits one second for the answer to its CONNECT, also when it comes back by itself. A machine on which a
    relay has just been started may need longer. Nothing else is changed."""
    client.connect = functools.partial(client.connect, wait_timeout=60)
    return client


def show(value):
    if isinstance(value, bytes):
        return {"$binary": base64.b64encode(value).decode()}
    if isinstance(value, (list, tuple)):
        return [show(member) for member in value]
    if isinstance(value, dict):
        return {name: show(member) for name, member in value.items()}
    return value


def read(value):
    if isinstance(value, dict) and "$binary" in value:
        return base64.b64decode(value["$binary"])
    if isinstance(value, list):
        return [read(member) for member in value]
    if isinstance(value, dict):
        return {name: read(member) for name, member in value.items()}
    return value


def arguments(wanted):
    name, *values = (read(member) for member in wanted["emit"])
    number = wanted.get("ack")
    answer = None if number is None else lambda *given: tell(**{"is": "ack", "number": number, "values": show(given)})
    return name, tuple(values), answer


NAMES = ("KEY_EXCHANGE", "PARTNER_LEFT", "ELGAMAL_PK_BC", "DEFF_HELLMAN_PK_BC", "received_message")


def synchronous():
    client = socketio.Client()
    if "patient" in sys.argv[3:]:
        client = patient(client)
    client.on("connect", lambda: tell(**{"is": "connect", "transport": client.transport(), "sid": client.sid}))
    client.on("disconnect", lambda: tell(**{"is": "disconnect"}))
    client.on("connect_error", lambda data=None: tell(**{"is": "connect_error", "message": str(data)}))
    for name in NAMES:
        client.on(name, lambda *values, name=name: tell(**{"is": "event", "name": name, "values": show(values)}))
    client.connect(url, transports=transports)
    for line in sys.stdin:
        wanted = json.loads(line)
        if "emit" in wanted:
            name, values, answer = arguments(wanted)
            client.emit(name, values, callback=answer)
        elif "disconnect" in wanted:
            client.disconnect()
        elif "connect" in wanted:
            client.connect(url, transports=transports)
    client.disconnect()


async def asynchronous():
    client = socketio.AsyncClient()

    async def connected():
        tell(**{"is": "connect", "transport": client.transport(), "sid": client.sid})

    async def disconnected():
        tell(**{"is": "disconnect"})

    def teller(name):
        async def told(*values):
            tell(**{"is": "event", "name": name, "values": show(values)})
        return told

    client.on("connect", connected)
    client.on("disconnect", disconnected)
    for name in NAMES:
        client.on(name, teller(name))
    await client.connect(url, transports=transports)
    lines = asyncio.StreamReader(limit=4000000)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        wanted = json.loads(line)
        if "emit" in wanted:
            name, values, answer = arguments(wanted)
            await client.emit(name, values, callback=answer)
        elif "disconnect" in wanted:
            await client.disconnect()
    await client.disconnect()


if sys.argv[3:] == ["async"]:
    asyncio.run(asynchronous())
else:
    synchronous()
