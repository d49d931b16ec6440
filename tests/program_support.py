"""What the tests share that start programs of the build and talk with them as people do: a program with pipes, a program at
a pseudo-terminal, and the loop that runs the tests of a module and prints TAP. A module makes subclasses with the path of
the program it tests. Nothing here sleeps: a test waits for the words that it expects, up to a limit."""
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import threading
import time
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
PATIENCE = 60  # seconds until a hanging program counts as failed; no test waits this long when all is well


class Program:
    """A program with pipes; its output is collected by threads."""
    path = None  # a subclass gives it
    patience = PATIENCE
    may_not_read = False  # True: it may end without reading what is written to it, and its exit status shows that
    running = []  # of all subclasses: what run_tests ends after each test

    def __init__(self, *arguments, stdin=subprocess.PIPE, **options):
        self.process = subprocess.Popen([self.path, *arguments], stdin=stdin, stdout=subprocess.PIPE,
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

    def wait_for(self, text, name="out", times=1):
        """Until the output has this text so many times."""
        with self.changed:
            found = self.changed.wait_for(lambda: getattr(self, name).count(text.encode()) >= times, self.patience)
        assert found, "no %r in %r, %r" % (text, self.out[-2000:], self.err[-2000:])

    def write(self, text):
        try:
            self.process.stdin.write(text if isinstance(text, bytes) else text.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            if not self.may_not_read:
                raise

    def end(self, status):
        """Closes the input, waits, and compares the exit status; the whole output."""
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        got = self.process.wait(self.patience)
        for thread in self.threads:
            thread.join(self.patience)
        assert got == status, "exit status %d: %r %r" % (got, self.out, self.err)
        assert b"AddressSanitizer" not in self.err and b"runtime error" not in self.err, self.err
        return self.out.decode()

    def errors(self, *parts):
        """The only line on standard error has all these parts."""
        for part in parts:
            assert part in self.err.decode(), "no %r in %r" % (part, self.err)
        assert len(self.err.splitlines()) == 1, "one line: %r" % self.err


class Typist:
    """A program at a pseudo-terminal of 40 lines and 80 columns, and the person who types there."""
    path = None
    patience = PATIENCE

    def __init__(self, *arguments, **environment):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        inherited = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        environment = dict(inherited, TERM="xterm", INPUTRC="/dev/null", LC_ALL="C.UTF-8", **environment)
        self.process = subprocess.Popen([self.path, *arguments], stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                        start_new_session=True, env=environment,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        Program.running.append(self)
        self.screen = b""
        self.changed = threading.Condition()
        self.stopping = False
        self.thread = threading.Thread(target=self.collect, daemon=True)
        self.thread.start()

    def collect(self):
        """Always reads: a full pseudo-terminal would stop the program. Ends when nothing has come for a while after its end:
        what a program has written may reach the other side of a terminal later than the news of its end."""
        while True:
            ended = self.stopping
            if select.select([self.master], [], [], 0.1)[0]:
                data = os.read(self.master, 65536)
                with self.changed:
                    self.screen += data
                    self.changed.notify_all()
            elif ended:
                return

    def wait_until(self, condition):
        """Until the screen is so."""
        with self.changed:
            assert self.changed.wait_for(condition, self.patience), "not on the screen: %r" % self.screen[-2000:]

    def wait_for(self, text, start=0):
        """Until the text is on the screen, at `start` or later; the place behind it."""
        text = text.encode()
        with self.changed:
            found = self.changed.wait_for(lambda: text in self.screen[start:], self.patience)
        assert found, "no %r on the screen: %r" % (text, self.screen[-2000:])
        return self.screen.index(text, start) + len(text)

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self, status):
        """Waits, compares the exit status, and looks whether the terminal has been restored; all that was shown."""
        got = self.process.wait(self.patience)
        self.stopping = True
        self.thread.join(self.patience)
        assert got == status, "%d: %r" % (got, self.screen)
        assert termios.tcgetattr(self.slave) == self.before, "the terminal is not as it was"
        os.close(self.slave)
        os.close(self.master)
        return self.screen.decode()


def run_tests(names):
    """Runs the functions called test_* of a module, prints TAP and ends the process. A test that cannot be made here returns
    the reason. On the command line: the names of the tests wanted, instead of all; -v for the seconds each takes."""
    tests = [(name, function) for name, function in names.items() if name.startswith("test_")]
    wanted = [argument for argument in sys.argv[1:] if argument != "-v"]
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        if wanted and name not in wanted:
            continue
        title = name[len("test_"):].replace("_", " ")
        started = time.monotonic()
        try:
            skipped = function()
            print("ok %d - %s%s" % (number, title, " # SKIP " + skipped if skipped else ""), flush=True)
        except Exception:  # a failed test must not keep the others from running
            failed += 1
            print("not ok %d - %s" % (number, title))
            print("".join("# %s\n" % line for line in traceback.format_exc().splitlines()), end="", flush=True)
        if "-v" in sys.argv:
            print("# %.1f s" % (time.monotonic() - started), flush=True)
        for program in Program.running:
            if program.process.poll() is None:
                program.process.kill()
                program.process.wait()
        Program.running.clear()
    print("1..%d" % len(tests))
    sys.exit(1 if failed else 0)
