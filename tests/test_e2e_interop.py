#!/usr/bin/python3
"""e2e-relay's client against independent ones: JavaScript (npm socket.io-client, BigInt, node:crypto) and Python
(python3-socketio, integers, python3-cryptography) complete the whole protocol with it through our relay; all three through
a stock relay (npm socket.io); what the relay sees has no plaintext in it; and `cutaway explain` follows what it has recorded
of stock clients. Prints TAP."""
import json
import os
import re
import subprocess
import threading

from cutaway_support import check, finish
from e2e_support import Client, Proxy, leave_all
from relay_support import PATIENCE, TOP, Relay, b64, wait_until

BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
INTEROP = os.path.join(TOP, "build", "interop")
FOLDER = os.path.join(TOP, "tests", "interop")


def published_group(name):
    """p and g, from openssl and not from us."""
    from cryptography.hazmat.primitives.serialization import load_pem_parameters
    pem = subprocess.run(["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:" + name],
                         capture_output=True, check=True, timeout=PATIENCE).stdout
    numbers = load_pem_parameters(pem).parameter_numbers()
    return numbers.p, numbers.g


class Independent(Client):
    """The same protocol in another language, in a process with pipes."""

    def __init__(self, language, url, group, transports="default"):
        program = {"js": ["node", os.path.join(FOLDER, "e2e_peer.js")],
                   "py": ["/usr/bin/python3", os.path.join(FOLDER, "e2e_peer.py")]}[language]
        self.process = subprocess.Popen(program + [url, transports], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE,
                                        env=dict(os.environ, INTEROP=INTEROP, P=str(group[0]), G=str(group[1])))
        self.out, self.err = "", ""
        self.changed = threading.Condition()
        self.threads = [threading.Thread(target=self._collect, args=pair, daemon=True)
                        for pair in ((self.process.stdout, "out"), (self.process.stderr, "err"))]
        for thread in self.threads:
            thread.start()

    def key(self):
        found = re.search(r"ESTABLISHED ([0-9a-f]{64})", self.out)
        return found and found.group(1)


TEXTS = ["Hello", "", "Grüße ☃ 𝄞", "a \"quoted\" \\ line", "x" * 20000, "exactly sixteen!", "{\"message\":1}"]


def conversation(name, ours, other):
    """Both directions, every text."""
    check(name + ": both have a key", ours.prints("Connected, end to end") and other.prints("ESTABLISHED"),
          ours.out, ours.err, other.out, other.err)
    for text in TEXTS:
        ours.say(text)
        other.say(text)
    # Each language escapes JSON in its own way.
    good = other.prints("HEARD ", len(TEXTS)) and \
        sorted(json.loads(line) for line in re.findall(r"^HEARD (.*)$", other.out, re.M)) == sorted(TEXTS)
    check(name + ": every text arrives there", good, other.out[:500], other.err[:500])
    good = ours.prints("Partner: " + TEXTS[-1]) and \
        re.findall(r"^Partner: (.*)$", ours.out, re.M) == TEXTS
    check(name + ": and here, in order", good, ours.out[:500], ours.err)


def through_our_relay(relay, language, transports, we_first, group_name):
    name = "C with %s/%s through our relay, %s first" % (language, transports, "C" if we_first else language)
    group = published_group(group_name)
    options = ["--group", group_name]
    if we_first:
        ours = Client(relay.port, *options)
        ours.prints("Waiting for a partner")
        other = Independent(language, relay.url, group, transports)
    else:
        since = len(relay.lines)
        other = Independent(language, relay.url, group, transports)
        relay.said("has joined", since)
        ours = Client(relay.port, *options)
    try:
        conversation(name, ours, other)
        if we_first:
            ours.say("exit")
            check(name + ": exit ends it here", ours.ends() == 0, ours.out, ours.err)
            check(name + ": and is noticed there", other.prints("LEFT"), other.out, other.err)
            other.end_input()
            other.ends()
        else:
            other.say("exit")
            check(name + ": exit there ends it here", ours.ends() == 0 and "Your partner has left." in ours.out, ours.out, ours.err)
    finally:
        leave_all(ours, other)


def a_recording_of_stock_clients():
    """Polling, the upgrade and WebSocket, in two languages: `cutaway explain` names every message that crossed."""
    group = published_group("modp_2048")
    path = os.path.join(BUILD, "stock_clients.pcap")
    relay = Relay("--record", path)
    polling, upgrading = Independent("py", relay.url, group, "polling"), Independent("js", relay.url, group)
    try:
        polling.prints("ESTABLISHED") and upgrading.prints("ESTABLISHED")
        upgrading.say("Hello")
        check("stock clients talk through a relay that records", polling.prints('HEARD "Hello"'), polling.out, polling.err)
        for end in (polling, upgrading):
            end.end_input()
            end.ends()
    finally:
        leave_all(polling, upgrading)
        relay.stop()
    told = subprocess.run([os.path.join(BUILD, "cutaway"), "explain", "--json", path], capture_output=True, text=True,
                          timeout=PATIENCE)
    os.unlink(path)
    entries = [json.loads(line) for line in told.stdout.splitlines()]
    names = {entry["name"] for entry in entries if entry["kind"] == "message"}
    wanted = {"poll", "post", "answer", "taken", "open", "connect", "connected", "upgrade", "switching protocols", "probe",
              "probe answered", "move", "KEY_EXCHANGE", "ELGAMAL_PK", "ELGAMAL_PK_BC", "DEFF_HELLMAN_PK", "DEFF_HELLMAN_PK_BC",
              "message", "received_message"}
    check("the recording is told again, message by message", told.returncode == 0 and wanted <= names, wanted - names, told.stderr)
    check("and nothing in it is unknown", not names & {"unknown", "packet"}, names,
          [entry for entry in entries if entry.get("name") in ("unknown", "packet")][:3])
    connections = [entry["text"] for entry in entries if entry.get("label") == "connection"]
    check("no connection is left out", len(connections) > 3 and all("; e2e-relay" in text for text in connections), connections)


def two_languages_without_us(relay):
    """The test's own peers understand each other: what they agree on is the README's protocol, not ours."""
    group = published_group("modp_2048")
    a, b = Independent("js", relay.url, group), Independent("py", relay.url, group)
    try:
        good = a.prints("ESTABLISHED") and b.prints("ESTABLISHED")
        check("JavaScript with Python through our relay: the same key", good and a.key() == b.key(), a.out, a.err, b.out, b.err)
        a.say("Hello")
        check("and a text", b.prints('HEARD "Hello"'), b.out)
    finally:
        for end in (a, b):
            end.end_input()
            end.ends()
        leave_all(a, b)


class StockRelay:
    def __init__(self, **environment):
        self.process = subprocess.Popen(["node", os.path.join(FOLDER, "stock_relay.js")], stdout=subprocess.PIPE,
                                        text=True, env=dict(os.environ, INTEROP=INTEROP, **environment))
        self.url = self.process.stdout.readline().strip().rstrip("/")
        self.port = int(self.url.rsplit(":", 1)[1])

    def stop(self):
        self.process.kill()
        self.process.wait()


def through_a_stock_relay():
    # A heartbeat every 300 ms: many of them during the conversation.
    relay = StockRelay(PING="300")
    group = published_group("ffdhe2048")
    clients = []
    try:
        a, b = Client(relay.port), Client(relay.port)
        clients += [a, b]
        check("two C clients through a stock socket.io: keys",
              a.prints("Connected, end to end") and b.prints("Connected, end to end"), a.out, a.err, b.out, b.err)
        a.say("Hello")
        b.say("Good morning")
        check("and texts", b.prints("Partner: Hello") and a.prints("Partner: Good morning"), a.out, b.out)
        # The clients stay for several heartbeats, and talk again.
        import time
        time.sleep(1.5)
        a.say("Still there?")
        check("heartbeats are answered", b.prints("Partner: Still there?") and a.process.poll() is None, a.err, b.err)
        a.say("exit")
        check("exit ends", a.ends() == 0, a.err)
        # A stock relay says nothing of a partner that has left; this end stays until its person leaves.
        b.end_input()
        check("and so does the end of the input", b.ends() == 0, b.out, b.err)
        for language in ("js", "py"):
            ours, other = Client(relay.port), Independent(language, relay.url, group)
            clients += [ours, other]
            conversation("C with %s through a stock socket.io" % language, ours, other)
            ours.say("exit")
            check("it ends as it should", ours.ends() == 0, ours.err)
            other.end_input()
            other.ends()
        c = Client(relay.port)
        clients.append(c)
        c.prints("Waiting for a partner")
        relay.stop()
        check("a stock relay that vanishes is noticed", c.ends() == 1 and "relay closed" in c.err, c.out, c.err)
    finally:
        leave_all(*clients)
        relay.stop()


def no_plaintext_passes_the_relay(relay):
    """A proxy on the wire keeps everything, and unmasks what the client's frames hide from nobody."""
    secrets = ["The quick brown fox jumps over the lazy dog", "p@ssw0rd-in-the-clear", "Mitternacht am alten Tor"]
    since = len(relay.lines)
    proxies = [Proxy(relay.port), Proxy(relay.port)]
    ends = [Client(proxy.port, "--explain") for proxy in proxies]
    try:
        for end in ends:
            end.prints("Connected, end to end")
        for secret in secrets:
            ends[0].say(secret)
            ends[1].say(secret)
        heard = all(end.prints("Partner: " + secret) for end in ends for secret in secrets)
        check("what is said arrives", heard, ends[0].err, ends[1].err)
        key = re.search(r"AES key .*\n((?: +\d+ +(?:[0-9a-f]{2} ){16}.*\n){2})", ends[0].out)
        key = bytes.fromhex("".join(re.findall(r"^ +\d+ +((?:[0-9a-f]{2} ){16})", key.group(1), re.M)))
        seen = b"".join(proxy.unmasked() + proxy.bytes[0] + proxy.bytes[1] for proxy in proxies)
        check("the proxies saw the messages", seen.count(b'42["message"') == 6 and seen.count(b'42["received_message"') == 6,
              seen[:300])
        forms = [form for secret in secrets for word in [secret, *secret.split()] if len(word) > 4
                 for form in (word.encode(), word.encode().hex().encode(), b64(word.encode()).rstrip("=")[:-1].encode())]
        check("no word of it is among the bytes, plain, in hex or in base64",
              not [form for form in forms if form in seen], [form for form in forms if form in seen])
        check("nor is the key", len(key) == 32 and key not in seen and key.hex().encode() not in seen and
              b64(key).encode() not in seen, key)
        said = "\n".join(relay.lines[since:])
        check("the relay explains what it passes on", wait_until(lambda: "received_message" in "\n".join(relay.lines[since:])), said[-500:])
        said = "\n".join(relay.lines[since:])
        check("and knows no word of it", not [word for secret in secrets for word in [secret, *secret.split()]
                                              if len(word) > 4 and word in said])
        check("the same search finds what did cross, both ways",
              b"ELGAMAL_PK_BC" in proxies[0].bytes[1] and b'["ELGAMAL_PK",' in proxies[0].unmasked())
    finally:
        for end in ends:
            end.end_input()
            end.ends()
        leave_all(*ends)


def main():
    if not os.path.exists(os.path.join(INTEROP, "installed")):
        check("npm's packages are installed (make build/interop/installed)", False)
        finish()
    relay = Relay("--explain")
    try:
        through_our_relay(relay, "js", "default", True, "ffdhe2048")
        through_our_relay(relay, "py", "default", True, "ffdhe2048")
        through_our_relay(relay, "js", "websocket", False, "ffdhe2048")
        through_our_relay(relay, "py", "polling", False, "ffdhe2048")
        two_languages_without_us(relay)
        no_plaintext_passes_the_relay(relay)
    finally:
        status = relay.stop()
    check("the relay ends cleanly", status in (0, 130), status)
    a_recording_of_stock_clients()
    through_a_stock_relay()
    finish()


main()
