# What the tests of e2e-relay's client share: the client as a process with pipes, a proxy that keeps all bytes, and the
# README's arithmetic once more.
import base64
import hashlib
import json
import math
import os
import secrets
import signal
import socket
import subprocess
import threading
import time

from relay_support import PATIENCE, RELAY, WebSocket


class Client:
    """`e2e-relay client` with pipes; what it prints is collected."""

    def __init__(self, port, *options, command="client"):
        where = ["--port", str(port)] if port is not None else []
        self.process = subprocess.Popen([RELAY, command, *where, *map(str, options)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.out, self.err = "", ""
        self.changed = threading.Condition()
        self.threads = [threading.Thread(target=self._collect, args=pair, daemon=True)
                        for pair in ((self.process.stdout, "out"), (self.process.stderr, "err"))]
        for thread in self.threads:
            thread.start()

    def _collect(self, stream, name):
        while data := os.read(stream.fileno(), 65536):
            with self.changed:
                setattr(self, name, getattr(self, name) + data.decode(errors="replace"))
                self.changed.notify_all()

    def prints(self, words, times=1):
        """True once the words have been printed."""
        with self.changed:
            return self.changed.wait_for(lambda: self.out.count(words) >= times, PATIENCE)

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def end_input(self):
        self.process.stdin.close()

    def ends(self):
        """The exit status."""
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "killed: it did not end"
        for thread in self.threads:
            thread.join(PATIENCE)
        return status

    def signal(self, number=signal.SIGINT):
        self.process.send_signal(number)


class Proxy:
    """Between a client and a relay: passes everything on and keeps it, (from the client, from the relay)."""

    def __init__(self, port):
        self.target = port
        self.bytes = [b"", b""]
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            relay = socket.create_connection(("127.0.0.1", self.target))
            for i, (a, b) in enumerate(((client, relay), (relay, client))):
                threading.Thread(target=self._pass_on, args=(i, a, b), daemon=True).start()

    def _pass_on(self, i, a, b):
        while True:
            try:
                data = a.recv(65536)
                self.bytes[i] += data
                if not data:
                    b.shutdown(socket.SHUT_WR)
                    return
                b.sendall(data)
            except OSError:
                return

    def unmasked(self):
        """The payloads of the client's frames, as whoever serves the WebSocket has them."""
        data = self.bytes[0]
        at = data.index(b"\r\n\r\n") + 4
        out = b""
        while at < len(data):
            length, at = data[at + 1] & 0x7F, at + 2
            if length > 125:
                size = 2 if length == 126 else 8
                length, at = int.from_bytes(data[at:at + size], "big"), at + size
            mask, at = data[at:at + 4], at + 4
            out += bytes(byte ^ mask[i % 4] for i, byte in enumerate(data[at:at + length])) + b"\n"
            at += length
        return out


def digest(value):
    return int.from_bytes(hashlib.sha1(str(value).encode()).digest(), "big")


class ByHand(WebSocket):
    """A partner whose every step the test decides, over a WebSocket of its own."""

    def __init__(self, relay, p, g, x=None, a=None):
        super().__init__(relay)
        self.p, self.g = p, g
        self.x = x or secrets.randbelow(p - 3) + 1
        self.a = a or secrets.randbelow(p - 3) + 1
        self.y, self.value = pow(g, self.x, p), pow(g, self.a, p)
        self.key = None

    def emit(self, name, *values):
        self.text("42" + json.dumps([name, *values]))

    def event(self, name):
        """The argument of the next event, which must have this name."""
        got = self.next()
        assert isinstance(got, str) and got.startswith("42"), got
        got = json.loads(got[2:])
        assert got[0] == name, got
        return got[1] if len(got) > 1 else None

    def sign(self, value):
        k = self.p - 1
        while math.gcd(k, self.p - 1) != 1:
            k = secrets.randbelow(self.p - 3) + 1
        s1 = pow(self.g, k, self.p)
        return s1, (digest(value) - self.x * s1) * pow(k, -1, self.p - 1) % (self.p - 1)

    def signed(self, value=None, **changes):
        value = self.value if value is None else value
        s1, s2 = self.sign(value)
        return json.dumps({"deff_public_key": str(value), "s1": str(s1), "s2": str(s2), **changes})

    def send_keys(self):
        self.emit("ELGAMAL_PK", str(self.y))
        self.emit("DEFF_HELLMAN_PK", self.signed())

    def take_keys(self):
        """Verifies the partner's, and derives the key."""
        y = int(self.event("ELGAMAL_PK_BC"))
        got = json.loads(self.event("DEFF_HELLMAN_PK_BC"))
        value, s1, s2 = (int(got[name]) for name in ("deff_public_key", "s1", "s2"))
        assert 0 < s1 < self.p and 0 < s2 < self.p - 1
        assert pow(self.g, digest(value), self.p) == pow(y, s1, self.p) * pow(s1, s2, self.p) % self.p
        self.key = hashlib.sha256(str(pow(value, self.a, self.p)).encode()).digest()

    def _aes(self, iv):
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        return Cipher(algorithms.AES(self.key), modes.CFB(iv))

    def say(self, text):
        iv = secrets.token_bytes(16)
        message = self._aes(iv).encryptor().update(text.encode())
        self.emit("message", json.dumps({"message": base64.b64encode(message).decode(),
                                         "iv": base64.b64encode(iv).decode()}))

    def hear(self):
        got = json.loads(self.event("received_message"))
        return self._aes(base64.b64decode(got["iv"])).decryptor().update(base64.b64decode(got["message"])).decode()


def leave_all(*clients):
    """Ends what still runs, so that no failed test leaves processes behind."""
    for client in clients:
        if client.process.poll() is None:
            client.process.kill()
            client.process.wait()


TOY_P, TOY_DH, TOY_ELGAMAL = 1021, 22, 30
