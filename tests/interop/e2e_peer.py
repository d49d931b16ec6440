#!/usr/bin/python3
"""README 003 once more, in Python, with the stock python-socketio: like e2e_peer.js.

  P=prime G=generator e2e_peer.py URL default|polling|websocket
"""
import base64
import hashlib
import json
import math
import os
import secrets
import sys

import socketio
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

p, g = int(os.environ["P"]), int(os.environ["G"])
url, transports = sys.argv[1:3]


def tell(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def digest(value):
    return int.from_bytes(hashlib.sha1(str(value).encode()).digest(), "big")


def aes(iv):
    return Cipher(algorithms.AES(state["key"]), modes.CFB(iv))


x, a = (secrets.randbelow(p - 3) + 1 for _ in range(2))
y, A = pow(g, x, p), pow(g, a, p)
state = {}
# One thread for all events: the library would otherwise take each in a thread of its own, in any order.
client = socketio.Client()
client.start_background_task = lambda target, *arguments, **named: \
    target(*arguments, **named) if target == client._handle_event_internal else \
    socketio.Client.start_background_task(client, target, *arguments, **named)


@client.on("KEY_EXCHANGE")
def key_exchange():
    client.emit("ELGAMAL_PK", str(y))
    while True:
        k = secrets.randbelow(p - 3) + 1
        if math.gcd(k, p - 1) == 1:
            break
    s1 = pow(g, k, p)
    s2 = (digest(A) - x * s1) * pow(k, -1, p - 1) % (p - 1)
    # json.dumps puts a space behind every comma and colon.
    client.emit("DEFF_HELLMAN_PK", json.dumps({"deff_public_key": str(A), "s1": str(s1), "s2": str(s2)}))


@client.on("ELGAMAL_PK_BC")
def elgamal(text):
    state["theirs"] = int(text)


@client.on("DEFF_HELLMAN_PK_BC")
def diffie_hellman(text):
    got = json.loads(text)
    value, s1, s2 = (int(got[name]) for name in ("deff_public_key", "s1", "s2"))
    if not (0 < s1 < p and 0 < s2 < p - 1 and
            pow(g, digest(value), p) == pow(state["theirs"], s1, p) * pow(s1, s2, p) % p):
        tell("REFUSED")
        client.disconnect()
        return
    state["key"] = hashlib.sha256(str(pow(value, a, p)).encode()).digest()
    tell("ESTABLISHED " + state["key"].hex())


@client.on("received_message")
def received(text):
    got = json.loads(text)
    decryptor = aes(base64.b64decode(got["iv"])).decryptor()
    tell("HEARD " + json.dumps(decryptor.update(base64.b64decode(got["message"])).decode()))


@client.on("PARTNER_LEFT")
def left():
    tell("LEFT")


client.connect(url, transports=None if transports == "default" else [transports])
for line in sys.stdin:
    line = line.rstrip("\n")
    if line == "exit":
        break
    iv = secrets.token_bytes(16)
    message = aes(iv).encryptor().update(line.encode())
    client.emit("message", json.dumps({"message": base64.b64encode(message).decode(),
                                       "iv": base64.b64encode(iv).decode()}))
client.disconnect()
