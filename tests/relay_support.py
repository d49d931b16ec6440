# What the tests of e2e-relay share: a relay on a free port, and connections that speak HTTP and WebSocket by hand.
import atexit
import base64
import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELAY = os.path.join(TOP, os.environ.get("BUILD", "build"), "e2e-relay")
SANITIZED = "sanitize" in os.environ.get("BUILD", "")
# Memory that was given back is kept by the sanitizer, to find uses of it; little of it, since the tests look at memory.
SANITIZER = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
PATIENCE = 20  # seconds, for anything that must happen


class Relay:
    """A relay process. What it prints is kept in `lines`."""

    def __init__(self, *options, port=0):
        self.process = subprocess.Popen([RELAY, "relay", "--port", str(port), *map(str, options)],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        env=dict(os.environ, ASAN_OPTIONS=SANITIZER))
        first = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", first)
        if not found:
            raise RuntimeError("the relay does not start: " + first)
        self.port = int(found.group(1))
        self.url = "http://127.0.0.1:%d" % self.port
        # When a test fails halfway, its relay must not stay behind.
        atexit.register(self.process.kill)
        self.lines = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def said(self, words, since=0):
        """True once a line has the words."""
        return wait_until(lambda: any(words in line for line in self.lines[since:]))

    def stop(self, number=signal.SIGINT):
        """The exit status; anything but 128 + signal, such as a sanitizer's report, is a failure."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "killed: it did not end"
        self.reader.join(PATIENCE)
        return status

    def memory(self):
        """Resident bytes."""
        with open("/proc/%d/statm" % self.process.pid) as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))


def wait_until(condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class Closed(Exception):
    """The relay closed the connection."""


class Http:
    """A connection on which requests are written by hand."""

    def __init__(self, relay):
        self.socket = socket.create_connection(("127.0.0.1", relay.port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise Closed()
        self.buffer += data

    def response(self, bodiless=False):
        """(status, fields, body)"""
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        start, *lines = head.decode().split("\r\n")
        fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        length = 0 if bodiless else int(fields.get("content-length", 0))
        while len(self.buffer) < length:
            self.more()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(start.split()[1]), fields, body.decode(errors="replace")

    def request(self, method, target, body=None, fields=""):
        text = "%s %s HTTP/1.1\r\nHost: test\r\n%s" % (method, target, fields)
        data = b"" if body is None else body.encode() if isinstance(body, str) else body
        if body is not None:
            text += "Content-Length: %d\r\n" % len(data)
        self.send(text.encode() + b"\r\n" + data)
        return self.response(bodiless=method == "HEAD")

    def is_closed(self, seconds=PATIENCE):
        """True once the relay closes; what it still says is dropped."""
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(65536):
                pass
            return True
        except (ConnectionResetError, BrokenPipeError):
            return True
        except TimeoutError:
            return False

    def close(self):
        self.socket.close()


POLLING = "/socket.io/?EIO=4&transport=polling"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"


class Polling:
    """A session over polling, one connection for both directions."""

    def __init__(self, relay, join=True):
        self.http = Http(relay)
        status, _, body = self.http.request("GET", POLLING)
        assert status == 200 and body[0] == "0", body
        self.open = json.loads(body[1:])
        self.target = POLLING + "&sid=" + self.open["sid"]
        self.waiting = []
        if join:
            assert self.post("40") == (200, "ok")
            self.expect("40{")

    def post(self, payload):
        status, _, body = self.http.request("POST", self.target, payload)
        return status, body

    def poll(self):
        """The packets of the next payload."""
        status, _, body = self.http.request("GET", self.target)
        return body.split("\x1e") if status == 200 else (status, body)

    def next(self):
        """The next packet that is no ping; pings are answered."""
        while True:
            while not self.waiting:
                self.waiting = list(self.poll())
            packet = self.waiting.pop(0)
            if packet != "2":
                return packet
            self.post("3")

    def expect(self, begin):
        packet = self.next()
        assert str(packet).startswith(begin), (packet, begin)
        return packet


class WebSocket(Http):
    """A WebSocket whose frames are made by hand."""

    def __init__(self, relay, target=WEBSOCKET, join=True):
        super().__init__(relay)
        self.send("GET %s HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" % target)
        status, fields, body = self.response()
        assert status == 101, (status, body)
        assert fields["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        if join:
            assert self.next().startswith("0{")
            self.text("40")
            assert self.next().startswith("40{")

    def frame(self, opcode, payload, final=True, masked=True):
        length = len(payload)
        head = bytes([(0x80 if final else 0) | opcode])
        mark = 0x80 if masked else 0
        if length < 126:
            head += bytes([mark | length])
        elif length < 65536:
            head += bytes([mark | 126]) + struct.pack(">H", length)
        else:
            head += bytes([mark | 127]) + struct.pack(">Q", length)
        # A mask of zeros is a mask (RFC 6455, 5.3 wants it unpredictable; a test does not).
        self.send(head + (b"\0\0\0\0" if masked else b"") + payload)

    def text(self, text):
        self.frame(1, text.encode())

    def binary(self, data):
        self.frame(2, data)

    def _take(self, count):
        while len(self.buffer) < count:
            self.more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def receive(self):
        """(opcode, payload) of the next frame."""
        first, second = self._take(2)
        length = second & 0x7F
        if length == 126:
            length, = struct.unpack(">H", self._take(2))
        elif length == 127:
            length, = struct.unpack(">Q", self._take(8))
        return first & 0x0F, self._take(length)

    def next(self):
        """The next message: text as str, binary as bytes. Pings of Engine.IO are answered. At a close frame: (code, reason)."""
        while True:
            opcode, payload = self.receive()
            if opcode == 1 and payload == b"2":
                self.text("3")
            elif opcode == 1:
                return payload.decode()
            elif opcode == 2:
                return payload
            elif opcode == 8:
                return struct.unpack(">H", payload[:2])[0], payload[2:].decode()


def pair(relay, make=WebSocket):
    """Two joined clients that have been told to exchange keys."""
    clients = make(relay), make(relay)
    for client in clients:
        assert client.next() == '42["KEY_EXCHANGE"]'
    return clients


def b64(data):
    return base64.b64encode(data).decode()
