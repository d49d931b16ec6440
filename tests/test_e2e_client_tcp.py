#!/usr/bin/python3
"""e2e-relay's client as people run it: processes over loopback TCP. Key files, leaving, vanishing, bad partners, bad relays,
silent ones, pairs in succession, recordings. Prints TAP."""
import json
import os
import pty
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time

from cutaway_support import check, finish
from e2e_support import TOY_ELGAMAL, TOY_P, ByHand, Client, leave_all
from relay_support import PATIENCE, RELAY, Relay

TOY = ("--group", "toy-1021")


def run(*arguments, stdin=""):
    return subprocess.run([RELAY, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=PATIENCE)


def toy_partner(relay, **how):
    """A partner by hand in the toy group, whose keys are not by accident ours: see own_keys below."""
    return ByHand(relay, TOY_P, TOY_ELGAMAL, **how)


# --- the command line, key files -------------------------------------------------------------------------------

def command_line():
    for arguments, status, words in (
            (("client", "--group", "ffdhe2049"), 2, 'did you mean "ffdhe2048"'),
            (("client", "--group", "toy-4digit"), 2, "cannot share"),
            (("client", "--keys", "/nonexistent"), 1, "/nonexistent"),
            (("client", "--port", "0"), 2, "port"),
            (("keygen",), 2, "FILE"),
            (("keygen", "/nonexistent/x"), 1, "/nonexistent"),
            (("clinet",), 2, 'did you mean "client"'),
            (("client", "--port", "1"), 1, "127.0.0.1")):
        done = run(*arguments)
        check("%s: refused in one line" % " ".join(arguments), done.returncode == status and words in done.stderr and
              done.stderr.count("\n") == 1 and done.stdout == "", done.returncode, done.stdout, done.stderr)
    for command in ("client", "keygen", "demo", "relay"):
        done = run(command, "--help")
        check(command + " --help", done.returncode == 0 and "Example" in done.stdout and "toy" in done.stdout or command == "relay")


def key_files(folder, relay):
    path = os.path.join(folder, "ann.keys")
    done = run("keygen", path, *TOY)
    check("keygen writes", done.returncode == 0 and done.stdout == done.stderr == "", done)
    check("for its owner alone", os.stat(path).st_mode & 0o777 == 0o600, oct(os.stat(path).st_mode))
    lines = dict(line.split(" = ") for line in open(path).read().splitlines() if not line.startswith("#"))
    y = pow(TOY_ELGAMAL, int(lines["elgamal_private"]), TOY_P)
    check("the keys belong together", lines["group"] == "toy-1021" and int(lines["elgamal_public"]) == y and
          int(lines["dh_public"]) == pow(22, int(lines["dh_private"]), TOY_P), lines)
    before = open(path).read()
    done = run("keygen", path)
    check("nothing is overwritten", done.returncode == 1 and "is there already" in done.stderr and open(path).read() == before, done)
    done = run("client", "--keys", path, "--group", "ffdhe2048")
    check("keys of another group than asked for", done.returncode == 1 and "toy-1021" in done.stderr, done)
    os.chmod(path, 0o644)
    done = run("client", "--keys", path)
    check("a key file that others can read", done.returncode == 1 and "chmod 600" in done.stderr, done)
    os.chmod(path, 0o600)
    open(path, "w").write(before.replace("elgamal_public = %d" % y, "elgamal_public = %d" % (y + 1)))
    done = run("client", "--keys", path)
    check("a key file that was changed", done.returncode == 1 and "elgamal_public" in done.stderr and "byte" in done.stderr, done)
    open(path, "w").write(before)
    # The keys are what the partner gets, run after run.
    for _ in range(2):
        ours, partner = Client(relay.port, "--keys", path), toy_partner(relay)
        try:
            check("a run announces a toy", ours.prints("A TOY run"), ours.out)
            partner.event("KEY_EXCHANGE")
            check("the file's ElGamal key is sent", partner.event("ELGAMAL_PK_BC") == str(y))
            value = json.loads(partner.event("DEFF_HELLMAN_PK_BC"))["deff_public_key"]
            check("and its Diffie-Hellman value", value == lines["dh_public"], value, lines)
        finally:
            partner.close()
            ours.ends()
            leave_all(ours)


# --- between two people ----------------------------------------------------------------------------------------

def two_clients(relay, *options):
    a = Client(relay.port, *TOY, *options)
    a.prints("Waiting for a partner")
    b = Client(relay.port, *TOY, *options)
    return a, b


def established(a, b):
    return a.prints("Connected, end to end") and b.prints("Connected, end to end")


def toy_pair(relay, *options):
    """Two clients with a key. In the toy group both may draw the same keys, which is refused: then again."""
    for _ in range(5):
        a, b = two_clients(relay, *options)
        waits = time.monotonic() + PATIENCE
        while time.monotonic() < waits:
            if "end to end" in a.out and "end to end" in b.out:
                return a, b
            if "own key" in a.err + b.err:
                break
            time.sleep(0.01)
        leave_all(a, b)
    raise AssertionError("no pair: " + a.out + a.err + b.out + b.err)


def leaving(relay):
    for how in ("exit", "end of input", "Ctrl-C", "kill"):
        a, b = toy_pair(relay)
        try:
            a.say("one")
            b.say("two")
            check("%s: they talk" % how, a.prints("Partner: two") and b.prints("Partner: one"), a.out, b.out)
            expected = 0
            if how == "exit":
                a.say("exit")
            elif how == "end of input":
                a.end_input()
            elif how == "Ctrl-C":
                a.signal(signal.SIGINT)
                expected = 130
            else:
                a.signal(signal.SIGKILL)
                expected = -signal.SIGKILL
            check("%s: ends this end" % how, a.ends() == expected, a.process.returncode, a.err)
            check("%s: and the other" % how, b.ends() == 0 and "Your partner has left." in b.out, b.out, b.err)
        finally:
            leave_all(a, b)


def piped(relay):
    """All lines arrive, though the input ends at once."""
    ours = subprocess.Popen([RELAY, "client", "--port", str(relay.port), "--quiet"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    other = Client(relay.port)
    lines = ["line %d" % i for i in range(500)]
    ours.stdin.write(("\n".join(lines) + "\n").encode())
    ours.stdin.close()
    try:
        check("500 piped lines: the other end ends", other.ends() == 0, other.err)
        heard = [line[9:] for line in other.out.splitlines() if line.startswith("Partner: ")]
        check("500 piped lines arrive, in order", heard == lines, len(heard))
        check("the piping end ends", ours.wait(PATIENCE) == 0)
        check("--quiet prints nothing else", ours.stdout.read() == b"")
    finally:
        leave_all(other)
        ours.kill()


def a_line_too_long(relay):
    a, b = toy_pair(relay)
    try:
        a.say("x" * 65537)
        check("a line that is too long ends it, with a reason", a.ends() == 1 and "65536" in a.err, a.err)
        check("and the other end is told", b.ends() == 0, b.err)
    finally:
        leave_all(a, b)


def pairs_in_succession(relay):
    """One stays, and gets one partner after the other."""
    stayer = Client(relay.port, *TOY, "--stay")
    try:
        made = 0
        while made < 10:
            partner = Client(relay.port, *TOY)
            done = made + 1
            while "end to end" not in partner.out and "own key" not in partner.err + stayer.err and partner.process.poll() is None:
                time.sleep(0.01)
            if stayer.process.poll() is not None and "own key" in stayer.err:
                leave_all(partner)
                stayer, made = Client(relay.port, *TOY, "--stay"), 0
                continue
            if "own key" in partner.err:
                partner.ends()
                continue
            made = done
            partner.say("I am number %d" % made)
            if not stayer.prints("Partner: I am number %d" % made):
                break
            stayer.say("welcome, %d" % made)
            if not partner.prints("Partner: welcome, %d" % made):
                break
            partner.say("exit")
            if partner.ends() != 0:
                break
        check("ten partners one after the other", made == 10, made, stayer.out, stayer.err)
        check("each leaving was told", stayer.out.count("Waiting for the next one") >= 9 or stayer.prints("Waiting for the next one", 10), stayer.out)
        stayer.end_input()
    finally:
        stayer.signal()
        stayer.ends()
        leave_all(stayer)


def at_a_terminal(relay):
    """With readline: Ctrl-D leaves, and what comes in does not eat the half-typed line."""
    master, slave = pty.openpty()
    ours = subprocess.Popen([RELAY, "client", "--port", str(relay.port)], stdin=slave, stdout=slave,
                            stderr=slave, env=dict(os.environ, TERM="xterm", LC_ALL="C.UTF-8"))
    os.close(slave)
    other = Client(relay.port)
    shown = b""

    def until(words):
        nonlocal shown
        end = time.monotonic() + PATIENCE
        while words not in shown and time.monotonic() < end:
            if select.select([master], [], [], 0.2)[0]:
                try:
                    shown += os.read(master, 65536)
                except OSError:
                    break
        return words in shown

    try:
        check("at a terminal: a prompt", until(b"You: "), shown)
        os.write(master, b"half a li")
        until(b"half a li")
        other.say("interrupting")
        check("at a terminal: a message comes in", until(b"interrupting"), shown)
        shown = b""
        os.write(master, b"ne\r")
        check("at a terminal: the typed line is whole", other.prints("Partner: half a line"), other.out)
        os.write(master, b"\x04")
        until(b"The conversation is over.")
        check("at a terminal: Ctrl-D leaves", ours.wait(PATIENCE) == 0, shown)
        check("at a terminal: the other end ends", other.ends() == 0)
    finally:
        ours.kill()
        ours.wait()
        leave_all(other)
        os.close(master)


# --- partners that do wrong ------------------------------------------------------------------------------------

def bad_partners(relay):
    def wrong_signature(partner):
        partner.emit("ELGAMAL_PK", str(partner.y))
        s1, s2 = partner.sign(partner.value)
        partner.emit("DEFF_HELLMAN_PK", partner.signed(s2=str((s2 + 1) % 1020 or 1)))

    def another_value(partner):
        partner.emit("ELGAMAL_PK", str(partner.y))
        partner.emit("DEFF_HELLMAN_PK", partner.signed(deff_public_key=str(partner.value % 1018 + 2)))

    def another_signer(partner):
        partner.emit("ELGAMAL_PK", str(partner.y % 1018 + 2))
        partner.emit("DEFF_HELLMAN_PK", partner.signed())

    cases = (
        ("a wrong signature", wrong_signature, "the signature is wrong: the message is rejected"),
        ("a swapped value", another_value, "the signature is wrong"),
        ("another signer's", another_signer, "the signature is wrong"),
        ("a key out of range", lambda partner: partner.emit("ELGAMAL_PK", "1"), "1 < y < p-1"),
        ("a key of another group", lambda partner: partner.emit("ELGAMAL_PK", "9" * 600), "--group"),
        ("the value before the key", lambda partner: partner.emit("DEFF_HELLMAN_PK", partner.signed()), "before ELGAMAL_PK_BC"),
        ("a value out of range, signed", lambda partner: (partner.emit("ELGAMAL_PK", str(partner.y)),
                                                          partner.emit("DEFF_HELLMAN_PK", partner.signed(1020))), "5.6.2.3.1"),
        ("a number that is none", lambda partner: partner.emit("ELGAMAL_PK", "0x5"), "malformed"),
        ("no number but JSON", lambda partner: partner.emit("ELGAMAL_PK", {"y": 5}), "malformed"),
        ("half a JSON", lambda partner: (partner.emit("ELGAMAL_PK", str(partner.y)),
                                         partner.emit("DEFF_HELLMAN_PK", "{\"deff_public_key\":")), "malformed"),
        ("binary instead of text", lambda partner: (partner.text('451-["ELGAMAL_PK",{"_placeholder":true,"num":0}]'),
                                                    partner.binary(b"\0\1")), "malformed"),
    )
    for name, act, words in cases:
        ours = Client(relay.port, *TOY)
        ours.prints("Waiting for a partner")
        partner = toy_partner(relay)
        try:
            partner.event("KEY_EXCHANGE")
            act(partner)
            status = ours.ends()
            # In the toy group a false signature is right once in a thousand times, and y may be ours.
            check("%s: refused, with the reason" % name, status == 1 and (words in ours.err or "own key" in ours.err), status, ours.out, ours.err)
            check("%s: one line, naming the message" % name, ours.err.count("\n") == 1 and "message " in ours.err, ours.err)
            partner.event("ELGAMAL_PK_BC"), partner.event("DEFF_HELLMAN_PK_BC")
            check("%s: the partner sees it leave, and no reason" % name, partner.event("PARTNER_LEFT") is None)
        finally:
            partner.close()
            leave_all(ours)


def a_partner_by_hand(relay):
    """The README by hand, in another order of things: messages before the key, keys twice, KEY_EXCHANGE anew."""
    ours = Client(relay.port)  # the usual group, so that nothing is by accident
    ours.prints("Waiting for a partner")
    p = int("FFFFFFFFFFFFFFFFADF85458A2BB4A9AAFDC5620273D3CF1D8B9C583CE2D3695A9E13641146433FBCC939DCE249B3EF97D2FE363630C75D8"
            "F681B202AEC4617AD3DF1ED5D5FD65612433F51F5F066ED0856365553DED1AF3B557135E7F57C935984F0C70E0E68B77E2A689DAF3EFE872"
            "1DF158A136ADE73530ACCA4F483A797ABC0AB182B324FB61D108A94BB2C8E3FBB96ADAB760D7F4681D4F42A3DE394DF4AE56EDE76372BB19"
            "0B07A7C8EE0A6D709E02FCE1CDF7E2ECC03404CD28342F619172FE9CE98583FF8E4F1232EEF28183C3FE3B1B4C6FAD733BB5FCBC2EC22005"
            "C58EF1837D1683B2C6F34A26C1B2EFFA886B423861285C97FFFFFFFFFFFFFFFF", 16)
    partner = ByHand(relay, p, 2)
    try:
        partner.event("KEY_EXCHANGE")
        partner.emit("message", json.dumps({"message": "QQ==", "iv": "A" * 22 + "=="}))
        check("a message before the key: dropped, told", ours.prints("cannot be read"), ours.out, ours.err)
        partner.emit("news", 1)
        partner.send_keys()
        partner.send_keys()  # the same again, with another signature
        partner.take_keys()
        check("keys twice: one conversation", ours.prints("Connected, end to end") and ours.out.count("Connected, end") == 1, ours.out, ours.err)
        partner.say("by hand \x1b[31m\a")
        check("control characters are shown, not obeyed", ours.prints("by hand \\x1b[31m\\x07"), ours.out)
        ours.say("read by integers and hashlib")
        check("the other direction", partner.hear() == "read by integers and hashlib")
        partner.emit("message", json.dumps({"message": "????", "iv": "A" * 22 + "=="}))
        check("no base64: it ends", ours.ends() == 1 and "malformed" in ours.err, ours.err)
    finally:
        partner.close()
        leave_all(ours)


def a_silent_partner(relay):
    ours = Client(relay.port, *TOY, "--timeout", "1")
    ours.prints("Waiting for a partner")
    time.sleep(1.5)  # waiting for somebody is no fault of anybody
    check("waiting for a partner has no deadline", ours.process.poll() is None, ours.err)
    partner = toy_partner(relay)
    try:
        partner.event("KEY_EXCHANGE")
        check("a partner that says nothing", ours.ends() == 1 and "--timeout" in ours.err and "ELGAMAL_PK_BC" in ours.err, ours.err)
    finally:
        partner.close()
        leave_all(ours)
    ours = Client(relay.port, *TOY, "--timeout", "1")
    ours.prints("Waiting for a partner")
    partner = toy_partner(relay)
    try:
        partner.event("KEY_EXCHANGE")
        partner.emit("ELGAMAL_PK", str(partner.y))
        good = ours.ends() == 1 and ("DEFF_HELLMAN_PK_BC" in ours.err or "own key" in ours.err)
        check("one that stops in the middle", good, ours.err)
    finally:
        partner.close()
        leave_all(ours)


# --- relays that do wrong --------------------------------------------------------------------------------------

class Server:
    """A listening socket that does one thing to whoever comes."""

    def __init__(self, act):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.act = act
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        connection, _ = self.listener.accept()
        try:
            self.act(connection)
        except OSError:
            pass
        self.connection = connection


def switch(connection):
    """Reads the request and answers it rightly."""
    import base64
    import hashlib
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(4096)
    key = [line.split(b": ")[1] for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")][0]
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")


def text(connection, payload):
    payload = payload.encode()
    assert len(payload) < 126
    connection.sendall(bytes([0x81, len(payload)]) + payload)


OPEN = '0{"sid":"x","upgrades":[],"pingInterval":%d,"pingTimeout":%d,"maxPayload":1000000}'


def joined(connection, interval=25000, timeout=20000):
    switch(connection)
    text(connection, OPEN % (interval, timeout))
    text(connection, '40{"sid":"y"}')


def bad_relays():
    cases = (
        ("silent from the start", lambda c: None, "--timeout"),
        ("silent after the upgrade", switch, "(open)"),
        ("closes at once", lambda c: c.close(), "closed"),
        ("half an HTTP answer, then closes", lambda c: (c.sendall(b"HTTP/1.1 101 Sw"), c.close()), "closed"),
        ("no HTTP at all", lambda c: c.sendall(b"220 mail.example ESMTP\r\n"), "byte"),
        ("a web server without Socket.IO", lambda c: c.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot here\n"), "404 Not Found: not here"),
        ("random bytes instead of frames", lambda c: (switch(c), c.sendall(bytes(range(200, 256)))), "a frame that is none"),
        ("vanishes in the middle of a frame", lambda c: (joined(c), c.sendall(b"\x81\x7d42["), c.close()), "closed"),
        ("stops in the middle of a frame", lambda c: (joined(c), c.sendall(b"\x81\x7d42[")), "--timeout"),
        ("a frame of 2^40 bytes", lambda c: (joined(c), c.sendall(b"\x81\x7f\0\0\1\0\0\0\0\0")), "longer"),
        ("garbage instead of JSON", lambda c: (joined(c), text(c, "42[\"KEY_EXCHANGE\"")), "byte"),
        ("does not let anybody in", lambda c: (switch(c), text(c, OPEN % (25000, 20000)), text(c, '44{"message":"full"}')), "full"),
        ("says goodbye", lambda c: (joined(c), text(c, "41")), "goodbye"),
        ("closes with a reason", lambda c: (joined(c), c.sendall(b"\x88\x09\x03\xe9restart")), "code 1001): restart"),
        ("sends no heartbeat", lambda c: joined(c, 300, 200), "heartbeat"),
        ("keys without KEY_EXCHANGE", lambda c: (joined(c), text(c, '42["ELGAMAL_PK_BC","5"]')), "before KEY_EXCHANGE"),
    )
    started = []
    for name, act, words in cases:
        server = Server(act)
        started.append((name, words, Client(server.port, *TOY, "--timeout", "2"), server))
    for name, words, ours, server in started:
        status = ours.ends()
        check("a relay that %s" % name if not name.startswith(("a ", "no ", "half", "random", "silent", "garbage", "keys")) else "a relay: " + name,
              status == 1 and words in ours.err and ours.err.count("\n") == 1, status, ours.out, ours.err)
        leave_all(ours)


def recording(relay, folder):
    path = os.path.join(folder, "talk.pcap")
    a = Client(relay.port, "--record", path)
    b = Client(relay.port)
    try:
        established(a, b)
        a.say("Hello")
        b.prints("Partner: Hello")
        a.say("exit")
        check("a recorded client ends", a.ends() == 0, a.err)
        b.ends()
        told = subprocess.run([os.path.join(os.path.dirname(RELAY), "cutaway"), "explain", path], capture_output=True, text=True)
        names = [line.split(": ")[1].split(" -")[0] for line in told.stdout.splitlines() if line[:1].isdigit()]
        wanted = ["upgrade", "switching protocols", "open", "connect", "connected", "KEY_EXCHANGE", "ELGAMAL_PK",
                  "DEFF_HELLMAN_PK", "ELGAMAL_PK_BC", "DEFF_HELLMAN_PK_BC", "message", "disconnect"]
        check("told again by cutaway explain", sorted(names) == sorted(wanted), names, told.stderr)
        check("without the text", "Hello" not in told.stdout)
    finally:
        leave_all(a, b)


def a_relay_that_vanishes():
    relay = Relay()
    a, b = toy_pair(relay)
    relay.stop(signal.SIGKILL)
    check("a relay that is killed: both ends notice", a.ends() == 1 and b.ends() == 1 and "closed the connection" in a.err and
          "closed the connection" in b.err, a.err, b.err)


def main():
    command_line()
    with tempfile.TemporaryDirectory() as folder:
        relay = Relay()
        try:
            key_files(folder, relay)
            leaving(relay)
            piped(relay)
            a_line_too_long(relay)
            pairs_in_succession(relay)
            at_a_terminal(relay)
            bad_partners(relay)
            a_partner_by_hand(relay)
            a_silent_partner(relay)
            recording(relay, folder)
        finally:
            status = relay.stop()
        check("the relay has survived all of it", status in (0, 130), status, relay.lines[-5:])
    bad_relays()
    a_relay_that_vanishes()
    finish()


main()
