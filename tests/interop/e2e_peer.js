// README 003 once more, in JavaScript, with a stock Socket.IO client: an independent partner for our C client.
//
//   P=prime G=generator node e2e_peer.js URL default|polling|websocket
//
// Lines of standard input are said; `exit` leaves. Prints ESTABLISHED and the key, HEARD and the text, LEFT, REFUSED.
const path = require("path");
const crypto = require("crypto");
const { io } = require(path.join(process.env.INTEROP, "node_modules", "socket.io-client"));

const p = BigInt(process.env.P), g = BigInt(process.env.G);
const tell = (line) => process.stdout.write(line + "\n");

// --- numbers ---
const mod = (a, n) => ((a % n) + n) % n;
const power = (base, exponent, n) => {
  let result = 1n;
  for (base = mod(base, n); exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % n;
    base = (base * base) % n;
  }
  return result;
};
const inverse = (a, n) => {
  let [r, next, s, t] = [n, mod(a, n), 0n, 1n];
  while (next !== 0n) {
    const q = r / next;
    [r, next, s, t] = [next, r - q * next, t, s - q * t];
  }
  return r === 1n ? mod(s, n) : null;
};
const random = () => BigInt("0x" + crypto.randomBytes(32).toString("hex")) % (p - 3n) + 1n;
const hash = (value) => BigInt("0x" + crypto.createHash("sha1").update(value.toString()).digest("hex"));

// --- keys, signature ---
const x = random(), y = power(g, x, p), a = random(), A = power(g, a, p);
const sign = (h) => {
  for (;;) {
    const k = random(), back = inverse(k, p - 1n);
    if (back === null) continue;
    const s1 = power(g, k, p), s2 = mod((h - x * s1) * back, p - 1n);
    if (s2 !== 0n) return [s1, s2];
  }
};
const verify = (key, h, s1, s2) =>
  s1 > 0n && s1 < p && s2 > 0n && s2 < p - 1n &&
  power(g, h, p) === (power(key, s1, p) * power(s1, s2, p)) % p;

// --- the protocol ---
const [url, transports] = process.argv.slice(2);
const socket = io(url, transports === "default" ? {} : { transports: [transports] });
let theirs = null, key = null;

socket.on("KEY_EXCHANGE", () => {
  socket.emit("ELGAMAL_PK", y.toString());
  const [s1, s2] = sign(hash(A));
  socket.emit("DEFF_HELLMAN_PK",
    JSON.stringify({ deff_public_key: A.toString(), s1: s1.toString(), s2: s2.toString() }));
});
socket.on("ELGAMAL_PK_BC", (text) => { theirs = BigInt(text); });
socket.on("DEFF_HELLMAN_PK_BC", (text) => {
  const { deff_public_key, s1, s2 } = JSON.parse(text);
  if (!verify(theirs, hash(BigInt(deff_public_key)), BigInt(s1), BigInt(s2))) {
    tell("REFUSED");
    return socket.disconnect();
  }
  key = crypto.createHash("sha256").update(power(BigInt(deff_public_key), a, p).toString()).digest();
  tell("ESTABLISHED " + key.toString("hex"));
});
socket.on("received_message", (text) => {
  const { message, iv } = JSON.parse(text);
  const cipher = crypto.createDecipheriv("aes-256-cfb", key, Buffer.from(iv, "base64"));
  tell("HEARD " + JSON.stringify(cipher.update(Buffer.from(message, "base64")).toString("utf8")));
});
socket.on("PARTNER_LEFT", () => tell("LEFT"));

require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "exit") return socket.disconnect();
  const iv = crypto.randomBytes(16), cipher = crypto.createCipheriv("aes-256-cfb", key, iv);
  socket.emit("message", JSON.stringify({
    message: Buffer.concat([cipher.update(line, "utf8"), cipher.final()]).toString("base64"),
    iv: iv.toString("base64"),
  }));
}).on("close", () => { socket.disconnect(); setTimeout(() => process.exit(0), 100); });
