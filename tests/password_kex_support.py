# What the tests of the password-kex program share: processes with pipes, a data folder, sockets with frames, lines of TAP.
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
PROGRAM = os.path.join(BUILD, "password-kex")
PATIENCE = 120  # seconds until a hanging program counts as failed; nothing below waits this long when all is well
PASSWORD = "correct horse"


class Program:
    """password-kex with pipes; its output is collected by threads."""
    running = []

    def __init__(self, *arguments, stdin=subprocess.PIPE, **options):
        self.process = subprocess.Popen([PROGRAM, *arguments], stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, **options)
        self.out, self.err = b"", b""
        self.changed = threading.Condition()
        self.threads = [threading.Thread(target=self.collect, args=(stream, name), daemon=True)
                        for stream, name in ((self.process.stdout, "out"), (self.process.stderr, "err"))]
        for thread in self.threads:
            thread.start()
        Program.running.append(self)

    def collect(self, stream, name):
        while True:
            data = os.read(stream.fileno(), 65536)
            with self.changed:
                setattr(self, name, getattr(self, name) + data)
                self.changed.notify_all()
            if not data:
                return

    def wait_for(self, text, name="out"):
        """Until the output has this text, then everything so far."""
        with self.changed:
            found = self.changed.wait_for(lambda: text.encode() in getattr(self, name), PATIENCE)
        assert found, "no %r in %r, %r" % (text, self.out, self.err)

    def write(self, text):
        """To its input. A program that has ended without reading shows that by its status."""
        try:
            self.process.stdin.write(text if isinstance(text, bytes) else text.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def end(self, status):
        """Closes the input, waits, and compares the exit status."""
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        got = self.process.wait(PATIENCE)
        for thread in self.threads:
            thread.join(PATIENCE)
        assert got == status, "exit status %d: %r %r" % (got, self.out, self.err)
        assert b"AddressSanitizer" not in self.err and b"runtime error" not in self.err, self.err
        return self.out.decode()

    def errors(self, *parts):
        for part in parts:
            assert part in self.err.decode(), "no %r in %r" % (part, self.err)
        assert len(self.err.splitlines()) == 1, "one line: %r" % self.err


class Data:
    """A data folder with a user `ann`."""

    def __init__(self, *arguments):
        self.folder = tempfile.TemporaryDirectory(prefix="cutaway-kex-")
        self.path = os.path.join(self.folder.name, "data")
        self.command("adduser", "ann", PASSWORD, *arguments)

    def command(self, name, user, password="", *arguments, status=0):
        program = Program(name, user, "--data", self.path, *arguments)
        program.write(password + "\n")
        program.end(status)
        return program

    def file(self, name):
        return os.path.join(self.path, name)


def server(data, *arguments):
    program = Program("server", "--data", data.path, "--port", "0", *arguments, stdin=subprocess.DEVNULL)
    program.wait_for("Listening on 127.0.0.1:")
    program.wait_for("(Ctrl-C ends)")
    return program, int(re.search(rb"127\.0\.0\.1:(\d+),", program.out).group(1))


def client(port, user="ann", password=PASSWORD, text=None, arguments=()):
    program = Program("client", "--user", user, "--port", str(port), *arguments)
    program.write(password + "\n" + ("" if text is None else text + "\n"))
    return program


def stop(program):
    program.process.terminate()
    return program.end(128 + 15)


class Frames:
    """A connected socket that speaks in frames."""

    def __init__(self, connection):
        self.connection = connection
        connection.settimeout(PATIENCE)

    def send(self, payload):
        self.connection.sendall(struct.pack(">I", len(payload)) + payload)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.connection.recv(count - len(data))
            if not part:
                raise EOFError("closed after %r" % data)
            data += part
        return data

    def receive(self):
        length, = struct.unpack(">I", self.exactly(4))
        assert length <= 65536
        return self.exactly(length)

    def closed(self):
        """True when the other end has closed; then this end does too."""
        try:
            return self.connection.recv(1) == b""
        except ConnectionResetError:
            return True
        finally:
            self.connection.close()


def connect(port):
    return Frames(socket.create_connection(("127.0.0.1", port), PATIENCE))


def listener():
    made = socket.create_server(("127.0.0.1", 0))
    made.settimeout(PATIENCE)
    return made, made.getsockname()[1]


def accept(made):
    return Frames(made.accept()[0])


def run_tests(names):
    """Runs the functions called test_* of a module; prints TAP and ends the program."""
    failed = number = 0
    for name, function in list(names.items()):
        if not name.startswith("test_"):
            continue
        number += 1
        try:
            function()
            print("ok %d - %s" % (number, name[5:].replace("_", " ")), flush=True)
        except Exception:
            failed += 1
            print("not ok %d - %s" % (number, name[5:].replace("_", " ")))
            print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()), flush=True)
        finally:
            for program in Program.running:
                if program.process.poll() is None:
                    program.process.kill()
                    program.process.wait()
            Program.running.clear()
    print("1..%d" % number)
    sys.exit(1 if failed else 0)
