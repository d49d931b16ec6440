#!/usr/bin/python3
"""cert-relay as people run it: a server and three clients as separate processes over loopback TCP; clients that leave, crash
and come back; every refusal; certificates made by openssl; and an independent client in Python (cryptography) that talks
with our server and two of our clients. Prints TAP."""
import hashlib
import os
import re
import shutil
import signal
import socket
import stat
import struct
import subprocess
import tempfile
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding as block_padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

import program_support
from frame_support import Frames
from program_support import BUILD, PATIENCE, run_tests

PROGRAM = os.path.join(BUILD, "cert-relay")
NAMES = ("client1", "client2", "client3")
FOLDER = tempfile.TemporaryDirectory()
CERTS = os.path.join(FOLDER.name, "certs")
FOREIGN = os.path.join(FOLDER.name, "foreign")


# --- the protocol once more, independently --------------------------------------------------------------------------

OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class Peer(Frames):
    """A client of the protocol."""

    def __init__(self, name, port, folder=None):
        super().__init__(socket.create_connection(("127.0.0.1", port), PATIENCE))
        self.name, self.folder = name, folder or CERTS
        with open("%s/%s_key.pem" % (self.folder, name), "rb") as file:
            self.key = serialization.load_pem_private_key(file.read(), None)
        self.others = [other for other in NAMES if other != name]
        self.session_key, self.early = None, []

    def login(self, salt=padding.PSS.MAX_LENGTH):
        self.send(self.name.encode())
        signature = self.key.sign(b"AUTH_REQUEST", padding.PSS(padding.MGF1(hashes.SHA256()), salt), hashes.SHA256())
        self.send(b"AUTH_REQUEST||" + signature)
        return self.receive()

    def ask(self, name):
        self.send(b"REQ_KEY:" + name.encode())
        return self.receive()

    def send_part(self, to, key, part, digest=None):
        ciphertext = key.encrypt(part, OAEP)
        self.send(("KEY_PART:%s->%s||" % (self.name, to)).encode() + ciphertext +
                  (digest or hashlib.sha256(ciphertext).digest()))

    def exchange(self):
        """From START_KEY_EXCHANGE to the session key. The public keys are those the server gives."""
        keys = {name: serialization.load_pem_public_key(self.pem[name]) for name in self.others}
        parts = {self.name: os.urandom(8)}
        for name in self.others:
            self.send_part(name, keys[name], parts[self.name])
        while len(parts) < 3:
            head, rest = (self.early.pop(0) if self.early else self.receive()).split(b"||", 1)
            sender, receiver = re.fullmatch(rb"KEY_PART:(client\d)->(client\d)", head).groups()
            ciphertext, digest = rest[:-32], rest[-32:]
            assert hashlib.sha256(ciphertext).digest() == digest
            assert sender.decode() != self.name
            if receiver.decode() == self.name:
                parts[sender.decode()] = self.key.decrypt(ciphertext, OAEP)
        self.session_key = parts["client3"] + parts["client2"] + parts["client1"]

    def join(self):
        assert self.login() == b"AUTH_SUCCESS"
        self.send(b"REQ_KEY:" + self.others[0].encode())
        self.send(b"REQ_KEY:" + self.others[1].encode())
        self.pem, waiting, started = {}, list(self.others), False
        while waiting or not started:
            payload = self.receive()
            if payload == b"START_KEY_EXCHANGE":
                started = True
            elif payload.startswith(b"KEY_PART:"):
                self.early.append(payload)  # the others were faster
            else:
                self.pem[waiting.pop(0)] = payload
        self.exchange()

    def say(self, text, digest=None):
        iv = os.urandom(16)
        padder = block_padding.PKCS7(128).padder()
        encryptor = Cipher(algorithms.AES(self.session_key), modes.CBC(iv)).encryptor()
        ciphertext = encryptor.update(padder.update(text) + padder.finalize()) + encryptor.finalize()
        self.send(iv + ciphertext + (digest or hashlib.sha256(text).digest()))

    def hear(self):
        payload = self.receive()
        while payload.startswith(b"KEY_PART:"):  # those for the others come along
            payload = self.receive()
        iv, ciphertext, digest = payload[:16], payload[16:-32], payload[-32:]
        decryptor = Cipher(algorithms.AES(self.session_key), modes.CBC(iv)).decryptor()
        unpadder = block_padding.PKCS7(128).unpadder()
        text = unpadder.update(decryptor.update(ciphertext) + decryptor.finalize()) + unpadder.finalize()
        assert hashlib.sha256(text).digest() == digest
        return text


# --- processes ---------------------------------------------------------------------------------------------------------

class Program(program_support.Program):
    path = PROGRAM

    def stop(self):
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.end(130)


def server(*arguments, folder=None):
    program = Program("server", "--certs", folder or CERTS, "--port", "0", *arguments)
    program.wait_for("Waiting for all three")
    ports = [int(port) for port in re.findall(rb"Listening on 127\.0\.0\.1:(\d+) for client\d\.", program.out)]
    assert len(set(ports)) == 3 and min(ports) > 0
    return program, ports


def client(number, ports, *arguments, folder=None):
    return Program("client", "client%d" % number, "--certs", folder or CERTS, "--port", str(ports[number - 1]),
                   *arguments)


def three(*arguments, folder=None):
    relay, ports = server(*arguments, folder=folder)
    people = [client(i, ports, folder=folder) for i in (1, 2, 3)]
    for person in people:
        person.wait_for("A session key with")
    return relay, ports, people


def run(*arguments, status=0):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=PATIENCE)
    assert done.returncode == status, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout.decode(), done.stderr.decode()


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout.decode()


def copy(name, folder=None):
    path = os.path.join(FOLDER.name, name)
    shutil.copytree(folder or CERTS, path)
    return path


# --- certificates -----------------------------------------------------------------------------------------------------

def test_certs_are_what_they_should_be():
    members = ("ca", "server", *NAMES)
    assert sorted(os.listdir(CERTS)) == sorted("%s_%s.pem" % (m, kind) for m in members for kind in ("cert", "key"))
    for member in members:
        cert, key = ("%s/%s_%s.pem" % (CERTS, member, kind) for kind in ("cert", "key"))
        assert stat.S_IMODE(os.stat(key).st_mode) == 0o600
        purpose = {"ca": "any", "server": "sslserver"}.get(member, "sslclient")
        out = openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", CERTS + "/ca_cert.pem", cert)
        assert out == cert + ": OK\n", out
        assert openssl("x509", "-in", cert, "-noout", "-pubkey") == openssl("pkey", "-in", key, "-pubout")
        with open(cert, "rb") as file:
            parsed = x509.load_pem_x509_certificate(file.read())
        assert parsed.public_key().key_size == 2048 and isinstance(parsed.signature_hash_algorithm, hashes.SHA256)
        days = (parsed.not_valid_after - parsed.not_valid_before).days
        assert days == 365, days
        constraints = parsed.extensions.get_extension_for_class(x509.BasicConstraints).value if member == "ca" else None
        assert constraints is None or (constraints.ca and constraints.path_length == 0)
    openssl("verify", "-CAfile", CERTS + "/ca_cert.pem", "-verify_hostname", "localhost", CERTS + "/server_cert.pem")


def test_certs_are_not_overwritten():
    folder = copy("overwrite")
    before = {name: open(folder + "/" + name, "rb").read() for name in os.listdir(folder)}
    out, err = run("certs", folder, status=1)
    assert out == "" and "ca_cert.pem is there already; --force" in err, err
    assert before == {name: open(folder + "/" + name, "rb").read() for name in os.listdir(folder)}
    for name in os.listdir(folder):
        if name != "client3_key.pem":
            os.unlink(folder + "/" + name)
    assert "client3_key.pem is there already" in run("certs", folder, status=1)[1]
    assert os.listdir(folder) == ["client3_key.pem"]
    out, err = run("certs", folder, "--force")
    assert len(os.listdir(folder)) == 10 and err == "" and out.count("_cert.pem, ") == 5
    assert open(folder + "/client3_key.pem", "rb").read() != before["client3_key.pem"]
    run("certs", FOLDER.name + "/no/such", status=1)
    run("certs", status=2)


# --- conversations ----------------------------------------------------------------------------------------------------

def test_three_talk_leave_and_return():
    relay, ports, people = three()
    one, two, three_ = people
    for i, person in enumerate(people):
        person.write("hello from %d: äöü €\n" % (i + 1))
        for j, other in enumerate(people):
            if i != j:
                names = " or ".join(name for k, name in enumerate(NAMES) if k != j)
                other.wait_for("%s: hello from %d: äöü €\n" % (names, i + 1))
    two.write("exit\n")
    assert "The conversation is over." in two.end(0)
    relay.wait_for("client2 has left.")
    for person in (one, three_):
        person.wait_for("client2 has left. It still has the session key.")
    one.write("just we two\n")
    three_.wait_for("client1: just we two\n")
    two = client(2, ports)
    two.wait_for("A session key with client1 and client3.")
    for person in (one, three_):
        person.wait_for("All are back: a new session key")
    relay.wait_for("key exchange 2 begins")
    two.write("back\n")
    one.wait_for("client2 or client3: back\n")
    three_.wait_for("client1 or client2: back\n")
    assert b"back" not in two.out.replace(b"All are back", b"")
    for person in (one, two, three_):
        person.end(0)  # the end of the input leaves
    relay.wait_for("client3 has left.")
    assert "hello" not in relay.stop()


def test_a_crash_and_a_return():
    relay, ports, (one, two, three_) = three()
    for round_number in (2, 3):
        three_.process.kill()
        three_.process.wait(PATIENCE)
        for person in (one, two):
            person.wait_for("client3 has left.", times=round_number - 1)
        two.write("still here %d\n" % round_number)
        one.wait_for("client2: still here %d\n" % round_number)
        three_ = client(3, ports)
        three_.wait_for("A session key with client1 and client2.")
        relay.wait_for("key exchange %d begins" % round_number)
        one.wait_for("All are back", times=round_number - 1)
        three_.write("here again %d\n" % round_number)
        two.wait_for("client1 or client3: here again %d\n" % round_number)
    for person in (one, two, three_):
        person.end(0)
    relay.stop()


def test_all_leave_and_return():
    relay, ports, people = three()
    for person in people:
        person.end(0)
    relay.wait_for("has left.", times=3)
    people = [client(i, ports) for i in (3, 2, 1)]
    for person in people:
        person.wait_for("A session key with")
    for person in people:
        person.end(0)
    relay.stop()


def test_nothing_is_lost_in_a_rush():
    relay, ports, people = three()
    lines = [["line %d of client%d" % (i, j) for i in range(1500)] for j in (1, 2, 3)]
    for person, mine in zip(people, lines):
        threading.Thread(target=person.write, args=("\n".join(mine) + "\n",), daemon=True).start()
    for i, person in enumerate(people):
        for j in range(3):
            if i != j:
                person.wait_for(": " + lines[j][-1] + "\n")
                heard = re.findall(r": (line \d+ of client%d)\n" % (j + 1), person.out.decode())
                assert heard == lines[j], "client%d heard %d of client%d" % (i + 1, len(heard), j + 1)
    for person in people:
        person.end(0)
    assert relay.stop().count("has left.") == 3


def test_the_longest_line():
    relay, ports, (one, two, three_) = three()
    longest = "x" * 65487
    one.write(longest + "\n")
    two.wait_for(": " + longest + "\n")
    three_.wait_for(": " + longest + "\n")
    one.write(longest + "y\n")
    one.end(1)
    one.errors("65487 bytes at most", "not sent")
    two.wait_for("client1 has left.")
    two.end(0)
    three_.end(0)
    relay.stop()


def test_the_server_ends():
    relay, ports, people = three()
    relay.stop()
    for person in people:
        person.end(1)
        person.errors("the server refused: the server is closing down")
    people[0].errors("cert-relay client: ")


def test_explain_record_and_quiet():
    pcap = os.path.join(FOLDER.name, "talk.pcap")
    relay, ports = server("--explain", "--record", pcap)
    one = client(1, ports, "--explain")
    two, three_ = client(2, ports, "--quiet"), client(3, ports)
    one.wait_for("A session key with")
    three_.wait_for("A session key with")
    three_.write("explained\n")
    one.wait_for("client2 or client3: explained\n")
    two.wait_for("client1 or client3: explained\n")
    for person in (one, two, three_):
        person.end(0)
    relay.wait_for("has left.", times=3)
    relay.stop()
    assert two.out == b"client1 or client3: explained\n", two.out  # nothing else
    for name in ("client id", "AUTH_REQUEST", "AUTH_SUCCESS", "REQ_KEY", "public key", "START_KEY_EXCHANGE", "KEY_PART",
                 "message"):
        assert re.search(r"^\d+  \S+ -> \S+: %s -+$" % name, one.out.decode(), re.M), name
        assert re.search(r"^\d+  \S+ -> \S+: %s -+$" % name, relay.out.decode(), re.M), name
    assert "session key" in one.out.decode() and "explained" not in relay.out.decode()
    told = subprocess.run([os.path.join(BUILD, "cutaway"), "explain", pcap], capture_output=True, timeout=PATIENCE)
    assert told.returncode == 0, told.stderr
    told = told.stdout.decode()
    assert told.count("; cert-relay") == 3 and "unknown" not in told and "explained" not in told
    assert re.search(r"^\d+  client1 -> server: KEY_PART -+$", told, re.M)


# --- refusals --------------------------------------------------------------------------------------------------------

def test_foreign_certificates_and_wrong_keys():
    relay, ports, (one, two, three_) = three()
    three_.end(0)
    stranger = client(3, ports, folder=FOREIGN)  # a certificate of another CA, with its own right key
    stranger.end(1)
    stranger.errors("AUTH_FAILED")
    relay.wait_for("message 2 (AUTH_REQUEST) from client3: the signature does not verify")
    mixed = copy("mixed")  # the right certificate, another's key: noticed at this end
    shutil.copy(CERTS + "/client1_key.pem", mixed + "/client3_key.pem")
    stranger = client(3, ports, folder=mixed)
    stranger.end(1)
    stranger.errors("client3_key.pem: not the key that the certificate is for")
    shutil.copy(CERTS + "/client3_key.pem", mixed + "/client1_key.pem")
    assert "client1_key.pem: not the key" in run("client", "client1", "--certs", mixed, status=1)[1]
    peer = Peer("client3", ports[2], folder=mixed)  # and an end that does not look is refused by the server
    assert peer.login() == b"AUTH_FAILED" and peer.closed()
    one.write("undisturbed\n")
    two.wait_for("client1: undisturbed\n")
    three_ = client(3, ports)
    three_.wait_for("A session key")
    for person in (one, two, three_):
        person.end(0)
    relay.stop()


def test_bad_signatures():
    relay, ports = server()
    good = Peer("client2", ports[1])
    signature = good.key.sign(b"AUTH_REQUEST", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    other = good.key.sign(b"AUTH_REQUEST!", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    pkcs1 = good.key.sign(b"AUTH_REQUEST", padding.PKCS1v15(), hashes.SHA256())
    sha1 = good.key.sign(b"AUTH_REQUEST", padding.PSS(padding.MGF1(hashes.SHA1()), 32), hashes.SHA256())
    for bad in (other, pkcs1, sha1, signature[:-1], signature + b"\0", b"", bytes(256), b"\xff" * 256, b"||" + signature):
        peer = Peer("client2", ports[1])
        peer.send(b"client2")
        peer.send(b"AUTH_REQUEST||" + bad)
        assert peer.receive() == b"AUTH_FAILED" and peer.closed()
    for salt in (0, 1, 20, 32, 222):
        peer = Peer("client2", ports[1])
        assert peer.login(salt) == b"AUTH_SUCCESS"
        peer.connection.close()
        relay.wait_for("client2 has left.", times=(0, 1, 20, 32, 222).index(salt) + 1)
    relay.stop()


def test_wrong_ports_and_names():
    relay, ports, (one, two, three_) = three()
    wrong = Program("client", "client2", "--certs", CERTS, "--port", str(ports[0]))
    wrong.end(1)
    wrong.errors("the server refused: this port is another client's")
    twin = client(1, ports)
    twin.end(1)
    twin.errors("the server refused: a client of this name is connected already")
    one.write("I am the one\n")
    two.wait_for(": I am the one\n")
    for name in ("client4", "", "CLIENT1", "x" * 33, "server"):
        peer = Peer("client1", ports[0])
        peer.send(name.encode())
        assert peer.receive().startswith(b"Refused: ") and peer.closed(), name
    for person in (one, two, three_):
        person.end(0)
    relay.stop()
    for arguments in (("client", "client4", "--certs", CERTS), ("client", "--certs", CERTS), ("client", "client1"),
                      ("server",), ("serve",), (), ("client", "client1", "--certs", CERTS, "--port", "0"),
                      ("server", "--certs", CERTS, "--port", "65534"), ("demo", "more")):
        out, err = run(*arguments, status=2)
        assert len(err.splitlines()) == 1 and out == "", (arguments, err)
    for command in ("server", "client", "certs", "demo"):
        assert "cert-relay " + command in run(command, "--help")[0]


def test_files_missing_and_damaged():
    for name in ("server", *NAMES):
        folder = copy("without_" + name)
        path = "%s/%s_cert.pem" % (folder, name)
        os.unlink(path)
        assert path in run("server", "--certs", folder, status=1)[1]
        with open(path, "w") as file:
            file.write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        err = run("server", "--certs", folder, status=1)[1]
        assert path + ": at byte " in err and len(err.splitlines()) == 1, err
        shutil.copy("%s/%s_key.pem" % (CERTS, name), path)
        assert path + ": " in run("server", "--certs", folder, status=1)[1]
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null",
                "-out", path, "-subj", "/CN=" + name)
        assert path + ": " in run("server", "--certs", folder, status=1)[1]
    folder = copy("client_without")
    for kind in ("key", "cert"):
        path = "%s/client1_%s.pem" % (folder, kind)
        os.unlink(path)
        assert path in run("client", "client1", "--certs", folder, status=1)[1]
    shutil.copy(CERTS + "/client1_cert.pem", folder)
    with open(folder + "/client1_key.pem", "w") as file:
        file.write(openssl("pkey", "-in", CERTS + "/client1_key.pem", "-pubout"))
    assert "a public key; the private one is needed" in run("client", "client1", "--certs", folder, status=1)[1]
    assert "no/such" in run("server", "--certs", "no/such", status=1)[1]


def test_short_keys_are_refused():
    folder = copy("short")
    openssl("req", "-x509", "-newkey", "rsa:512", "-nodes", "-keyout", folder + "/client2_key.pem", "-out",
            folder + "/client2_cert.pem", "-subj", "/CN=client2")
    assert "the key has 512 bits, and 1024 are needed" in run("server", "--certs", folder, status=1)[1]


def test_silence_and_half_messages():
    relay, ports, (one, two, three_) = three("--timeout", "1")
    for sent in (b"", b"\0\0\0\7cli", struct.pack(">I", 7) + b"client1", struct.pack(">I", 65537), b"GET / HTTP/1.1\r\n\r\n"):
        connection = socket.create_connection(("127.0.0.1", ports[0]), PATIENCE)
        connection.sendall(sent)
        heard = b""
        while True:
            part = connection.recv(1000)
            if not part:
                break
            heard += part
        connection.close()
        assert heard[4:].startswith(b"Refused: "), (sent, heard)
    relay.wait_for("waiting for message 1 (client id) from the client: no answer within the time allowed")
    relay.wait_for("a frame of 65537 bytes is announced")
    one.write("three seconds later\n")  # between messages there is no hurry
    two.wait_for(": three seconds later\n")
    for person in (one, two, three_):
        person.end(0)
    relay.stop()


def test_a_slow_reader_is_dropped():
    relay, ports = server("--timeout", "1")
    one, two = client(1, ports), client(2, ports)
    peer = Peer("client3", ports[2])
    peer.join()
    for person in (one, two):
        person.wait_for("A session key with")
    lines = ["%04d" % i + "x" * 60000 for i in range(400)]  # more than all buffers on the way hold
    threading.Thread(target=one.write, args=("\n".join(lines) + "\nthe end\n",), daemon=True).start()
    relay.wait_for("client3: the peer does not read what is sent to it")
    two.wait_for("client3 has left.")
    two.wait_for("client1: the end\n")
    heard = re.findall(r": (\d{4})x{60000}\n", two.out.decode())
    assert heard == [line[:4] for line in lines], len(heard)
    peer.connection.close()
    one.end(0)
    two.end(0)
    relay.stop()


def test_ports():
    for _ in range(20):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            first = taken.getsockname()[1]
            if first > 65533:
                continue
            program = Program("server", "--certs", CERTS, "--port", str(first))
            program.end(1)
            program.errors("127.0.0.1", str(first))
        program = Program("server", "--certs", CERTS, "--port", str(first))
        try:
            program.wait_for("Waiting for all three")
        except AssertionError:
            continue  # one of the next two is taken
        for i in range(3):
            program.wait_for("Listening on 127.0.0.1:%d for client%d." % (first + i, i + 1))
        program.stop()
        return
    raise AssertionError("no three free ports in a row")


# --- an independent client -------------------------------------------------------------------------------------------

def test_python_with_two_of_ours():
    relay, ports = server()
    one, two = client(1, ports), client(2, ports)
    peer = Peer("client3", ports[2])
    peer.join()
    for name in ("client1", "client2"):
        with open("%s/%s_cert.pem" % (CERTS, name), "rb") as file:
            public = x509.load_pem_x509_certificate(file.read()).public_key()
        assert peer.pem[name] == public.public_bytes(serialization.Encoding.PEM,
                                                     serialization.PublicFormat.SubjectPublicKeyInfo)
    for person in (one, two):
        person.wait_for("A session key with")
    peer.say("from Python: ü".encode())
    one.wait_for("client2 or client3: from Python: ü\n")
    two.wait_for("client1 or client3: from Python: ü\n")
    one.write("from C\n")
    assert peer.hear() == b"from C"
    two.write("\n")
    assert peer.hear() == b""
    for length in (15, 16, 17, 65487):
        peer.say(b"z" * length)
        one.wait_for(": " + "z" * length + "\n")
    # What is wrong is refused, and the conversation goes on.
    peer.say(b"forged", hashlib.sha256(b"other").digest())
    two.wait_for("from one of the others, was refused: it does not decrypt")
    one.wait_for("from one of the others, was refused: it does not decrypt")
    key = serialization.load_pem_public_key(peer.pem["client2"])
    peer.send_part("client2", key, b"8 bytes!", digest=bytes(32))
    two.wait_for("the key part of client3, was refused")
    peer.send_part("client2", key, b"nine byte")
    two.wait_for("the key part of client3, was refused", times=2)
    peer.say(b"and on")
    two.wait_for(": and on\n")
    # client1 returns: the exchange from Python's side, a second time.
    one.end(0)
    assert peer.receive() == b"CLIENT_LEFT:client1"
    one = client(1, ports)
    assert peer.receive() == b"START_KEY_EXCHANGE"
    old = peer.session_key
    peer.exchange()
    assert peer.session_key != old
    one.wait_for("A session key with client2 and client3.")
    one.write("new key\n")
    assert peer.hear() == b"new key"
    assert peer.ask("client9") == b"ERROR: Public key not found."
    assert peer.ask("client3").startswith(b"-----BEGIN PUBLIC KEY-----\n")
    peer.send(b"neither a word nor a message")
    assert peer.receive() == b"Refused: that is not a message that belongs here" and peer.closed()
    one.wait_for("client3 has left.")
    one.end(0)
    two.end(0)
    assert "(message) from client3 is malformed" in relay.stop()


def test_python_alone_plays_all_three():
    relay, ports = server()
    peers = [Peer(name, port) for name, port in zip(NAMES, ports)]
    threads = [threading.Thread(target=peer.join, daemon=True) for peer in peers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert peers[0].session_key == peers[1].session_key == peers[2].session_key and len(peers[0].session_key) == 24
    peers[0].say(b"hello")
    assert peers[1].hear() == peers[2].hear() == b"hello"
    relay.stop()


def test_certificates_of_openssl():
    """As in docs/cert-relay.md; client2's by a request, of version 1 where openssl is given no file of extensions; client3's
    is expired and of another CA, which the README's server does not look at."""
    folder = os.path.join(FOLDER.name, "openssl")
    os.mkdir(folder)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder + "/ca_key.pem", "-out",
            folder + "/ca_cert.pem", "-subj", "/CN=my own CA", "-days", "30")
    for name in ("server", "client1"):
        openssl("req", "-x509", "-CA", folder + "/ca_cert.pem", "-CAkey", folder + "/ca_key.pem", "-newkey", "rsa:2048",
                "-nodes", "-keyout", "%s/%s_key.pem" % (folder, name), "-out", "%s/%s_cert.pem" % (folder, name),
                "-subj", "/CN=" + name, "-days", "30")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", folder + "/client2_key.pem", "-out", folder + "/client2.csr",
            "-subj", "/CN=client2")
    openssl("x509", "-req", "-in", folder + "/client2.csr", "-CA", folder + "/ca_cert.pem", "-CAkey",
            folder + "/ca_key.pem", "-set_serial", "2", "-days", "30", "-out", folder + "/client2_cert.pem")
    openssl("req", "-x509", "-newkey", "rsa:3072", "-nodes", "-keyout", folder + "/client3_key.pem", "-out",
            folder + "/client3_cert.pem", "-subj", "/CN=somebody else", "-not_before", "20200101000000Z", "-not_after",
            "20200102000000Z") if "-not_before" in subprocess.run(
                ["openssl", "req", "-help"], capture_output=True, timeout=PATIENCE).stderr.decode() else \
        openssl("req", "-x509", "-newkey", "rsa:3072", "-nodes", "-keyout", folder + "/client3_key.pem", "-out",
                folder + "/client3_cert.pem", "-subj", "/CN=somebody else")
    relay, ports, people = three(folder=folder)
    people[2].write("made by openssl\n")
    people[0].wait_for("client2 or client3: made by openssl\n")
    people[1].wait_for("client1 or client3: made by openssl\n")
    for person in people:
        person.end(0)
    relay.stop()


if __name__ == "__main__":
    run("certs", CERTS)
    run("certs", FOREIGN)
    run_tests(globals())
