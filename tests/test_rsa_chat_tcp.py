#!/usr/bin/python3
"""rsa-chat as people run it: a server and several clients as separate processes over loopback TCP, with pipes and with
pseudo-terminals; and an independent peer (plain integers, hashlib, AES by python3-cryptography) that speaks the protocol
with both ends. Prints TAP."""
import base64
import hashlib
import os
import random
import re
import signal
import socket
import struct
import subprocess
import tempfile

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

import program_support
from frame_support import Frames
from program_support import BUILD, PATIENCE, run_tests

PROGRAM = os.path.join(BUILD, "rsa-chat")
FOLDER = tempfile.TemporaryDirectory(prefix="cutaway-rsa-chat-")
KEYS = FOLDER.name


# --- the protocol once more, independently ---------------------------------------------------------------------------

def is_prime(n, rng):
    if any(n % p == 0 for p in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29)):
        return False
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    for _ in range(20):
        x = pow(rng.randrange(2, n - 1), d, n)
        if x not in (1, n - 1) and all((x := x * x % n) != n - 1 for _ in range(s - 1)):
            return False
    return True


def der(tag, contents):
    length = len(contents)
    if length < 128:
        return bytes([tag, length]) + contents
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + contents


def der_integer(n):
    return der(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def to_pem(n, e):
    algorithm = der(0x30, bytes.fromhex("06092a864886f70d010101") + b"\x05\x00")
    key = der(3, b"\x00" + der(0x30, der_integer(n) + der_integer(e)))
    text = base64.b64encode(der(0x30, algorithm + key))
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return b"-----BEGIN PUBLIC KEY-----\n" + b"\n".join(lines) + b"\n-----END PUBLIC KEY-----\n"


def from_pem(pem):
    """(n, e) of a SubjectPublicKeyInfo."""
    def element(data):
        length, at = data[1], 2
        if length & 0x80:
            at += length & 0x7F
            length = int.from_bytes(data[2:at], "big")
        return data[at:at + length], data[at + length:]
    lines = pem.strip().split(b"\n")
    assert lines[0] == b"-----BEGIN PUBLIC KEY-----" and lines[-1] == b"-----END PUBLIC KEY-----", lines
    outer, _ = element(base64.b64decode(b"".join(lines[1:-1])))
    bits, _ = element(element(outer)[1])
    numbers, _ = element(bits[1:])
    n, rest = element(numbers)
    e, _ = element(rest)
    return int.from_bytes(n, "big"), int.from_bytes(e, "big")


class Key:
    def __init__(self, seed, bits=1024, e=65537):
        rng = random.Random(seed)
        while True:
            p, q = (self.prime(bits // 2, rng) for _ in range(2))
            if p != q and (p - 1) % e and (q - 1) % e and (p * q).bit_length() == bits:
                break
        self.n, self.e, self.d = p * q, e, pow(e, -1, (p - 1) * (q - 1))
        self.pem = to_pem(self.n, self.e)
        self.size = (bits + 7) // 8

    @staticmethod
    def prime(bits, rng):
        while True:
            n = rng.getrandbits(bits) | 3 << bits - 2 | 1
            if is_prime(n, rng):
                return n


CLIENT_KEY, SERVER_KEY = Key(1), Key(2)


def md5(data):
    return hashlib.md5(data).hexdigest().encode()


def prefixed(data):
    return struct.pack(">I", len(data)) + data


def split_prefixed(data):
    length, = struct.unpack(">I", data[:4])
    return data[4:4 + length], data[4 + length:]


def rsa(m, n, e):
    return pow(int.from_bytes(m, "big"), e, n).to_bytes((n.bit_length() + 7) // 8, "big")


class Peer(Frames):
    """One end of the protocol, on a connected socket."""

    def __init__(self, connection):
        super().__init__(connection)
        self.session = None

    # A CBC object of a library is a chain: what it encrypts next follows what it has encrypted.
    def start_aes(self, session):
        self.session = session
        key = session + session[::-1]
        cipher = Cipher(algorithms.AES(key), modes.CBC(key))
        self.encryptor, self.decryptor = cipher.encryptor(), cipher.decryptor()

    def say(self, text):
        count = 16 - len(text) % 16
        self.send(self.encryptor.update(text + bytes([count]) * count))

    def hear(self):
        text = self.decryptor.update(self.receive())
        count = text[-1]
        assert 1 <= count <= 16 and text.endswith(bytes([count]) * count), text
        return text[:-count]

    def hello(self, pem=None, digest=None):
        pem = CLIENT_KEY.pem if pem is None else pem
        self.send(prefixed(pem) + (md5(pem) if digest is None else digest))

    def take_session_key(self):
        """Client: message 2; the session and the server's public key."""
        c, rest = split_prefixed(self.receive())
        pem, rest = split_prefixed(rest)
        assert not rest and len(c) == CLIENT_KEY.size
        m = rsa(c, CLIENT_KEY.n, CLIENT_KEY.d)[-74:]
        session, one, two = m[:8], m[9:41], m[42:]
        assert m[8:9] == m[41:42] == b":" and one == md5(session) and two == md5(pem)
        return session, from_pem(pem)

    def join(self, name=b"python"):
        """The whole handshake as a client; what the server says to the name."""
        self.hello()
        session, (n, e) = self.take_session_key()
        assert n.bit_length() == 1024 and e == 65537
        self.send(rsa(session, n, e))
        self.start_aes(session)
        assert self.hear() == b"Ready"
        self.say(name)
        return self.hear()

    def serve(self, session=b"\x00:\xff\x00abc:"):
        """The whole handshake as a server; the client's name."""
        pem, digest = split_prefixed(self.receive())
        assert digest == md5(pem)
        n, e = from_pem(pem)
        assert n.bit_length() == 1024 and e == 65537
        m = session + b":" + md5(session) + b":" + md5(SERVER_KEY.pem)
        self.send(prefixed(rsa(m, n, e)) + prefixed(SERVER_KEY.pem))
        assert rsa(self.receive(), SERVER_KEY.n, SERVER_KEY.d)[-8:] == session
        self.start_aes(session)
        self.say(b"Ready")
        return self.hear()


# --- processes -------------------------------------------------------------------------------------------------------

class Program(program_support.Program):
    path = PROGRAM
    may_not_read = True

    def __init__(self, *arguments, keys=KEYS, **options):
        super().__init__(*arguments, *(["--keys", keys] if keys else []), **options)


def server(*arguments, **options):
    program = Program("server", "--port", "0", *arguments, **options)
    program.wait_for("Listening on 127.0.0.1:")
    program.wait_for("Ctrl-C ends.")
    return program, int(re.search(rb"127\.0\.0\.1:(\d+)\.", program.out).group(1))


def client(port, name, *arguments, **options):
    program = Program("client", "--port", str(port), "--name", name, *arguments, **options)
    program.wait_for("* you are ")
    return program


def stop(program):
    """The server's user types `quit`."""
    program.write("quit\n")
    return program.end(0)


connect, listener, accept = Peer.connect, Peer.listener, Peer.accept


# --- conversations ---------------------------------------------------------------------------------------------------

def test_a_server_and_three_clients():
    one, port = server()
    alice, bob = client(port, "alice"), client(port, "bob")
    alice.wait_for("* bob has joined\n")
    bob.wait_for("* you are bob; here: alice\n")
    carol = client(port, "carol")
    alice.write("Hello, all: äöü €\n")
    for program in (bob, carol, one):
        program.wait_for("alice: Hello, all: äöü €\n")
    one.write("Welcome.\n")
    for program in (alice, bob, carol):
        program.wait_for("server: Welcome.\n")
    bob.write("quit\n")
    assert "The conversation is over." in bob.end(0)
    for program in (alice, carol):
        program.wait_for("* bob has left\n")
    carol.write("Bye, bob\n")
    alice.wait_for("carol: Bye, bob\n")
    output = stop(one)
    for program in (alice, carol):
        assert "The server has left (`quit`)." in program.end(0)
    for line in ("alice has joined, from 127.0.0.1:", "bob has left (`quit`).\n", "carol: Bye, bob\n"):
        assert line in output, output
    # Nobody hears himself, and nobody hears more than there was.
    assert re.findall(r"^\w+: .*", alice.out.decode(), re.M) == ["server: Welcome.", "carol: Bye, bob"]
    assert not re.search(r"^bob: ", bob.out.decode(), re.M) and "carol: Bye" not in bob.out.decode()


def test_names():
    one, port = server()
    two = [client(port, "Zoe"), client(port, "zoe")]
    two[1].wait_for("* you are zoe-2, as zoe is taken; here: Zoe\n")
    nameless = Program("client", "--port", str(port))
    nameless.wait_for("* you are client; here: Zoe, zoe-2\n")
    for program in (*two, nameless):
        program.end(0)
    stop(one)
    for name in ("", "a b", "server", "x" * 33, "a:b"):
        program = Program("client", "--port", "1", "--name", name)
        program.end(2)
        program.errors("--name", "1 to 32 letters")


def test_a_client_that_vanishes():
    one, port = server()
    alice, bob = client(port, "alice"), client(port, "bob")
    alice.process.kill()
    bob.wait_for("* alice is gone\n")
    one.wait_for("(alice: alice closed the connection without `quit`)")
    bob.write("still here\n")
    one.wait_for("bob: still here\n")
    bob.end(0)
    again = client(port, "alice")
    again.end(0)
    stop(one)


def test_a_server_that_vanishes():
    one, port = server()
    alice = client(port, "alice")
    one.process.kill()
    alice.process.wait(PATIENCE)
    alice.end(1)
    alice.errors("the server closed the connection without `quit`")


def test_ctrl_c():
    one, port = server()
    alice, bob = client(port, "alice"), client(port, "bob")
    alice.process.send_signal(signal.SIGINT)
    assert alice.process.wait(PATIENCE) == 130
    bob.wait_for("* alice has left\n")
    half = connect(port)
    half.hello()
    half.receive()
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(PATIENCE) == 130
    assert "The server has left" in bob.end(0)
    assert half.receive() == b"Refused: the other end gave up"


def test_piped_lines_arrive_in_order():
    one, port = server()
    alice, bob = client(port, "alice"), client(port, "bob")
    bob.wait_for("* you are bob")
    lines = ["line %d" % i for i in range(2000)]
    alice.write("\n".join(lines) + "\nlast, without a line break")
    alice.end(0)
    bob.wait_for("* alice has left\n")
    heard = re.findall("^alice: (.*)$", bob.out.decode(), re.M)
    assert heard == lines + ["last, without a line break"], heard[-5:]
    bob.end(0)
    stop(one)


def test_the_server_s_piped_lines_wait_for_somebody():
    one, port = server()
    one.write("Hello, whoever you are\n")
    alice = client(port, "alice")
    alice.wait_for("server: Hello, whoever you are\n")
    # The end of its input does not end the server.
    one.process.stdin.close()
    alice.write("still there?\n")
    one.wait_for("alice: still there?\n")
    one.process.terminate()
    assert one.process.wait(PATIENCE) == 143
    assert "The server has left" in alice.end(0)
    one, port = server(stdin=subprocess.DEVNULL)
    client(port, "bob").end(0)
    one.process.terminate()
    one.end(143)
    # `quit` behind a line waits as long as that line does.
    one, port = server()
    one.write("You are the first\nquit\n")
    made = Program("client", "--port", str(port))
    made.wait_for("server: You are the first\n")
    made.wait_for("The server has left (`quit`).\n")  # before its own input ends, which would make it leave first
    made.end(0)
    one.end(0)


def test_the_longest_line():
    one, port = server()
    alice, bob = client(port, "alice"), client(port, "bob")
    alice.write("x" * 65501 + "\n")
    bob.wait_for("alice: " + "x" * 65501 + "\n")
    alice.write("y" * 65502 + "\n")
    alice.end(1)
    alice.errors("too long", "65501")
    bob.wait_for("* alice has left\n")
    assert "y" * 100 not in bob.end(0)
    stop(one)


# --- an independent peer ---------------------------------------------------------------------------------------------

def test_python_client_with_our_server():
    one, port = server()
    alice = client(port, "alice")
    peer = connect(port)
    assert peer.join() == b"* you are python; here: alice"
    alice.wait_for("* python has joined\n")
    for length in (0, 1, 15, 16, 17, 31, 32, 1000):
        peer.say(b"p" * length)
        alice.wait_for("python: " + "p" * length + "\n")
        alice.write("a" * length + "\n")
        assert peer.hear() == b"alice: " + b"a" * length
    one.write("to all\n")
    assert peer.hear() == b"server: to all"
    other = connect(port)
    assert other.join(b"python") == b"* you are python-2, as python is taken; here: alice, python"
    assert peer.hear() == b"* python-2 has joined"
    assert other.session == peer.session  # fixed for the server's life
    other.say(b"quit")
    assert other.closed()
    assert peer.hear() == b"* python-2 has left"
    stop(one)
    assert peer.hear() == b"quit"
    assert peer.closed()
    alice.end(0)


def test_python_server_with_our_client():
    for session in (b"\x00:\xff\x00abc:", bytes(8), b"::::::::", b"\xff" * 8):
        made, port = listener()
        program = Program("client", "--port", port, "--name", "ann")
        peer = accept(made)
        assert peer.serve(session) == b"ann"
        program.wait_for("Connected as ann")
        peer.say(b"* you are ann-7, as ann is taken")
        program.wait_for("* you are ann-7")
        peer.say(b"bob: Hello")
        program.wait_for("bob: Hello\n")
        program.write("Hello, bob\n")
        assert peer.hear() == b"Hello, bob"
        peer.say(b"neither name nor announcement")
        program.wait_for("(nobody): neither name nor announcement\n")
        program.write("quit\n")
        assert peer.hear() == b"quit"
        assert peer.closed()
        program.end(0)


def test_openssl_reads_the_key_files():
    with tempfile.TemporaryDirectory() as folder:
        keys = os.path.join(folder, "new")
        one, port = server(keys=keys)
        alice = client(port, "alice", keys=keys)
        for who in ("server", "alice"):
            private, public = (os.path.join(keys, "rsa-chat_%s_%s.pem" % (who, kind)) for kind in ("private", "public"))
            assert os.stat(private).st_mode & 0o777 == 0o600
            derived = subprocess.run(["openssl", "pkey", "-in", private, "-pubout"], capture_output=True, check=True).stdout
            with open(public, "rb") as file:
                assert file.read() == derived
            n, e = from_pem(derived)
            assert n.bit_length() == 1024 and e == 65537
        alice.end(0)
        # New at every start; in the current folder unless told otherwise.
        with open(os.path.join(keys, "rsa-chat_alice_public.pem"), "rb") as file:
            before = file.read()
        client(port, "alice", keys=None, cwd=keys).end(0)
        with open(os.path.join(keys, "rsa-chat_alice_public.pem"), "rb") as file:
            assert file.read() != before
        assert sorted(os.listdir(keys)) == ["rsa-chat_alice_private.pem", "rsa-chat_alice_public.pem",
                                            "rsa-chat_server_private.pem", "rsa-chat_server_public.pem"]
        stop(one)
        for path in ("/dev/null/x", os.path.join(folder, "no/such/folder"), os.path.join(keys, "rsa-chat_alice_public.pem")):
            program = Program("client", "--port", port_of_nobody(), "--name", "bob", keys=path)
            program.end(1)
            program.errors(path)


def port_of_nobody():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return str(made.getsockname()[1])


# --- peers that are none ---------------------------------------------------------------------------------------------

def test_garbage_at_the_server():
    one, port = server()
    alice = client(port, "alice")
    cases = [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "1195725856", b"frames may have 65536 bytes at most"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "another protocol", b"frames may have 65536 bytes at most"),
        (prefixed(b"Connected!"), "message 1 (public key) from the client is malformed", b"that is not the message"),
        (prefixed(b""), "message 1 (public key)", b"that is not the message"),
    ]
    for sent, reason, answer in cases:
        peer = connect(port)
        peer.connection.sendall(sent)
        assert peer.receive().startswith(b"Refused: " + answer)
        assert peer.closed()
        one.wait_for(reason)
    alice.write("undisturbed\n")
    one.wait_for("alice: undisturbed\n")
    alice.end(0)
    stop(one)
    assert one.err == b""


def test_keys_that_are_refused():
    one, port = server()
    n, e = CLIENT_KEY.n, CLIENT_KEY.e
    large = (1 << 4100) + 1
    cases = [
        (CLIENT_KEY.pem, md5(b"another key"), "the MD5 beside the key", b"the key and its MD5 do not match"),
        (to_pem(n + 1, e), None, "the key cannot be used", b"the public key is not acceptable"),
        (to_pem(n, 1), None, "the key cannot be used", b"the public key is not acceptable"),
        (to_pem(n, 2), None, "the key cannot be used", b"the public key is not acceptable"),
        (to_pem(n >> 520 | 1, e), None, "the key cannot be used", b"the public key is not acceptable"),
        (to_pem(n >> 500 | 1, e), None, "593 bits", b"the public key is too small: 593 bits are the least"),
        (to_pem(large, e), None, "4101 bits, and 4096 are the most", b"the public key is not acceptable"),
        (b"no key", None, "the key is no PEM text", b"the public key is not acceptable"),
    ]
    for pem, digest, reason, answer in cases:
        peer = connect(port)
        peer.hello(pem, digest)
        got = peer.receive()
        assert got == b"Refused: " + answer, (reason, got)
        assert peer.closed()
        one.wait_for(reason)
    stop(one)


def test_a_wrong_session_is_refused():
    one, port = server()
    for case, reason in enumerate(("another session", "RSA gave something of another form", "RSA gave something of another form",
                                   "RSA gave something of another form")):
        peer = connect(port)
        peer.hello()
        session, (n, e) = peer.take_session_key()
        answers = [rsa(bytes(8) if session != bytes(8) else b"x" * 8, n, e), os.urandom(127) + b"x", b"\xff" * 128,
                   rsa(b"x" + session, n, e)]
        if case == 1:
            answers[1] = b"\x00" + answers[1][1:]
        peer.send(answers[case])
        assert peer.receive() == b"Refused: the key exchange failed"
        assert peer.closed()
        one.wait_for(reason)
    assert stop(one).count("RSA gave") == 3


def test_servers_that_are_refused():
    def session_key(pem, m_of, server_pem=SERVER_KEY.pem):
        n, e = from_pem(pem)
        return prefixed(rsa(m_of, n, e)) + prefixed(server_pem)

    session = b"12345678"
    good = session + b":" + md5(session) + b":" + md5(SERVER_KEY.pem)
    bad_pem = to_pem(SERVER_KEY.n - 1, 65537)
    cases = [
        (lambda pem: b"Refused: not today", "the server refused: not today", None),
        (lambda pem: b"hello", "message 2 (session key) from the server is malformed", b"that is not the message"),
        (lambda pem: session_key(pem, b"x" + good[1:]), "the MD5 of the session is wrong", b"the key exchange failed"),
        (lambda pem: session_key(pem, good, CLIENT_KEY.pem), "the MD5 of the server's key", b"the key exchange failed"),
        (lambda pem: session_key(pem, good[:-1]), "another form", b"the key exchange failed"),
        (lambda pem: prefixed(bytes(128)) + prefixed(SERVER_KEY.pem), "another form", b"the key exchange failed"),
        (lambda pem: session_key(pem, session + b":" + md5(session) + b":" + md5(bad_pem), bad_pem),
         "the key cannot be used", b"the public key is not acceptable"),
    ]
    for answer, reason, refusal in cases:
        made, port = listener()
        program = Program("client", "--port", port)
        peer = accept(made)
        pem, _ = split_prefixed(peer.receive())
        peer.send(answer(pem))
        if refusal:
            assert peer.receive().startswith(b"Refused: " + refusal), reason
        assert peer.closed()
        program.end(1)
        program.errors(reason)


def test_silence():
    one, port = server("--timeout", "1")
    silent, slow = connect(port), connect(port)
    slow.hello()
    slow.receive()
    for peer in (silent, slow):
        assert peer.receive() == b"Refused: no answer within the time allowed"
        assert peer.closed()
    one.wait_for("waiting for message 1 (public key) from the client")
    one.wait_for("waiting for message 3 (session back) from the client")
    # In the conversation people may think as long as they like, but a message that has begun must end.
    peer = connect(port)
    peer.join()
    peer.connection.sendall(b"\0\0")
    assert peer.receive() == b"Refused: no answer within the time allowed"
    stop(one)
    made, port = listener()
    program = Program("client", "--port", port, "--timeout", "1")
    peer = accept(made)
    peer.receive()
    assert peer.receive() == b"Refused: no answer within the time allowed"
    program.end(1)
    program.errors("waiting for message 2 (session key) from the server", "--timeout")
    program = Program("client", "--port", port_of_nobody())
    program.end(1)
    program.errors("nobody listens there")


def test_disconnects_at_each_stage():
    one, port = server()
    alice = client(port, "alice")
    for stage in range(4):
        peer = connect(port)
        if stage >= 1:
            peer.hello()
        if stage >= 2:
            session, (n, e) = peer.take_session_key()
        if stage >= 3:
            peer.send(rsa(session, n, e))
            peer.receive()
        peer.connection.close()
        one.wait_for("before message %d" % (1, 3, 3, 5)[stage])
    peer = connect(port)
    peer.connection.sendall(b"\0\0\1\0part")
    peer.connection.close()
    one.wait_for("in the middle of message 1")
    alice.end(0)
    stop(one)


def test_a_slow_reader_is_put_out_and_stops_nobody():
    one, port = server("--quiet")
    alice = connect(port)
    alice.join(b"alice")
    slow = connect(port)
    slow.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.join(b"slow")
    assert alice.hear() == b"* slow has joined"
    carol = connect(port)
    carol.join(b"carol")
    assert alice.hear() == b"* carol has joined"
    text = b"x" * 60000
    for i in range(1000):  # far more than the kernel keeps for a reader that does not read
        alice.say(text)
        heard = carol.hear()
        if heard == b"* slow was put out: too slow":
            break
        assert heard == b"alice: " + text
    else:
        raise AssertionError("60 MB were kept for one that does not read")
    if carol.hear() != b"alice: " + text:
        raise AssertionError("a line was lost")
    assert alice.hear() == b"* slow was put out: too slow"
    stop(one)


def test_too_many():
    one, port = server()
    crowd = [connect(port) for _ in range(32)]
    for peer in crowd:
        peer.hello()
        peer.receive()
    late = connect(port)
    assert late.receive() == b"Refused: busy: no room for one more"
    for peer in crowd:
        peer.connection.close()
    one.wait_for("was refused: busy: no room for one more")
    client(port, "alice").end(0)
    stop(one)


def test_control_characters_are_shown_not_obeyed():
    one, port = server()
    alice = client(port, "alice")
    peer = connect(port)
    peer.join(b"mallory")
    peer.say(b"a\x1b[2Jb\rc\x07d\n* alice has left\x00z")
    for program in (one, alice):
        program.wait_for("mallory: a\\x1b[2Jb\\x0dc\\x07d\n         * alice has left\\x00z\n")
    alice.end(0)
    stop(one)


# --- at a terminal ---------------------------------------------------------------------------------------------------

class Typist(program_support.Typist):
    path = PROGRAM

    def __init__(self, *arguments):
        super().__init__(*arguments, "--keys", KEYS)


def test_host_port_and_name_are_asked_for():
    one, port = server()
    typist = Typist("client")
    at = typist.wait_for("The server's host [127.0.0.1]: ")
    typist.type("\n")
    at = typist.wait_for("The server's port [8004]: ", at)
    typist.type("70000\n")
    at = typist.wait_for("A port is a number up to 65535.", at)
    at = typist.wait_for("The server's port [8004]: ", at)
    typist.type("%d\n" % port)
    at = typist.wait_for("Your name [client]: ", at)
    typist.type("two words\n")
    at = typist.wait_for("Not this one: a name has 1 to 32 letters", at)
    typist.wait_for("Your name [client]: ", at)
    typist.type("ann\n")
    typist.wait_for("* you are ann; nobody else is here")
    typist.type("Hello\r")
    one.wait_for("ann: Hello\n")
    typist.type("\x04")
    typist.end(0)
    stop(one)
    # What is given is not asked for; Ctrl-D at a question ends.
    typist = Typist("client", "--host", "127.0.0.1", "--name", "bob")
    typist.wait_for("The server's port [8004]: ")
    typist.type("\x04")
    typist.end(1)
    assert b"host" not in typist.screen
    typist = Typist("server", "--host", "127.0.0.1")
    typist.wait_for("Port (0 picks a free one) [8004]: ")
    typist.type("0\n")
    typist.wait_for("Listening on 127.0.0.1:")
    typist.wait_for("You: ")
    typist.type("anybody?\r")
    typist.wait_for("(not sent: nobody is here)")
    typist.type("quit\r")
    typist.end(0)


def test_a_half_typed_line_survives():
    one, port = server()
    typist = Typist("client", "--host", "127.0.0.1", "--port", str(port), "--name", "ann")
    typist.wait_for("You: ")
    other = connect(port)
    other.join(b"bob")
    at = typist.wait_for("* bob has joined")
    typist.type("half a li")
    at = typist.wait_for("half a li", at)
    other.say(b"listen!")
    at = typist.wait_for("bob: listen!", at)
    at = typist.wait_for("You: half a li", at)  # drawn again below
    typist.type("ne\r")
    assert other.hear() == b"ann: half a line"
    other.say(b"quit")
    typist.wait_for("* bob has left", at)
    typist.type("\x03")
    typist.end(130)
    one.wait_for("ann has left (`quit`).")
    # The server's own user.
    stop(one)
    typist = Typist("server", "--host", "127.0.0.1", "--port", "0")
    typist.wait_for("You: ")
    port = int(re.search(rb"127\.0\.0\.1:(\d+)\.", typist.screen).group(1))
    other = connect(port)
    other.join(b"bob")
    at = typist.wait_for("bob has joined, from ")
    typist.type("wel")
    at = typist.wait_for("wel", at)
    other.say(b"hi")
    at = typist.wait_for("bob: hi", at)
    typist.wait_for("You: wel", at)
    typist.type("come\r")
    assert other.hear() == b"server: welcome"
    typist.type("\x04")
    assert other.hear() == b"quit"
    typist.end(0)


def test_signals_restore_the_terminal():
    for number, status in ((signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        made, port = listener()
        typist = Typist("client", "--host", "127.0.0.1", "--port", port, "--name", "ann")
        peer = accept(made)
        assert peer.serve() == b"ann"
        typist.wait_for("You: ")
        typist.process.send_signal(number)
        assert peer.hear() == b"quit"
        assert peer.closed()
        typist.end(status)
    made, port = listener()
    typist = Typist("client", "--host", "127.0.0.1", "--port", port, "--name", "ann")
    peer = accept(made)
    peer.serve()
    typist.wait_for("You: ")
    peer.connection.close()
    typist.wait_for("the server closed the connection without `quit`")
    typist.end(1)


# --- what is shown ---------------------------------------------------------------------------------------------------

def test_explain_quiet_and_record():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "talk.pcap")
        one, port = server("--explain", "--record", path)
        alice = client(port, "alice", "--explain")
        quiet = Program("client", "--port", str(port), "--name", "bob", "--quiet")
        alice.wait_for("* bob has joined")
        alice.write("Hello, bob\n")
        quiet.wait_for("alice: Hello, bob\n")
        quiet.process.stdin.close()
        alice.wait_for("* bob has left")
        alice.end(0)
        stop(one)
        assert quiet.end(0) == "alice: Hello, bob\n"
        headings = re.findall(r"^(\d+)  (\w+) -> (\w+): ([\w ]+?) -+$", alice.out.decode(), re.M)
        names = [heading[3] for heading in headings]
        assert names == ["public key", "session key", "session back", "Ready", "name", "relayed", "relayed", "message", "relayed",
                         "message"], names
        assert [int(heading[0]) for heading in headings] == list(range(1, 11))
        assert "from client" not in one.out.decode()
        assert re.search(r"^7  server -> alice: relayed", one.out.decode(), re.M)
        told = subprocess.run([os.path.join(BUILD, "cutaway"), "explain", "--protocol", "rsa-chat", path],
                              capture_output=True, check=False, env=dict(os.environ, LC_ALL="C.UTF-8"))
        if told.returncode:  # the recording is of another port than the usual one
            raise AssertionError(told.stderr)
        assert told.stdout.count(b"-> server: message") == 3 and b"Hello, bob" not in told.stdout


def test_command_line():
    for arguments, status, part in (([], 2, "server, client or demo?"), (["serve"], 2, "did you mean \"server\"?"),
                                    (["client", "--port", "0"], 2, "--port"), (["client", "--nmae", "x"], 2, "--name"),
                                    (["server", "--name", "x"], 2, "--name"), (["server", "--port", "65536"], 2, "--port"),
                                    (["server", "--host", "no.such.host.invalid", "--port", "0"], 1, "cannot find the host")):
        program = Program(*arguments, keys=KEYS if status == 1 else None)
        program.end(status)
        program.errors(part)
    for arguments in (["--help"], ["server", "--help"], ["client", "--help"], ["demo", "--help"]):
        assert "rsa-chat" in Program(*arguments, keys=None).end(0)
    one, port = server()
    two = Program("server", "--port", str(port))
    two.end(1)
    two.errors("cannot listen", "in use")
    stop(one)


if __name__ == "__main__":
    run_tests(globals())
