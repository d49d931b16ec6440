#!/usr/bin/python3
"""password-kex beside Python's `cryptography`: both ends of the protocol written once more, with that library's RSA, OAEP,
Diffie-Hellman, HKDF, AES and HMAC, against both programs. The example
of docs/password-kex.md is compiled and run. Prints TAP."""
import hashlib
import hmac
import os
import re
import struct
import subprocess
import tempfile

from cryptography.hazmat.primitives import hashes, hmac as mac, serialization
from cryptography.hazmat.primitives.asymmetric import dh, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from password_kex_support import Data, PASSWORD, PATIENCE, accept, client, connect, listener, server, stop
from program_support import BUILD, TOP, run_tests

HASHES = {"sha512": hashes.SHA512, "sha256": hashes.SHA256}


def ffdhe2048():
    """RFC 7919, A.1, from the vectors of this repository."""
    with open(os.path.join(TOP, "vectors/public/dh-groups-rfc7919.txt"), encoding="utf-8") as file:
        found = re.search(r"name = ffdhe2048\np = 0x([0-9a-f\s]+)\ng = (\d+)\n", file.read())
    return int("".join(found.group(1).split()), 16), int(found.group(2))


P, G = ffdhe2048()


class End:
    """One end, as the README has it: a KeyExchange object, and what comes after it."""

    def __init__(self, frames, name):
        self.frames, self.name = frames, name
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.der = self.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)

    def oaep(self):
        algorithm = HASHES[self.name]
        return padding.OAEP(mgf=padding.MGF1(algorithm()), algorithm=algorithm(), label=None)

    def h(self, data):
        return hashlib.new(self.name, data).digest()

    def encrypt(self, data, der, piece=None):
        key = serialization.load_der_public_key(der)
        piece = piece or 256 - 2 * len(self.h(b"")) - 2
        return b"".join(key.encrypt(data[i:i + piece], self.oaep()) for i in range(0, len(data), piece))

    def decrypt(self, data):
        assert len(data) % 256 == 0
        return b"".join(self.key.decrypt(data[i:i + 256], self.oaep()) for i in range(0, len(data), 256))

    def proof(self, password, der):
        return self.h(self.h(password.encode()) + der)

    def half(self):
        parameters = dh.DHParameterNumbers(P, G)
        self.private = parameters.parameters().generate_private_key()
        return self.private.public_key().public_numbers().y.to_bytes(256, "big")

    def derive(self, half, server_der, client_der):
        peer = dh.DHPublicNumbers(int.from_bytes(half, "big"), dh.DHParameterNumbers(P, G)).public_key()
        z = self.private.exchange(peer)
        assert len(z) == 256
        keys = HKDF(algorithm=hashes.SHA256(), length=128, salt=server_der + client_der,
                    info=b"password-kex session keys").derive(z)
        self.client_keys, self.server_keys = (keys[:32], keys[32:64]), (keys[64:96], keys[96:])

    def protect(self, keys, number, text):
        ciphertext = Cipher(algorithms.AES(keys[0]), modes.CTR(struct.pack(">QQ", number, 0))).encryptor().update(text)
        covered = struct.pack(">Q", number) + ciphertext
        code = mac.HMAC(keys[1], hashes.SHA256())
        code.update(covered)
        return covered + code.finalize()

    def open(self, keys, number, payload):
        text = payload[8:-32]
        assert hmac.compare_digest(self.protect(keys, number, b"")[:8], payload[:8])
        assert hmac.compare_digest(hmac.digest(keys[1], payload[:-32], "sha256"), payload[-32:])
        return Cipher(algorithms.AES(keys[0]), modes.CTR(struct.pack(">QQ", number, 0))).decryptor().update(text)


def as_client(port, name, user, password, text, piece=None):
    """A whole session with our server; its answer."""
    end = End(connect(port), name)
    server_der = end.frames.receive()
    end.frames.send(struct.pack(">I", len(user)) + user.encode() + end.encrypt(end.proof(password, server_der), server_der))
    end.frames.send(end.encrypt(end.der, server_der, piece))
    assert end.decrypt(end.frames.receive()) == end.proof(password, end.der)
    end.frames.send(end.encrypt(end.half(), server_der, piece))
    end.derive(end.decrypt(end.frames.receive()), server_der, end.der)
    end.frames.send(end.protect(end.client_keys, 0, text))
    answer = end.open(end.server_keys, 0, end.frames.receive())
    assert end.frames.closed()
    return answer


def as_server(frames, name, password, answer, piece=None):
    """A whole session with our client; what it said."""
    end = End(frames, name)
    frames.send(end.der)
    first = frames.receive()
    length, = struct.unpack(">I", first[:4])
    assert first[4:4 + length] == b"ann"
    assert end.decrypt(first[4 + length:]) == end.proof(password, end.der)
    client_der = end.decrypt(frames.receive())
    frames.send(end.encrypt(end.proof(password, client_der), client_der))
    client_half = end.decrypt(frames.receive())
    half = end.half()
    frames.send(end.encrypt(half, client_der, piece))
    end.derive(client_half, end.der, client_der)
    text = end.open(end.client_keys, 0, frames.receive())
    frames.send(end.protect(end.server_keys, 0, answer))
    assert frames.closed()
    return text


def test_python_client_with_our_server():
    for name in HASHES:
        data = Data("--hash", name)
        one, port = server(data, "--hash", name)
        for piece in (None, 100):  # a sender may fill its blocks as it likes
            assert as_client(port, name, "ann", PASSWORD, b"Hello from Python", piece) == \
                b"Welcome, ann. 17 bytes arrived."
        assert as_client(port, name, "ann", PASSWORD, b"") == b"Welcome, ann. 0 bytes arrived."
        assert as_client(port, name, "ann", PASSWORD, bytes(65496)) == b"Welcome, ann. 65496 bytes arrived."
        output = stop(one)
        assert "ann says: Hello from Python\n" in output


def test_python_server_with_our_client():
    for name in HASHES:
        for piece in (None, 60):
            made, port = listener()
            program = client(port, text="Hello from C", arguments=["--hash", name])
            assert as_server(accept(made), name, PASSWORD, b"Hello from Python", piece) == b"Hello from C"
            assert "Server says: Hello from Python\n" in program.end(0)


def test_python_client_with_a_wrong_password():
    data = Data()
    one, port = server(data)
    for user, password in (("ann", "wrong"), ("bob", PASSWORD), ("", PASSWORD), ("../ann", PASSWORD)):
        end = End(connect(port), "sha512")
        der = end.frames.receive()
        end.frames.send(struct.pack(">I", len(user)) + user.encode() + end.encrypt(end.proof(password, der), der))
        answer = end.frames.receive()
        assert answer == (b"Refused: authentication failed" if user else
                          b"Refused: that is not the message that belongs here"), answer
        assert end.frames.closed()
    stop(one)


def test_python_server_without_the_password():
    made, port = listener()
    program = client(port, text="secret")
    end = End(accept(made), "sha512")
    end.frames.send(end.der)
    end.frames.receive()
    client_der = end.decrypt(end.frames.receive())
    end.frames.send(end.encrypt(end.proof("a guess", client_der), client_der))
    assert end.frames.receive() == b"Refused: authentication failed"
    assert end.frames.closed()
    program.end(1)
    program.errors("message 4 (server_packet) from the server", "did not prove that it knows the password")


def test_a_key_from_the_python_server_with_exponent_3():
    made, port = listener()
    program = client(port, text="Hello")
    frames = accept(made)
    end = End(frames, "sha512")
    end.key = rsa.generate_private_key(public_exponent=3, key_size=2048)
    end.der = end.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    frames.send(end.der)
    assert end.decrypt(frames.receive()[7:]) == end.proof(PASSWORD, end.der)
    frames.connection.close()
    program.end(1)
    # Keys of other sizes are refused.
    for size in (1024, 2056, 3072):
        made, port = listener()
        program = client(port, text="Hello")
        frames = accept(made)
        key = rsa.generate_private_key(public_exponent=65537, key_size=size)
        frames.send(key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1))
        assert frames.receive().startswith(b"Refused: ")
        frames.connection.close()
        program.end(1)


def test_the_example_of_the_docs():
    with open(os.path.join(TOP, "docs/password-kex.md"), encoding="utf-8") as file:
        page = file.read()
    source = re.search(r"(?s)```c\n(.*?#include.*?int main.*?)```", page).group(1)
    assert len(source.splitlines()) <= 36, "a 30-line program"
    libraries = [os.path.join(BUILD, "lib", name) for name in ("protocols.a", "ciphers.a", "bignum.a")]
    sanitized = b"__asan_init" in subprocess.run(["nm", libraries[0]], capture_output=True, timeout=PATIENCE).stdout
    with tempfile.TemporaryDirectory(prefix="cutaway-kex-") as folder:
        path = os.path.join(folder, "example.c")
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
        command = ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I", TOP, "-o", os.path.join(folder, "example"), path,
                   *libraries, "-lgmp"]
        if sanitized:
            command.append("-fsanitize=address,undefined")
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr.decode()
        done = subprocess.run([os.path.join(folder, "example")], capture_output=True, timeout=PATIENCE)
        assert done.returncode == 0, done
        shown = re.search(r"(?s)It prints\s+```text\n(.*?)```", page).group(1)
        assert done.stdout.decode() == shown, done.stdout


if __name__ == "__main__":
    run_tests(globals())
