"""What the tests share that speak a protocol of this repository over TCP themselves: frames, which are four bytes of length
and a payload, on a connected socket; and how such a socket is made. Written once more, from docs/, in plain Python."""
import socket
import struct

from program_support import PATIENCE


class Frames:
    """A connected socket that speaks in frames; a test's own end of a protocol is a subclass."""
    patience = PATIENCE

    def __init__(self, connection):
        self.connection = connection
        connection.settimeout(self.patience)

    @classmethod
    def connect(cls, port, **options):
        """One that calls a program of ours."""
        return cls(socket.create_connection(("127.0.0.1", port), cls.patience), **options)

    @classmethod
    def listener(cls):
        """A socket that waits for a program of ours, and its port as an option takes it."""
        made = socket.create_server(("127.0.0.1", 0))
        made.settimeout(cls.patience)
        return made, str(made.getsockname()[1])

    @classmethod
    def accept(cls, made, **options):
        """One that a program of ours has called."""
        return cls(made.accept()[0], **options)

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
