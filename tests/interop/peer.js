// A stock Socket.IO client, driven over standard input and output by tests/test_relay_interop.py, a line of JSON at a time.
//
//   node peer.js URL default|polling|websocket
//
//   in:  {"emit": ["name", arguments...], "ack": number or nothing}   {"disconnect": true}   {"connect": true}
//   out: {"is": "connect"|"disconnect"|"connect_error"|"upgrade"|"event"|"ack", ...}
//
// Binary data stand as {"$binary": base64}.
const path = require("path");
const { io } = require(path.join(process.env.INTEROP, "node_modules", "socket.io-client"));

const [url, transports] = process.argv.slice(2);
const socket = io(url, transports === "default" ? {} : { transports: [transports] });

const tell = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const show = (value) =>
  Buffer.isBuffer(value) || value instanceof Uint8Array || value instanceof ArrayBuffer
    ? { $binary: Buffer.from(value).toString("base64") }
    : Array.isArray(value) ? value.map(show)
    : value && typeof value === "object"
      ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, show(member)]))
      : value;
const read = (value) =>
  value && typeof value === "object" && "$binary" in value ? Buffer.from(value.$binary, "base64")
    : Array.isArray(value) ? value.map(read)
    : value && typeof value === "object"
      ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, read(member)]))
      : value;

socket.on("connect", () => {
  tell({ is: "connect", transport: socket.io.engine.transport.name, sid: socket.id });
  socket.io.engine.on("upgrade", (transport) => tell({ is: "upgrade", transport: transport.name }));
});
socket.on("disconnect", (reason) => tell({ is: "disconnect", reason }));
socket.on("connect_error", (error) => tell({ is: "connect_error", message: error.message }));
socket.onAny((name, ...values) => tell({ is: "event", name, values: values.map(show) }));

require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const wanted = JSON.parse(line);
  if (wanted.emit) {
    const values = wanted.emit.map(read);
    if (wanted.ack !== undefined) {
      values.push((...answer) => tell({ is: "ack", number: wanted.ack, values: answer.map(show) }));
    }
    socket.emit(...values);
  } else if (wanted.disconnect) {
    socket.disconnect();
  } else if (wanted.connect) {
    socket.connect();
  }
}).on("close", () => { socket.disconnect(); setTimeout(() => process.exit(0), 200); });
