#!/usr/bin/python3
"""e2e-relay under load, with figures: `make load`. About half a minute; everything has a time limit.

1. 1,000 idle clients, half over WebSocket, half over polling with a held poll: how much memory, and do heartbeats keep them.
2. 200 talking pairs in succession beside them: no message lost, doubled or out of order.
3. One client that does not read: how much is kept for it, how long others wait, and that it is disconnected with a reason.
4. 10,000 connects and disconnects, polite and rude, at every stage: descriptors and memory before and after.
"""
import random
import resource
import select
import signal
import socket
import struct
import time

from cutaway_support import check, finish
from relay_support import POLLING, WEBSOCKET, Http, Polling, Relay, WebSocket, pair, wait_until

IDLE, PAIRS, MESSAGES, CONNECTS = 1000, 200, 50, 10000
MEMORY_MAX = 64 << 20
KEEP_SECONDS = 6
NOTHING_LEAKED = 1 << 20  # bytes: what an allocator may keep; a leak of 110 bytes per connection would be more


def figure(name, value):
    print("# %-58s %s" % (name, value), flush=True)


def mib(count):
    return "%.1f MiB" % (count / (1 << 20))


class IdleSocket(WebSocket):
    """Answers pings as they come."""
    pings = 0

    def go_on(self):
        self.more()
        while len(self.buffer) >= 2 and len(self.buffer) >= 2 + (self.buffer[1] & 0x7F):
            opcode, payload = self.receive()
            if opcode == 8:
                raise ConnectionResetError(payload)
            if payload == b"2":
                self.pings += 1
                self.text("3")


class IdlePolling:
    """Two connections, as stock clients have: one for polls, one for POSTs."""
    pings = 0

    def __init__(self, relay):
        session = Polling(relay)
        self.post, self.target = session.http, session.target
        self.poll = Http(relay)
        self.ask()

    def ask(self):
        self.poll.send("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % self.target)

    @property
    def socket(self):
        return self.poll.socket

    def go_on(self):
        status, _, body = self.poll.response()
        if status != 200 or body == "1":
            raise ConnectionResetError(body)
        self.ask()
        if "2" in body.split("\x1e"):
            self.pings += 1
            if self.post.request("POST", self.target, "3")[2] != "ok":
                raise ConnectionResetError("no ok")

    def close(self):
        self.poll.close()
        self.post.close()


def serve(clients, seconds):
    """Lets idle clients answer for a while; how many were lost."""
    by_descriptor = {client.socket.fileno(): client for client in clients}
    poll = select.poll()
    for descriptor in by_descriptor:
        poll.register(descriptor, select.POLLIN)
    lost = 0
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for descriptor, _ in poll.poll(1000 * left):
            try:
                by_descriptor[descriptor].go_on()
            except OSError:
                lost += 1
                poll.unregister(descriptor)
            except Exception as error:
                check("an idle client fails", False, repr(error))
                lost += 1
                poll.unregister(descriptor)
    return lost


def idle(relay):
    empty = relay.memory()
    begin = time.monotonic()
    clients = [IdleSocket(relay) if i % 2 else IdlePolling(relay) for i in range(IDLE)]
    figure("%d clients connected and joined in" % IDLE, "%.1f s" % (time.monotonic() - begin))
    lost = serve(clients, KEEP_SECONDS)
    memory = relay.memory()
    figure("resident memory, empty", mib(empty))
    figure("resident memory with %d idle clients" % IDLE, mib(memory))
    figure("for each", "%d bytes" % ((memory - empty) // IDLE))
    figure("descriptors", relay.descriptors())
    check("%d idle clients in less than 64 MiB" % IDLE, memory < MEMORY_MAX, memory)
    check("none was lost in %d s of heartbeats" % KEEP_SECONDS, lost == 0, lost)
    check("each was pinged", all(client.pings > 0 for client in clients),
          sum(client.pings == 0 for client in clients))
    return clients


def talk(relay, number):
    """One pair from beginning to end; the messages that arrived wrongly."""
    make = (WebSocket, Polling)[number % 4 == 3]
    a, b = pair(relay, make)
    wrong = 0
    if make is WebSocket:
        for i in range(MESSAGES):
            a.text('42["message","a",%d,%d]' % (number, i))
            b.text('42["message","b",%d,%d]' % (number, i))
    else:
        a.post("\x1e".join('42["message","a",%d,%d]' % (number, i) for i in range(MESSAGES)))
        b.post("\x1e".join('42["message","b",%d,%d]' % (number, i) for i in range(MESSAGES)))
    for receiver, sender in ((a, "b"), (b, "a")):
        for i in range(MESSAGES):
            wrong += receiver.next() != '42["received_message","%s",%d,%d]' % (sender, number, i)
    a.text("41") if make is WebSocket else a.post("41")
    wrong += b.next() != '42["PARTNER_LEFT"]'
    b.text("41") if make is WebSocket else b.post("41")  # so that it is out of the line before the next pair comes
    for end in (a, b):
        (end if make is WebSocket else end.http).close()
    return wrong


def pairs(relay):
    begin = time.monotonic()
    wrong = sum(talk(relay, number) for number in range(PAIRS))
    took = time.monotonic() - begin
    figure("%d pairs in succession, %d messages, took" % (PAIRS, 2 * PAIRS * MESSAGES),
           "%.1f s: %.0f messages a second" % (took, 2 * PAIRS * MESSAGES / took))
    check("no message was lost, doubled or out of order", wrong == 0, wrong)


def slow_reader():
    relay = Relay("--timeout", 3)
    empty = relay.memory()
    a, b = pair(relay)
    c, d = pair(relay)
    message = ('42["message","%s"]' % ("x" * 100000)).encode()
    frame = b"\x81\xff" + struct.pack(">Q", len(message)) + b"\0\0\0\0" + message
    a.socket.setblocking(False)
    sent, most, waits = 0, 0, []
    end = time.monotonic() + 20
    while time.monotonic() < end and not any("it is slow" in line for line in relay.lines):
        try:
            sent += a.socket.send(frame[sent % len(frame):])
        except BlockingIOError:
            time.sleep(0.01)
        begin = time.monotonic()
        c.text('42["message","x"]')
        d.next()
        waits.append(time.monotonic() - begin)
        most = max(most, relay.memory())
    waits.sort()
    figure("sent to a client that does not read, before it was dropped", mib(sent))
    figure("of that, in the relay's memory at most", mib(most - empty))
    figure("others waited meanwhile, median and longest",
           "%.1f ms, %.1f ms" % (1000 * waits[len(waits) // 2], 1000 * waits[-1]))
    check("a slow reader is disconnected with a reason", any("it is slow" in line for line in relay.lines))
    check("little is kept for it", most - empty < 16 << 20, most - empty)
    check("others never wait for it", waits[-1] < 1, waits[-1])
    a.socket.setblocking(True)
    check("its partner is told", a.next() == '42["PARTNER_LEFT"]')
    check("the relay ends cleanly", relay.stop() == 128 + signal.SIGINT)


def connect_once(relay, way):
    """Connects and goes, at one of many stages."""
    reset = way % 2 == 1
    stage = way // 2 % 8
    if stage == 5:
        client = WebSocket(relay)
    elif stage == 6:
        client = WebSocket(relay, join=False)
    elif stage == 7:
        client = Polling(relay).http
    else:
        client = Http(relay)
    if stage == 1:
        client.send("GET /socket.io/?EIO=4&transp")
    elif stage == 2:
        client.send("POST /socket.io/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\nhalf")
    elif stage == 3:
        client.request("GET", POLLING + "&sid=nobody")
    elif stage == 4:
        client.send("GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n" % WEBSOCKET)
    elif stage == 5 and way % 32 < 16:
        client.text('451-["message",{"_placeholder":true,"num":0}]')  # and no attachment
    if reset:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def connects():
    relay = Relay("--quiet", "--timeout", 5, "--ping-interval", 500, "--ping-timeout", 500)
    empty = relay.descriptors()
    ways = random.Random(1)

    def some(count):
        for _ in range(count):
            connect_once(relay, ways.randrange(32))
        return wait_until(lambda: relay.descriptors() == empty, 30)

    check("the first %d are gone" % (CONNECTS // 5), some(CONNECTS // 5))
    time.sleep(1.5)  # sessions over polling end when their pings are not answered
    warm = relay.memory()
    begin = time.monotonic()
    gone = some(CONNECTS)
    figure("%d connects and disconnects took" % CONNECTS, "%.1f s" % (time.monotonic() - begin))
    time.sleep(1.5)
    figure("descriptors before and after", "%d, %d" % (empty, relay.descriptors()))
    figure("resident memory after %d, and after %d more" % (CONNECTS // 5, CONNECTS),
           "%s, %s" % (mib(warm), mib(relay.memory())))
    check("no descriptor leaks", gone, relay.descriptors())
    check("no memory leaks", relay.memory() - warm < NOTHING_LEAKED, relay.memory() - warm)
    talk(relay, 0)
    check("and it still serves", talk(relay, 1) == 0)
    check("the relay ends cleanly", relay.stop() == 128 + signal.SIGINT)


def main():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    relay = Relay("--quiet", "--ping-interval", 3000, "--ping-timeout", 20000)
    clients = idle(relay)
    pairs(relay)
    check("the idle clients are still there", serve(clients, 1) == 0)
    for client in clients:
        client.close()
    check("when they have gone, their descriptors have too", wait_until(lambda: relay.descriptors() <= 10), relay.descriptors())
    check("the relay ends cleanly", relay.stop() == 128 + signal.SIGINT)
    slow_reader()
    connects()
    finish()


main()
