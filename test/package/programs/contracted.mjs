// A server that holds its clients to a contract; it prints its address.
import { Server } from "bun-socket.io";
import { withContract } from "bun-socket.io/contract";
import { path } from "bun-socket.io/path";
import { calculator } from "./contract.mjs";

const io = new Server(0, { hostname: "127.0.0.1" });
withContract(io.of(path("/rooms/:id")), calculator).on("connection", (socket) => {
  socket.on("double", (value, reply) => reply(value * 2));
});
console.log(`http://127.0.0.1:${io.httpServer.address().port}`);
