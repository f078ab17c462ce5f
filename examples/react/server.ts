// A React page, bundled by Bun, with a contract between it and the server.
import { Server } from "bun-socket.io";
import { withContract } from "bun-socket.io/contract";
import { counter } from "./contract.ts";
import page from "./index.html";

const { HOST: hostname = "127.0.0.1", PORT = "3000" } = process.env;

let total = 0;
const io = new Server();
const clients = withContract(io, counter);
clients.on("connection", (socket) => {
  socket.emit("total", total);
  socket.on("add", (count, reply) => {
    total += count;
    clients.emit("total", total);
    reply(total);
  });
});

const server = Bun.serve({
  hostname,
  port: PORT,
  development: false,
  ...io.handler(),
  routes: { "/": page },
});
console.log(`The page is at ${server.url.origin}`);

process.once("SIGTERM", async () => {
  await io.close();
  await server.stop(true);
});
