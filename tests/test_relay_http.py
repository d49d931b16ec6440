#!/usr/bin/python3
"""e2e-relay's server by hand: Engine.IO's HTTP errors, HTTP as such, WebSocket's frames, and clients that are slow, silent,
rude or gone."""
import json
import signal
import socket
import struct
import threading
import time

from cutaway_support import check, finish
from relay_support import POLLING, SANITIZED, WEBSOCKET, Closed, Http, Polling, Relay, WebSocket, pair, wait_until

MEMORY = 40000000 if SANITIZED else 8000000
UPGRADE = ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")


def closes_with(client, code, words=""):
    """The next thing is a close frame with this code and reason."""
    try:
        got = client.next()
        while got == "1" or (isinstance(got, str) and got.startswith("4")):  # last words before it
            got = client.next()
    except (Closed, ConnectionResetError) as error:
        got = repr(error)
    return isinstance(got, tuple) and got[0] == code and words in got[1], got


def engine_io_errors(relay):
    live = Polling(relay)
    cases = [
        ("no transport", "GET", "/socket.io/?EIO=4", "", 0),
        ("an unknown transport", "GET", "/socket.io/?EIO=4&transport=webtransport", "", 0),
        ("two transports", "GET", "/socket.io/?EIO=4&transport=polling&transport=websocket", "", 0),
        ("an unknown sid", "GET", POLLING + "&sid=AAAAAAAAAAAAAAAAAAAA", "", 1),
        ("a sid that is too long", "GET", POLLING + "&sid=" + "A" * 200, "", 1),
        ("an empty sid", "GET", POLLING + "&sid=", "", 1),
        ("an unknown sid, over WebSocket", "GET", WEBSOCKET + "&sid=AAAAAAAAAAAAAAAAAAAA", UPGRADE, 1),
        ("POST without a session", "POST", POLLING, "", 2),
        ("HEAD without a session", "HEAD", POLLING, "", 2),
        ("DELETE without a session", "DELETE", POLLING, "", 2),
        ("websocket without an upgrade", "GET", WEBSOCKET, "", 3),
        ("an upgrade without websocket", "GET", POLLING, UPGRADE, 3),
        ("websocket without an upgrade, with a sid", "GET", WEBSOCKET + "&sid=" + live.open["sid"], "", 3),
        ("a bad key", "GET", WEBSOCKET, UPGRADE.replace("dGhl", "dG!l"), 3),
        ("no key", "GET", WEBSOCKET, UPGRADE.partition("Sec-WebSocket-Key")[0], 3),
        ("version 3", "GET", "/socket.io/?EIO=3&transport=polling", "", 5),
        ("no version", "GET", "/socket.io/?transport=polling", "", 5),
    ]
    http = Http(relay)  # one connection for all: an error does not end it
    for name, method, target, fields, code in cases:
        status, got, body = http.request(method, target, "" if method == "POST" else None, fields)
        if method == "HEAD":
            check("HTTP error: %s" % name, status == 400 and body == "" and got["content-length"] != "0", status, got)
        else:
            check("HTTP error: %s" % name, status == 400 and got["content-type"] == "application/json" and
                  json.loads(body)["code"] == code and json.loads(body)["message"], status, body)
    status, got, _ = http.request("GET", WEBSOCKET, fields=UPGRADE.replace("13", "8"))
    check("WebSocket version 8 is told that 13 is spoken", status == 426 and got["sec-websocket-version"] == "13", status, got)
    status, got, _ = http.request("PUT", live.target, "4x")
    check("PUT to a session: 405", status == 405 and "POST" in got["allow"], status, got)
    status, _, _ = http.request("POST", live.target, "4x", "Content-Type: application/octet-stream\r\n")
    check("a binary payload of version 3: 400", status == 400, status)
    status, _, body = http.request("GET", "/")
    check("another path: 404, with a hint", status == 404 and "/socket.io/" in body, status, body)
    check("the session has survived all of it", live.post('420["x"]') == (200, "ok") and
          live.next() == '430[{"relayed":false,"reason":"unknown event"}]')


def http_as_such(relay):
    http = Http(relay)
    http.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n" * 3 + "GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /c")
    answers = [http.response() for _ in range(4)]
    check("requests sent ahead are answered in order", [answer[0] for answer in answers] == [404] * 4)
    check("Connection: close is obeyed", answers[3][1]["connection"] == "close" and http.is_closed())
    http = Http(relay)
    http.send("GET / HTTP/1.0\r\n\r\n")
    check("HTTP/1.0 is answered and closed", http.response()[0] == 404 and http.is_closed())
    http = Http(relay)
    status, fields, body = http.request("HEAD", "/")
    status2, _, body2 = http.request("GET", "/")
    check("HEAD has GET's length and no body", (status, body) == (404, "") and int(fields["content-length"]) == len(body2))
    status, fields, _ = http.request("OPTIONS", POLLING, fields="Origin: http://page.example\r\n"
                                     "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n")
    check("CORS: a preflight is answered", status == 204 and fields["access-control-allow-origin"] == "*" and
          "POST" in fields["access-control-allow-methods"] and "content-length" not in fields, status, fields)
    status, fields, body = http.request("GET", POLLING, fields="Origin: http://page.example\r\n")
    check("CORS: a poll from a page is marked", status == 200 and fields["access-control-allow-origin"] == "*" and
          fields["cache-control"] == "no-store", fields)
    status, fields, body = http.request("GET", POLLING + "&sid=x", fields="Origin: http://page.example\r\n")
    check("CORS: so that a page can read errors", status == 400 and fields["access-control-allow-origin"] == "*", fields)
    for name, data, status in (("TLS", b"\x16\x03\x01\x02\x00", 400), ("binary", b"\0\1\2", 400),
                               ("no version", b"GET /\r\n\r\n", 400), ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
                               ("chunks", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
                               ("a long head", b"GET /" + b"a" * 20000, 431),
                               ("many fields", b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 100, 431),
                               ("a long body", b"POST /socket.io/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000001\r\n\r\n", 413)):
        http = Http(relay)
        http.send(data)
        answer = http.response()
        check("refused and closed: " + name, answer[0] == status and http.is_closed(), answer)
    # One byte at a time, over the whole of a session.
    http = Http(relay)
    for byte in b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % POLLING.encode():
        http.send(bytes([byte]))
    status, _, body = http.response()
    sid = json.loads(body[1:])["sid"]
    for byte in b"POST %s&sid=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n40" % (POLLING.encode(), sid.encode()):
        http.send(bytes([byte]))
    check("a session in single bytes", http.response()[2] == "ok" and
          http.request("GET", POLLING + "&sid=" + sid)[2].startswith("40{"))


def polling_sessions(relay):
    client = Polling(relay)
    check("the open packet", client.open["upgrades"] == ["websocket"] and client.open["maxPayload"] == 1000000 and
          len(client.open["sid"]) == 20, client.open)
    other = Http(relay)
    other.send("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % client.target)
    time.sleep(0.1)
    status, _, body = client.http.request("GET", client.target)
    check("two polls at a time: the second is refused", status == 400 and json.loads(body)["code"] == 3, body)
    check("and the session is over, as the first is told", other.response()[2] == "1")
    check("its sid is forgotten", json.loads(client.post("3")[1])["code"] == 1)
    for name, payload in (("no packet", ""), ("junk", "hello"), ("broken base64", "4a\x1ebA"),
                          ("broken Socket.IO", "4hello"), ("a ping", "2"), ("an event before connecting", '42["x"]'),
                          ("broken UTF-8", b'42["\xff"]')):
        client = Polling(relay, join=False)
        status, body = client.post(payload)
        check("refused and over: " + name, status == 400 and json.loads(client.post("40")[1])["code"] == 1, status, body)
    client = Polling(relay)
    lost = Http(relay)
    lost.send("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % client.target)
    time.sleep(0.1)
    lost.close()
    check("a poll that is broken off ends the session", wait_until(lambda: client.post("40")[0] == 400))
    a, b = pair(relay, Polling)
    check("many packets in one POST", a.post("\x1e".join('42["message",%d]' % i for i in range(40))) == (200, "ok"))
    got = []
    while len(got) < 40:
        payload = b.poll()
        check("a payload has at most 16 packets", len(payload) <= 16, payload)
        got += payload
    check("all arrive, in order", got == ['42["received_message",%d]' % i for i in range(40)], got)
    check("a close packet ends it", a.post("1") == (200, "ok") and b.next() == '42["PARTNER_LEFT"]')


def upgrading(relay):
    a, b = Polling(relay), WebSocket(relay)
    check("paired", a.next() == '42["KEY_EXCHANGE"]' and b.next() == '42["KEY_EXCHANGE"]')
    target = WEBSOCKET + "&sid=" + a.open["sid"]
    rude = WebSocket(relay, target, join=False)
    rude.text("4hello")
    check("a probe that is none closes that WebSocket", *closes_with(rude, 1002, "2probe"))
    check("and the session goes on over polling", a.post('42["message",1]')[0] == 200 and
          b.next() == '42["received_message",1]')
    gone = WebSocket(relay, target, join=False)
    gone.text("2probe")
    check("3probe", gone.next() == "3probe")
    gone.close()
    time.sleep(0.1)
    check("a probe that breaks off changes nothing", a.post('42["message",2]')[0] == 200 and
          b.next() == '42["received_message",2]')
    new = WebSocket(relay, target, join=False)
    try:
        WebSocket(relay, target, join=False)
        second = "answered"
    except AssertionError as error:
        second = str(error)
    check("one probe at a time", "400" in second, second)
    held = Http(relay)
    held.send("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % a.target)
    time.sleep(0.05)
    new.text("2probe")
    check("a held poll ends with a noop", held.response()[2] == "6" and new.next() == "3probe")
    b.text('42["message","under way"]')
    time.sleep(0.1)
    new.text("5")
    check("what waited comes over the WebSocket", new.next() == '42["received_message","under way"]')
    new.text('42["message",3]')
    check("and back", b.next() == '42["received_message",3]')
    check("polling is over, for POST and for GET", json.loads(a.post('42["message",4]')[1])["code"] == 3 and
          a.poll()[0] == 400)
    new.frame(8, struct.pack(">H", 1000))
    check("closing it ends the session, of which nothing came twice", b.next() == '42["PARTNER_LEFT"]')
    # A client in a hurry, which does not wait for 3probe, nor for its poll.
    a = Polling(relay)
    check("paired again", a.next() == '42["KEY_EXCHANGE"]' and b.next() == '42["KEY_EXCHANGE"]')
    held = Http(relay)
    held.send("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % a.target)
    new = WebSocket(relay, WEBSOCKET + "&sid=" + a.open["sid"], join=False)
    new.send(b"\x81\x86\0\0\0\0002probe" + b"\x81\x81\0\0\0\0005")
    check("2probe and 5 at once: the held poll still ends with a noop", held.response()[2] == "6" and
          new.next() == "3probe")
    b.text('42["ELGAMAL_PK",5]')
    check("and the WebSocket is the transport", new.next() == '42["ELGAMAL_PK_BC",5]')


def frames(relay):
    a, b = pair(relay)
    a.frame(1, b'42["mess', final=False)
    a.frame(9, b"are you there")
    a.frame(0, b'age",', final=False)
    a.frame(0, b"1]")
    check("a message in fragments, with a ping between", b.next() == '42["received_message",1]' and
          a.receive() == (10, b"are you there"))
    a.text('452-["message",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]')
    a.binary(b"zero")
    a.binary(b"")
    check("attachments", [b.next() for _ in range(3)] ==
          ['452-["received_message",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]', b"zero", b""])
    for size in (125, 126, 65535, 65536, 900000):
        a.text('42["message","%s"]' % ("x" * (size - len('42["message",""]'))))
        got = b.next()
        check("a message of %d bytes" % size, got == '42["received_message","%s"]' % ("x" * (size - 16)), len(got))
    a.frame(8, struct.pack(">H", 1000) + b"bye")
    check("a close frame is answered", *closes_with(a, 1000))
    check("and the connection closed", a.is_closed())
    check("the partner is told", b.next() == '42["PARTNER_LEFT"]')
    for name, act, code in (
            ("an unmasked frame", lambda client: client.frame(1, b"3", masked=False), 1002),
            ("an unknown opcode", lambda client: client.frame(3, b""), 1002),
            ("text that is not UTF-8", lambda client: client.frame(1, b"4\xff"), 1007),
            ("a message that is too long", lambda client: client.frame(1, b"4" * 1000001), 1009),
            ("an empty text", lambda client: client.text(""), 1002),
            ("broken Socket.IO", lambda client: client.text("4junk"), 1002),
            ("broken JSON", lambda client: client.text('42["message",]'), 1002),
            ("a placeholder for nothing", lambda client: client.text('451-["message",{"_placeholder":true,"num":1}]'), 1002),
            ("an attachment for nothing", lambda client: client.binary(b"x"), 1002),
            ("connecting twice", lambda client: client.text("40"), 1002),
            ("another namespace's event", lambda client: client.text('42/admin,["message",1]'), 1002)):
        a = WebSocket(relay)
        check("paired again", a.next() == '42["KEY_EXCHANGE"]' and b.next() == '42["KEY_EXCHANGE"]')
        act(a)
        check("closed with its code: " + name, *closes_with(a, code))
        check("and only that one: " + name, b.next() == '42["PARTNER_LEFT"]')
    early = Http(relay)
    early.send(("GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (WEBSOCKET, UPGRADE)).encode() + b"\x81\x82\0\0\0\x0040")
    early.response()
    early.__class__ = WebSocket
    check("a frame sent before the answer is not lost", early.next().startswith("0{") and early.next().startswith("40{"))


def impatience():
    relay = Relay("--timeout", 1, "--ping-interval", 400, "--ping-timeout", 400)
    silent, slow, posting = Http(relay), Http(relay), Http(relay)
    posting.send("POST /socket.io/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
    begin = time.monotonic()
    alive = True
    while alive and time.monotonic() - begin < 10:
        try:
            slow.send("x")  # a byte now and then buys no time
            time.sleep(0.05)
            slow.socket.settimeout(0.001)
            alive = slow.socket.recv(1, socket.MSG_PEEK) is None
        except TimeoutError:
            pass
        except OSError:
            alive = False
    took = time.monotonic() - begin
    slow.socket.settimeout(5)
    check("a request that dribbles in is given up", 0.5 < took < 5, took)
    check("with status 408", slow.response()[0] == 408)
    check("a body that does not come, likewise", posting.response()[0] == 408)
    check("a connection that says nothing is closed", silent.is_closed(5))
    joins_not = WebSocket(relay, join=False)
    joins_not.next()
    begin = time.monotonic()
    check("a client that joins no namespace is closed", *closes_with(joins_not, 1002, "namespace"))
    # One that vanishes without a word: no answer to a ping.
    a, b = pair(relay)
    while a.receive() != (1, b"2"):
        pass
    # Meanwhile the partner answers its own.
    check("a client that answers no ping is disconnected, and its partner told", b.next() == '42["PARTNER_LEFT"]' and
          relay.said("it is silent"))
    polling = Polling(relay)
    check("a session that is not polled any more ends", b.next() == '42["KEY_EXCHANGE"]' and b.next() == '42["PARTNER_LEFT"]')
    check("descriptors are given back", wait_until(lambda: relay.descriptors() <= 10), relay.descriptors())
    polling.http.close()
    b.close()
    check("the relay ends cleanly", relay.stop() == 128 + signal.SIGINT)


def slow_readers():
    relay = Relay("--timeout", 2, "--max-payload", 100000)
    begin = relay.memory()
    a, b = pair(relay)
    c, d = pair(relay)
    message = ('42["message","%s"]' % ("x" * 50000)).encode()
    frame = b"\x81\xfe" + struct.pack(">H", len(message)) + b"\0\0\0\0" + message
    a.socket.setblocking(False)
    sent = 0
    stop = time.monotonic() + 8
    worst = 0
    while time.monotonic() < stop and not any("it is slow" in line for line in relay.lines):
        try:
            sent += a.socket.send(frame[sent % len(frame):])
        except BlockingIOError:
            asked = time.monotonic()
            c.text('42["message","between others"]')
            d.next()
            worst = max(worst, time.monotonic() - asked)
            time.sleep(0.02)
    a.socket.setblocking(True)
    a.socket.settimeout(10)
    check("who does not read holds up the sender (%d bytes were taken)" % sent, 500000 < sent < 40000000, sent)
    check("the others never wait (at most %.0f ms)" % (1000 * worst), worst < 1, worst)
    check("it is disconnected, with a reason", relay.said("it is slow"), relay.lines)
    check("and its partner told", a.next() == '42["PARTNER_LEFT"]')
    check("memory stays bounded", relay.memory() - begin < MEMORY, relay.memory() - begin)
    # One that asks and asks, and does not read the answers.
    asking = Http(relay)
    asking.socket.setblocking(False)
    request = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" * 100
    sent, stop, gone, most = 0, time.monotonic() + 8, False, 0
    while time.monotonic() < stop and not gone:
        most = max(most, relay.memory())
        try:
            sent += asking.socket.send(request[sent % len(request):])
        except BlockingIOError:
            time.sleep(0.02)
        except OSError:
            gone = True
    check("who asks and does not read the answers is given up (%d bytes)" % sent, gone)
    check("memory stays bounded", most - begin < MEMORY, most - begin)
    # One that does not read the relay's own answers.
    a, e = c, d
    e.socket.setblocking(False)
    ping = b"\x89\xfd\0\0\0\0" + b"p" * 125
    sent = 0
    stop = time.monotonic() + 8
    while time.monotonic() < stop and len([line for line in relay.lines if "it is slow" in line]) < 2:
        try:
            sent += e.socket.send(ping * 100)
        except BlockingIOError:
            time.sleep(0.02)
        except OSError:
            break
    check("who pings and does not read the pongs is disconnected (%d bytes)" % sent,
          wait_until(lambda: len([line for line in relay.lines if "it is slow" in line]) >= 2), relay.lines)
    check("memory stays bounded", relay.memory() - begin < MEMORY, relay.memory() - begin)
    check("the relay ends cleanly", relay.stop() == 128 + signal.SIGINT)


def late_readers():
    """Who reads late, but in time, loses nothing: the relay holds up the sender instead of keeping everything."""
    relay = Relay("--timeout", 10, "--max-payload", 100000)
    a, b = pair(relay)
    begin = relay.memory()
    count = 600  # times 50000 bytes: more than the system's buffers and the relay's queue hold
    sender = threading.Thread(target=lambda: [a.text('42["message",%d,"%s"]' % (i, "x" * 50000)) for i in range(count)])
    sender.start()
    time.sleep(1)
    most = relay.memory()
    lost = sum(not b.next().startswith('42["received_message",%d,' % i) for i in range(count))
    sender.join(20)
    check("a late reader gets all of %d messages, in order" % count, lost == 0, lost, relay.lines)
    check("little was kept for it", most - begin < MEMORY // 4, most - begin)
    # The same with the relay's own answers.
    count = 200000
    event = b"\x81\x8b\0\0\0\x00420[\"hello\"]"
    event = b"\x81" + bytes([0x80 | len(event[6:])]) + event[2:]
    sender = threading.Thread(target=lambda: a.send(event * count))
    sender.start()
    time.sleep(1)
    answers = 0
    tail = b""
    while answers < count:
        data = a.socket.recv(1 << 20)
        if not data:
            break
        tail += data
        answers += tail.count(b'"unknown event"')
        tail = tail[-14:] if b'"unknown event"' not in tail[-14:] else b""
    sender.join(20)
    check("and all of %d acknowledgements" % count, answers == count, answers, relay.lines[-5:])
    check("the relay ends cleanly", relay.stop() == 128 + signal.SIGINT)


def main():
    for part in (engine_io_errors, http_as_such, polling_sessions, upgrading, frames):
        relay = Relay("--explain")
        part(relay)
        check("the relay ends cleanly", relay.stop() == 128 + signal.SIGINT, relay.lines[-40:])
    impatience()
    slow_readers()
    late_readers()
    finish()


main()
