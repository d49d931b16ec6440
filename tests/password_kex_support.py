# What the tests of the password-kex program share: the program, a data folder with a user, sockets with frames.
import os
import re
import subprocess
import tempfile

import frame_support
import program_support
from program_support import BUILD

PROGRAM = os.path.join(BUILD, "password-kex")
PATIENCE = 120  # as in program_support.py, but each session makes two keys of 2048 bits
PASSWORD = "correct horse"


class Program(program_support.Program):
    path = PROGRAM
    patience = PATIENCE
    may_not_read = True


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


class Frames(frame_support.Frames):
    patience = PATIENCE


connect, listener, accept = Frames.connect, Frames.listener, Frames.accept
