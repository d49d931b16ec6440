#!/usr/bin/python3
"""e2e-relay against stock Socket.IO clients as real processes, in their default settings and restricted to one transport:
npm's socket.io-client and Debian's python3-socketio, its synchronous and its asynchronous client."""
import atexit
import json
import os
import signal
import subprocess
import threading
import time

from cutaway_support import check, finish
from relay_support import PATIENCE, TOP, Relay, b64, wait_until

INTEROP = os.path.join(TOP, "build", "interop")
FOLDER = os.path.join(TOP, "tests", "interop")


class Peer:
    """A stock client in a process of its own."""

    def __init__(self, kind, relay, transports="default", namespace="", patient=False):
        command = {"js": ["node", os.path.join(FOLDER, "peer.js")],
                   "py": ["/usr/bin/python3", os.path.join(FOLDER, "peer.py")],
                   "py-async": ["/usr/bin/python3", os.path.join(FOLDER, "peer.py")]}[kind]
        self.name = "%s/%s" % (kind, transports)
        self.kind = kind
        self.transports = transports
        self.process = subprocess.Popen(
            command + [relay.url + namespace, transports] + (["async"] if kind == "py-async" else []) +
            (["patient"] if patient else []),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            env=dict(os.environ, INTEROP=INTEROP))
        atexit.register(self.process.kill)
        self.told = []
        self.lock = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            with self.lock:
                self.told.append(json.loads(line))
                self.lock.notify_all()

    def do(self, **wanted):
        self.process.stdin.write(json.dumps(wanted) + "\n")
        self.process.stdin.flush()

    def emit(self, *values, ack=None):
        self.do(emit=values, **({} if ack is None else {"ack": ack}))

    def take(self, **like):
        """The first thing told that has these members, taken out; None when it does not come."""
        end = time.monotonic() + PATIENCE
        with self.lock:
            while True:
                for i, line in enumerate(self.told):
                    if all(line.get(name) == value for name, value in like.items()):
                        return self.told.pop(i)
                if not self.lock.wait(max(0, end - time.monotonic())) and time.monotonic() >= end:
                    return None

    def event(self, name):
        """The arguments of the next event of this name."""
        told = self.take(**{"is": "event", "name": name})
        return None if told is None else told["values"]

    def events(self, name, count):
        """The arguments of that many, or of as many as come."""
        got = []
        while len(got) < count and (values := self.event(name)) is not None:
            got.append(values)
        return got

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def connected(peer):
    told = peer.take(**{"is": "connect"})
    peer.began = told and told["transport"]  # a fast client has moved to WebSocket by then
    return told is not None and (peer.transports == "default" or told["transport"] == peer.transports)


PUBLIC_KEY = "9" * 617  # as long as a number of 2048 bits


def whole_protocol(relay, kinds):
    """Both ends from connecting to leaving."""
    a, b = (Peer(kind, relay, transports) for kind, transports in kinds)
    name = "%s with %s" % (a.name, b.name)
    try:
        check(name + ": both connect, over the transport asked for", connected(a) and connected(b), a.told, b.told)
        check(name + ": KEY_EXCHANGE to both", a.event("KEY_EXCHANGE") == [] and b.event("KEY_EXCHANGE") == [])
        half = json.dumps({"deff_public_key": PUBLIC_KEY, "s1": "1", "s2": "2"})
        for sender, receiver in ((a, b), (b, a)):
            sender.emit("ELGAMAL_PK", PUBLIC_KEY, ack=1)
            sender.emit("DEFF_HELLMAN_PK", half)
        good = all(end.event("ELGAMAL_PK_BC") == [PUBLIC_KEY] and end.event("DEFF_HELLMAN_PK_BC") == [half]
                   for end in (a, b))
        check(name + ": keys cross, unchanged", good, a.told, b.told)
        acks = [end.take(**{"is": "ack", "number": 1}) for end in (a, b)]
        check(name + ": acknowledged", all(ack and ack["values"] == [{"relayed": True}] for ack in acks), acks)

        values = ["Grüße \u2603 \U0001d11e \" \\ \n \u001e \u2028", {"a": [1, -2.5, True, None], "": {}}, [], 0]
        a.emit("message", *values)
        check(name + ": every kind of value", b.event("received_message") == values, b.told)
        binary = [{"$binary": b64(bytes(range(256)))}, {"deep": [{"$binary": b64(b"")}, {"$binary": b64(b"x")}]}]
        b.emit("message", *binary, ack=2)
        check(name + ": binary attachments", a.event("received_message") == binary, a.told)
        ack = b.take(**{"is": "ack", "number": 2})
        check(name + ": a binary event is acknowledged", ack and ack["values"] == [{"relayed": True}], ack)

        for number in range(100):
            a.emit("message", "a", number)
            b.emit("message", "b", number, {"$binary": b64(b"%d" % number)})
        # python-socketio's synchronous client handles each event in a thread of its own: in any order.
        got = [a.events("received_message", 100), b.events("received_message", 100)]
        got = [sorted(events, key=lambda event: event[1]) if end.kind == "py" else events
               for events, end in zip(got, (a, b))]
        check(name + ": 100 messages each way, none lost, none twice, in order",
              got[0] == [["b", number, {"$binary": b64(b"%d" % number)}] for number in range(100)] and
              got[1] == [["a", number] for number in range(100)], str(got)[:2000])
        long_text = "long " * 60000
        a.emit("message", long_text)
        check(name + ": a message of 300000 bytes", b.event("received_message") == [long_text])
        if a.transports == "default" and a.kind == "js":
            check(name + ": it has moved to WebSocket",
                  a.began == "websocket" or a.take(**{"is": "upgrade", "transport": "websocket"}), a.began, a.told)
        check(name + ": nothing else was said", not [line for line in a.told + b.told if line["is"] == "event"],
              a.told, b.told)
        a.do(disconnect=True)
        check(name + ": the other is told", b.event("PARTNER_LEFT") == [], b.told)
    finally:
        a.close()
        b.close()


def namespaces(relay):
    for transports in ("polling", "websocket"):
        peer = Peer("js", relay, transports, "/admin")
        told = peer.take(**{"is": "connect_error"})
        check("js/%s: another namespace is refused" % transports, told and told["message"] == "Invalid namespace", told)
        peer.close()
    code = ("import socketio, sys; c = socketio.Client(reconnection=False)\n"
            "try:\n c.connect(%r, namespaces=['/admin']); print('connected')\n"
            "except socketio.exceptions.ConnectionError as e: print('refused:', e)" % relay.url)
    done = subprocess.run(["/usr/bin/python3", "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    check("py: another namespace is refused", done.stdout.startswith("refused:") and relay.said("asked for the namespace /admin"), done)


def pairs_in_succession(relay):
    a, b = Peer("js", relay), Peer("py", relay)
    check("two connect", connected(a) and connected(b) and a.event("KEY_EXCHANGE") == [] and
          b.event("KEY_EXCHANGE") == [])
    third = Peer("js", relay, "websocket")
    check("a third connects", connected(third))
    a.emit("message", "between a and b")
    check("a message goes to the partner", b.event("received_message") == ["between a and b"])
    check("and not to the third", third.told == [], third.told)
    third.emit("message", "nobody hears this", ack=3)
    ack = third.take(**{"is": "ack", "number": 3})
    check("the third is told that nobody hears it",
          ack and ack["values"] == [{"relayed": False, "reason": "no partner"}], ack)
    b.do(disconnect=True)
    check("one leaves: its partner and the third are the next pair",
          a.event("PARTNER_LEFT") == [] and a.event("KEY_EXCHANGE") == [] and third.event("KEY_EXCHANGE") == [])
    a.emit("message", "for b, who is gone")
    a.emit("ELGAMAL_PK", "1")
    check("what was for the old partner does not reach the new one",
          third.event("ELGAMAL_PK_BC") == ["1"] and third.told == [], third.told)
    if a.kind == "js":
        a.do(disconnect=True)
        check("the third is alone again", third.event("PARTNER_LEFT") == [])
        a.do(connect=True)
        check("a client that comes back is paired again", connected(a) and a.event("KEY_EXCHANGE") == [] and
              third.event("KEY_EXCHANGE") == [])
    for peer in (a, b, third):
        peer.close()


def reconnecting():
    relay = Relay("--quiet")
    peers = [Peer("js", relay), Peer("py", relay, patient=True), Peer("js", relay, "polling"),
             Peer("py", relay, "polling", patient=True)]
    good = all(connected(peer) and peer.event("KEY_EXCHANGE") == [] for peer in peers)
    check("four clients are connected", good)
    for number, peer in enumerate(peers):  # and know it themselves, which python-socketio does a moment after it says so
        peer.emit("message", "still here", ack=number)
        check("%s is at rest" % peer.name, peer.take(**{"is": "ack", "number": number}), peer.told)
    status = relay.stop()
    check("the relay ends at once", status == 128 + signal.SIGINT, status)
    again = Relay("--quiet", port=relay.port)
    for peer in peers:
        check("%s notices" % peer.name, peer.take(**{"is": "disconnect"}), peer.told)
        check("%s comes back to the successor by itself" % peer.name,
              connected(peer) and peer.event("KEY_EXCHANGE") == [], peer.told)
    for peer in peers:
        peer.close()
    check("which ends cleanly", again.stop() == 128 + signal.SIGINT)


def heartbeats():
    relay = Relay("--ping-interval", 300, "--ping-timeout", 700)
    peers = [Peer("js", relay), Peer("py", relay), Peer("js", relay, "polling"), Peer("py", relay, "polling")]
    check("four clients connect", all(connected(peer) and peer.event("KEY_EXCHANGE") == [] for peer in peers))
    time.sleep(3)
    check("heartbeats keep them", not any(peer.told and peer.told[-1]["is"] == "disconnect" for peer in peers),
          [peer.told for peer in peers])
    partner = {0: None}
    peers[0].process.send_signal(signal.SIGSTOP)  # it neither answers nor closes
    check("one that freezes is disconnected", relay.said("it is silent"))
    check("and its partner is told", wait_until(lambda: any(line.get("name") == "PARTNER_LEFT" for peer in peers[1:]
                                                            for line in peer.told)), partner)
    peers[0].process.send_signal(signal.SIGCONT)
    check("when it wakes up it comes back", peers[0].take(**{"is": "disconnect"}) and connected(peers[0]))
    for peer in peers:
        peer.close()
    check("the relay ends cleanly", relay.stop() == 128 + signal.SIGINT)


def main():
    missing = []
    if not os.path.isdir(os.path.join(INTEROP, "node_modules", "socket.io-client")):
        missing.append("npm's socket.io-client in build/interop (make check installs it with npm ci)")
    try:
        subprocess.run(["node", "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        missing.append("node")
    if subprocess.run(["/usr/bin/python3", "-c", "import socketio, requests, websocket, aiohttp"],
                      capture_output=True).returncode != 0:
        missing.append("Debian's python3-socketio with requests, websocket and aiohttp")
    if not check("the stock clients are installed", not missing, *missing):
        finish()

    relay = Relay("--explain")
    for kinds in ((("js", "default"), ("py", "default")), (("js", "polling"), ("py", "polling")),
                  (("js", "websocket"), ("py", "websocket")), (("py", "default"), ("py-async", "default")),
                  (("js", "default"), ("js", "polling")), (("py-async", "polling"), ("js", "websocket"))):
        whole_protocol(relay, kinds)
    namespaces(relay)
    pairs_in_succession(relay)
    status = relay.stop(signal.SIGTERM)
    check("the relay ends cleanly", status == 128 + signal.SIGTERM, status, relay.lines[-30:])
    reconnecting()
    heartbeats()
    finish()


main()
