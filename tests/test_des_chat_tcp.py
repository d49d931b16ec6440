#!/usr/bin/python3
"""des-chat as people run it: separate processes over loopback TCP, with pipes and with a pseudo-terminal; and an
independent peer in plain Python (integers, hashlib, DES by the openssl command) that speaks the protocol with both ends.
Prints TAP."""
import base64
import hashlib
import os
import re
import signal
import struct
import subprocess
import termios
import time

import program_support
from frame_support import Frames
from program_support import BUILD, PATIENCE, run_tests

PROGRAM = os.path.join(BUILD, "des-chat")
TOY_P, TOY_G = 1021, 22


# --- the protocol once more, independently --------------------------------------------------------------------------

def des(direction, mode, key, iv, data):
    command = ["openssl", "enc", direction, "-des-" + mode, "-K", key.hex(), "-nosalt", "-provider", "legacy",
               "-provider", "default"]
    if mode == "cbc":
        command += ["-iv", iv.hex()]
    done = subprocess.run(command, input=data, capture_output=True, timeout=PATIENCE)
    if done.returncode != 0:
        raise ValueError(done.stderr.decode())
    return done.stdout


class Peer(Frames):
    """One end of the protocol, on a connected socket."""

    def __init__(self, connection, mode="ecb"):
        super().__init__(connection)
        self.mode, self.key = mode, None

    def derive(self, p, y, x):
        z = pow(y, x, p)
        digest = hashlib.sha1(z.to_bytes((p.bit_length() + 7) // 8, "big")).digest()[:8]
        self.key = bytes((byte & 0xFE) | (bin(byte & 0xFE).count("1") + 1) % 2 for byte in digest)

    def handshake_as_client(self, x=123456789):
        self.send(b"Connected!")
        p, g, ys = (int(self.receive()) for _ in range(3))
        while pow(ys, x, p) in (1, p - 1):
            x += 1
        self.send(str(pow(g, x, p)).encode())
        self.derive(p, ys, x)
        return p, g

    def handshake_as_server(self, p=TOY_P, g=TOY_G, x=77):
        assert self.receive() == b"Connected!"
        for number in (p, g, pow(g, x, p)):
            self.send(str(number).encode())
        yc = int(self.receive())
        self.derive(p, yc, x)

    def say(self, text):
        iv = os.urandom(8) if self.mode == "cbc" else b""
        self.send(base64.b64encode(iv + des("-e", self.mode, self.key, iv, text)))

    def hear(self):
        data = base64.b64decode(self.receive(), validate=True)
        iv, data = (data[:8], data[8:]) if self.mode == "cbc" else (b"", data)
        return des("-d", self.mode, self.key, iv, data)


# --- processes ---------------------------------------------------------------------------------------------------------

class Program(program_support.Program):
    path = PROGRAM


def server(*arguments, group="toy-1021"):
    program = Program("server", "--port", "0", "--group", group, *arguments)
    program.wait_for("Listening on 127.0.0.1:")
    program.wait_for("(Ctrl-C ends)")
    port = int(re.search(rb"127\.0\.0\.1:(\d+),", program.out).group(1))
    assert port > 0
    return program, port


connect, listener, accept = Peer.connect, Peer.listener, Peer.accept


# --- conversations ----------------------------------------------------------------------------------------------------

def test_conversation_client_exits():
    for arguments in ([], ["--mode", "cbc"], ["--explain"]):
        one, port = server(*arguments, group="ffdhe2048")
        two = Program("client", "--port", str(port), *arguments)
        two.write("Hello, server\n")
        one.wait_for("Peer says: Hello, server\n")
        one.write("Hello, client: äöü €\n")
        two.wait_for("Peer says: Hello, client: äöü €\n")
        two.write("exit\n")
        one.wait_for("The peer has left (`exit`).\n")
        one.end(0)
        assert "The conversation is over." in two.end(0)
        assert "You: " not in one.out.decode() + two.out.decode()


def test_conversation_server_exits():
    one, port = server()
    two = Program("client", "--port", str(port))
    two.write("Hello\n")
    one.wait_for("Peer says: Hello\n")
    one.write("exit\n")
    one.end(0)
    two.end(0)


def test_piped_lines_wait_for_their_turn():
    one, port = server()
    one.write("a\nb\nc\n")
    one.process.stdin.close()  # after the three lines, the server leaves
    two = Program("client", "--port", str(port))
    two.write("1\n2\n3\nlast without a line break")
    two.process.stdin.close()
    output = two.end(0)
    assert re.findall("Peer says: (.*)", output) == ["a", "b", "c"], output
    assert re.findall("Peer says: (.*)", one.end(0)) == ["1", "2", "3", "last without a line break"]


def test_free_nothing_lost():
    one, port = server("--free")
    two = Program("client", "--port", str(port), "--free")
    there = ["line %d from the client" % i for i in range(2000)]
    back = ["line %d from the server" % i for i in range(2000)]
    one.write("\n".join(back) + "\n")
    two.write("\n".join(there) + "\n")
    one.wait_for(there[-1])
    two.wait_for(back[-1])
    two.write("exit\n")
    assert re.findall("Peer says: (.*)", one.end(0)) == there
    assert re.findall("Peer says: (.*)", two.end(0)) == back


def test_free_at_one_end_only():
    one, port = server("--free")
    two = Program("client", "--port", str(port))
    one.wait_for("Connected")
    one.write("first\n")
    one.wait_for("refused", "err")
    one.end(1)
    two.end(1)
    two.errors("twice in a row", "--free")
    one.errors("refused", "--free must be given at both ends")


def test_a_different_mode_is_noticed():
    for _ in range(20):  # once in 256 times the padding is right by chance
        one, port = server("--mode", "cbc")
        two = Program("client", "--port", str(port), "--mode", "ecb")
        two.write("a line of some length\n")
        if one.process.wait(PATIENCE) == 1:
            two.end(1)
            one.end(1)
            one.errors("does not decrypt", "--mode")
            two.errors("the server refused: a message could not be read")
            return
        two.process.kill()
    raise AssertionError("ECB was read as CBC")


def test_python_client_with_our_server():
    for mode in ("ecb", "cbc"):
        for group in ("toy-1021", "ffdhe2048"):
            program, port = server("--mode", mode, group=group)
            peer = connect(port, mode=mode)
            p, g = peer.handshake_as_client()
            assert (p, g) == (1021, 22) if group == "toy-1021" else p.bit_length() == 2048 and g == 2
            peer.say(b"from Python")
            program.wait_for("Peer says: from Python\n")
            program.write("from C\n")
            assert peer.hear() == b"from C"
            peer.say(b"")
            program.wait_for("Peer says: \n")
            program.write("12345678\n")
            assert peer.hear() == b"12345678"
            peer.say(b"exit")
            assert peer.closed()
            program.end(0)


def test_python_server_with_our_client():
    program, port = server(group="ffdhe2048")
    p = connect(port).handshake_as_client()[0]
    program.end(1)  # we left without `exit`
    for mode in ("ecb", "cbc"):
        for prime, g in ((TOY_P, TOY_G), (p, 2)):
            made, port = listener()
            program = Program("client", "--port", port, "--mode", mode)
            peer = accept(made, mode=mode)
            peer.handshake_as_server(prime, g, x=987654321987654321 % (prime - 1))
            program.write("from C\n")
            assert peer.hear() == b"from C"
            peer.say(b"from Python")
            program.wait_for("Peer says: from Python\n")
            program.write("exit\n")
            assert peer.hear() == b"exit"
            assert peer.closed()
            program.end(0)


def test_the_longest_line():
    for mode, longest in (("ecb", 49151), ("cbc", 49143)):
        one, port = server("--mode", mode)
        two = Program("client", "--port", str(port), "--mode", mode)
        two.write("x" * longest + "\n")
        one.wait_for("Peer says: " + "x" * longest + "\n")
        one.write("y" * (longest + 1) + "\n")
        one.end(1)
        one.errors("too long", str(longest), "not sent")
        assert "The peer has left" in two.end(0)
        # Without end: noticed long before it has all been read.
        one, port = server("--mode", mode)
        two = Program("client", "--port", str(port), "--mode", mode)
        two.wait_for("Connected")
        try:
            two.write("z" * 1000000)
        except BrokenPipeError:
            pass
        two.end(1)
        two.errors("too long")
        one.end(0)


def test_control_characters_are_shown_not_obeyed():
    program, port = server()
    peer = connect(port)
    peer.handshake_as_client()
    peer.say(b"a\x1b[2Jb\rc\x07d\x9be\xffg\xe2\x80\xaeh\n\x00z")
    program.wait_for("z\n")
    assert "Peer says: a\\x1b[2Jb\\x0dc\\x07d\\x9be\\xffg\\xe2\\x80\\xaeh\n           \\x00z\n" in program.out.decode()
    peer.say(b"exit")
    assert peer.closed()
    program.end(0)


# --- peers that are none -----------------------------------------------------------------------------------------------

def test_garbage_at_the_server():
    for garbage, reason, answer in (
            (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "1195725856", b"frames may have 65536 bytes at most"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "another protocol", b"frames may have 65536"),
            (struct.pack(">I", 5) + b"Hello", "message 1 (Connected!)", b"that is not the message that belongs here"),
            (struct.pack(">I", 65537), "65537", b"frames may have 65536 bytes at most")):
        program, port = server()
        peer = connect(port)
        peer.connection.sendall(garbage)
        assert peer.receive().startswith(b"Refused: " + answer)
        assert peer.closed()
        program.end(1)
        program.errors(reason)


def test_garbage_at_the_client():
    for sent, reason in (
            ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "another protocol"),
            ([struct.pack(">I", 3) + b"abc"], "message 2 (p) from the server is malformed at byte 0"),
            ([b"\0\0\0\x04" + b"1023", b"\0\0\0\x01" + b"2"], "p is not an odd prime"),
            ([b"\0\0\0\x04" + b"1021", b"\0\0\0\x01" + b"1"], "g is not between"),
            ([b"\0\0\0\x04" + b"1021", b"\0\0\0\x02" + b"22", b"\0\0\0\x04" + b"1020"], "1 < y < p-1"),
            ([b"\0\0\0\x0f" + b"Refused: go out"], "the server refused: go out")):
        made, port = listener()
        program = Program("client", "--port", port)
        peer = accept(made)
        assert peer.receive() == b"Connected!"
        for part in sent:
            peer.connection.sendall(part)
        if b"Refused" not in sent[0]:
            assert peer.receive().startswith(b"Refused: ")
        assert peer.closed()
        program.end(1)
        program.errors(reason)


def test_a_huge_prime_does_not_keep_the_client_busy():
    made, port = listener()
    program = Program("client", "--port", port)
    peer = accept(made)
    peer.receive()
    huge = str((1 << 8190) + 1).encode()
    started = time.process_time()
    peer.send(huge)
    peer.send(b"2")
    assert peer.receive() == b"Refused: the group is not acceptable"
    assert peer.closed()
    program.end(1)
    program.errors("8191 bits", "no published group")
    assert time.process_time() - started < PATIENCE


def test_silence():
    program, port = server("--timeout", "1")
    peer = connect(port)
    assert peer.receive() == b"Refused: no answer within the time allowed"
    assert peer.closed()
    program.end(1)
    program.errors("waiting for message 1 (Connected!) from the client", "--timeout")

    made, port = listener()
    program = Program("client", "--port", port, "--timeout", "1")
    peer = accept(made)
    assert peer.receive() == b"Connected!"
    assert peer.receive() == b"Refused: no answer within the time allowed"
    assert peer.closed()
    program.end(1)
    program.errors("waiting for message 2 (p) from the server")

    # Byte after byte, always something, never the whole: the deadline is for the handshake, not for a byte.
    program, port = server("--timeout", "1")
    peer = connect(port)
    for byte in struct.pack(">I", 10) + b"Connected":
        try:
            peer.connection.sendall(bytes([byte]))
            time.sleep(0.2)
        except OSError:
            break
    program.end(1)
    program.errors("waiting for message 1")

    # Silence between messages is a person thinking; inside a message it is not.
    program, port = server("--timeout", "1")
    peer = connect(port)
    peer.handshake_as_client()
    time.sleep(1.5)
    assert program.process.poll() is None
    peer.connection.sendall(b"\0\0\0")
    assert peer.receive() == b"Refused: no answer within the time allowed"
    assert peer.closed()
    program.end(1)
    program.errors("waiting for message 6")


def test_disconnect_at_each_stage():
    for stage, reason in ((0, "before message 1 (Connected!)"), (1, "in the middle of message 1"),
                          (2, "before message 5 (Yc)"), (3, "in the middle of message 5"), (4, "without `exit`"),
                          (5, "in the middle of message 6")):
        program, port = server()
        peer = connect(port)
        if stage == 1:
            peer.connection.sendall(b"\0\0\0\x0aConn")
        if stage in (2, 3):
            peer.send(b"Connected!")
            for _ in range(3):
                peer.receive()
        if stage == 3:
            peer.connection.sendall(b"\0\0\0\x03" + b"9")
        if stage >= 4:
            peer.handshake_as_client()
        if stage == 5:
            peer.connection.sendall(b"\0\0\0\x0cAAAA")
        peer.connection.close()
        program.end(1)
        program.errors("the client closed the connection", reason)
    for stage, reason in ((0, "before message 2 (p)"), (1, "before message 3 (g)"), (2, "before message 4 (Ys)"),
                          (3, "without `exit`")):
        made, port = listener()
        program = Program("client", "--port", port)
        peer = accept(made)
        if stage == 3:
            peer.handshake_as_server()
        else:
            peer.receive()
            for number in ("1021", "22")[:stage]:
                peer.send(number.encode())
        peer.connection.close()
        program.end(1)
        program.errors("the server closed the connection", reason)


def test_a_killed_peer():
    one, port = server()
    two = Program("client", "--port", str(port))
    one.wait_for("Connected")
    two.wait_for("Connected")
    two.process.kill()
    one.end(1)
    one.errors("without `exit`")
    two.process.wait(PATIENCE)


def test_two_clients():
    one, port = server()
    two = Program("client", "--port", str(port))
    two.wait_for("Connected")
    three = Program("client", "--port", str(port))
    three.end(1)
    three.errors("the server refused: busy with another client")
    for _ in range(30):  # more than are waited for at a time
        other = connect(port)
        assert other.receive() == b"Refused: busy with another client"
        assert other.closed()
    two.write("still here\n")
    one.wait_for("Peer says: still here")
    assert "was refused" in one.out.decode()
    one.write("exit\n")
    two.end(0)
    one.end(0)


def test_ports_and_hosts():
    one, port = server()
    taken = Program("server", "--port", str(port))
    taken.end(1)
    taken.errors("port %d" % port, "in use")
    one.process.send_signal(signal.SIGINT)
    one.end(130)
    nobody = Program("client", "--port", str(port))
    nobody.end(1)
    nobody.errors("nobody listens")
    nowhere = Program("client", "--host", "no-such-host.invalid")
    nowhere.end(1)
    nowhere.errors("no-such-host.invalid")
    one, port = server()
    with open("/proc/net/tcp", encoding="ascii") as table:
        addresses = [line.split()[1] for line in table if ":%04X " % port in line and " 0A " in line]
    assert addresses == ["0100007F:%04X" % port], addresses
    one.process.terminate()
    one.end(143)


def test_command_line():
    for arguments, part in ((["serve"], 'did you mean "server"'), ([], "server, client or demo"),
                            (["server", "--port", "65536"], "port"), (["server", "--group", "ffdhe2049"], "ffdhe2048"),
                            (["client", "--mode", "cfb"], "ecb"), (["client", "--timeout", "0"], "timeout"),
                            (["client", "--port", "0"], "--port is 0"), (["demo", "extra"], "extra"),
                            (["client", "--group", "toy-1021"], "group")):
        program = Program(*arguments)
        program.end(2)
        program.errors(part)
    for arguments in (["--help"], ["server", "--help"], ["client", "--help"], ["demo", "--help"]):
        output = Program(*arguments).end(0)
        assert "des-chat" in output and max(map(len, output.splitlines())) <= 100


def test_every_group_of_the_help():
    output = Program("server", "--help").end(0)
    names = set(re.findall("(?:toy|modp)-[0-9a-z]+|ffdhe[0-9]+", output[output.index("Groups:"):output.index("Options:")]))
    assert len(names) == 13
    for name in names:
        program, _ = server(group=name)
        program.process.send_signal(signal.SIGINT)
        program.end(130)


# --- people -------------------------------------------------------------------------------------------------------------

class Typist(program_support.Typist):
    path = PROGRAM


def visible(data):
    return re.sub(rb"\x1b(\[[0-9;?]*[a-zA-Z]|[=>])", b"", data).decode()


def test_a_half_typed_line_survives():
    made, port = listener()
    typist = Typist("client", "--port", port, "--free")
    peer = accept(made)
    peer.handshake_as_server()
    typist.wait_for("You: ")
    typist.type("half a li")
    at = typist.wait_for("half a li")
    peer.say(b"an interruption")
    at = typist.wait_for("Peer says: an interruption", at)
    at = typist.wait_for("half a li", at)
    assert "You: half a li" in visible(typist.screen[:at])
    typist.type("ne\r")
    assert peer.hear() == b"half a line"
    # In the middle of the line too: the cursor stays where it was.
    typist.type("ac\x02")  # Ctrl-B: back by one
    typist.wait_for("ac", at)
    peer.say(b"again")
    typist.wait_for("Peer says: again", at)
    typist.type("b\r")
    assert peer.hear() == b"abc"
    typist.type("\x04")
    assert peer.hear() == b"exit"
    assert peer.closed()
    typist.end(0)


def test_turns_at_a_terminal():
    made, port = listener()
    typist = Typist("client", "--port", port)
    peer = accept(made)
    peer.handshake_as_server()
    at = typist.wait_for("You: ")
    typist.type("first\r")
    assert peer.hear() == b"first"
    at = typist.wait_for("(peer's turn) You: ", at)
    typist.type("too early\r")
    at = typist.wait_for("your line is kept", at)
    at = typist.wait_for("too early", at)
    peer.say(b"second")
    at = typist.wait_for("Peer says: second", at)
    at = typist.wait_for("too early", at)
    typist.type(", but now\r")
    assert peer.hear() == b"too early, but now"
    typist.type("\x04")  # not this end's turn: the end may come at any time
    assert peer.hear() == b"exit"
    assert peer.closed()
    typist.end(0)


def test_a_line_too_long_at_a_terminal():
    made, port = listener()
    typist = Typist("client", "--port", port)
    peer = accept(made)
    peer.handshake_as_server()
    at = typist.wait_for("You: ")
    for _ in range(50):
        typist.type("x" * 1000)
        typist.wait_until(lambda: len(typist.screen) >= at + 1000)
        at = len(typist.screen)
    typist.type("\r")
    typist.wait_for("Your line is kept")
    typist.type("\x15short\r")  # Ctrl-U: empty the line
    assert peer.hear() == b"short"
    typist.type("\x04")
    assert peer.hear() == b"exit"
    assert peer.closed()
    typist.end(0)


def test_signals_restore_the_terminal():
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        made, port = listener()
        typist = Typist("client", "--port", port)
        peer = accept(made)
        peer.handshake_as_server()
        typist.wait_for("You: ")
        assert termios.tcgetattr(typist.slave) != typist.before
        if number == signal.SIGINT:
            typist.type("abc\x03")
        else:
            typist.process.send_signal(number)
        assert peer.hear() == b"exit"
        assert peer.closed()
        typist.end(status)


def test_a_vanished_peer_restores_the_terminal():
    made, port = listener()
    typist = Typist("client", "--port", port)
    peer = accept(made)
    peer.handshake_as_server()
    typist.wait_for("You: ")
    peer.connection.close()
    typist.wait_for("the server closed the connection without `exit`")
    typist.end(1)


def test_ctrl_c_before_the_conversation():
    program, port = server()
    program.process.send_signal(signal.SIGINT)
    program.end(130)
    program, port = server()
    peer = connect(port)
    program.wait_for("A client from")
    program.process.send_signal(signal.SIGINT)
    assert peer.receive() == b"Refused: the other end gave up"
    assert peer.closed()
    program.end(130)


def test_closed_pipes():
    # Nobody reads the output any more: the peer is told, the exit status says so.
    made, port = listener()
    process = subprocess.Popen([PROGRAM, "client", "--port", port], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    peer = accept(made)
    peer.handshake_as_server()
    process.stdin.write(b"x\n")
    process.stdin.flush()
    assert peer.hear() == b"x"
    process.stdout.close()
    peer.say(b"nobody hears this")
    assert peer.hear() == b"exit"
    assert peer.closed()
    assert process.wait(PATIENCE) == 1
    process.stdin.close()
    process.stderr.close()
    # No input at all: the client leaves at its first turn.
    program, port = server()
    two = Program("client", "--port", str(port), stdin=subprocess.DEVNULL)
    two.end(0)
    program.end(0)


# --- what is shown --------------------------------------------------------------------------------------------------------

def test_toy_first():
    for arguments in (["demo", "--group", "toy-1021"], ["demo", "--group", "toy-4digit"]):
        assert Program(*arguments).end(0).startswith("A TOY run")
    for explain in ([], ["--explain"]):
        one, port = server(*explain)
        two = Program("client", "--port", str(port), *explain)
        two.write("exit\n")
        assert two.end(0).startswith("A TOY run: p has only 10 bits")
        assert one.end(0).startswith("A TOY run: p has only 10 bits")
    one, port = server(group="modp-1536")
    two = Program("client", "--port", str(port))
    two.write("exit\n")
    assert "TOY" not in two.end(0) + one.end(0)


def test_demo():
    for mode in ("ecb", "cbc", "cbc --free"):
        output = Program("demo", "--mode", *mode.split()).end(0)
        lines = output.splitlines()
        assert max(map(len, lines)) <= 100 and "\x1b" not in output
        headings = re.findall(r"^(\d+)  (\w+) -> (\w+): (\S+) -+$", output, re.M)
        names = ["Connected!", "p", "g", "Ys", "Yc", "message", "message", "message", "message"]
        assert [heading[3] for heading in headings] == names
        assert [heading[1] for heading in headings] == ["client"] + 3 * ["server"] + 2 * ["client"] + [
            "server", "client", "server"]
        keys = re.findall(r"  DES key .*\n       0       ((?:[0-9a-f]{2} ){8})", output)
        assert len(keys) == 6 and len(set(keys)) == 1
        assert output.count("a listener") == 9 and output.count("both know") == 9
        # Message 8 repeats its text every 8 bytes: ECB shows it, CBC does not.
        eight = output[output.index("\n8  client"):output.index("\n9  server")]
        rows = re.search(r"  ciphertext   DES-.*\n       0       ((?:[0-9a-f]{2} ){16}).*\n      16       ((?:[0-9a-f]{2} ){8})", eight)
        blocks = {rows.group(1)[:24], rows.group(1)[24:], rows.group(2)}
        assert len(blocks) == (1 if mode == "ecb" else 3)


def test_explained_at_a_live_end():
    one, port = server("--explain", group="ffdhe2048")
    two = Program("client", "--port", str(port), "--explain")
    two.write("Hello\n")
    one.wait_for("Peer says: Hello")
    one.write("exit\n")
    for output in (one.end(0), two.end(0)):
        numbers = [int(number) for number in re.findall(r"^(\d+)  \w+ -> \w+: \S+ -+$", output, re.M)]
        assert numbers == [1, 2, 3, 4, 5, 6, 7], numbers
        assert max(map(len, output.splitlines())) <= 100
        assert "(617 digits)" in output and "bytes not shown; 617 in all" in output


def test_the_width_and_colour_of_a_terminal():
    typist = Typist("demo", "--group", "toy-1021")
    typist.wait_for("des-chat client")
    typist.end(0)
    assert b"\x1b[1m" in typist.screen
    wide = [line for line in visible(typist.screen).replace("\r", "").split("\n") if len(line) > 80]
    assert not wide, wide
    # The options of the help end at a word, and go on below the sentence that they began.
    typist = Typist("server", "--help")
    typist.end(0)
    options = visible(typist.screen).replace("\r", "").split("Options:\n")[1].split("\n\n")[0].split("\n")
    assert max(map(len, options)) <= 80 and " " * 29 + "within a message (30)" in options, options


if __name__ == "__main__":
    run_tests(globals())
