// The README's server on stock socket.io: pairs in the order of coming, events passed on under their new names.
const path = require("path");
const { Server } = require(path.join(process.env.INTEROP, "node_modules", "socket.io"));

const server = new Server(0, { pingInterval: Number(process.env.PING || 25000), pingTimeout: 20000 });
const names = { ELGAMAL_PK: "ELGAMAL_PK_BC", DEFF_HELLMAN_PK: "DEFF_HELLMAN_PK_BC", message: "received_message" };
let waiting = null;
server.on("connection", (socket) => {
  for (const [name, other] of Object.entries(names)) {
    socket.on(name, (text) => socket.partner && socket.partner.emit(other, text));
  }
  socket.on("disconnect", () => { if (waiting === socket) waiting = null; });
  if (waiting === null) return (waiting = socket);
  [socket.partner, waiting.partner] = [waiting, socket];
  for (const end of [waiting, socket]) end.emit("KEY_EXCHANGE");
  waiting = null;
});
console.log("http://127.0.0.1:" + server.httpServer.address().port + "/");
