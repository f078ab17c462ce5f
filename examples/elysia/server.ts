// Elysia, a WebSocket route of Elysia, and Socket.IO, all on one port.
import { Server } from "bun-socket.io";
import { Elysia } from "elysia";
import { websocket } from "elysia/ws";

const { HOST: hostname = "127.0.0.1", PORT = "3000" } = process.env;
const page = Bun.file(new URL("index.html", import.meta.url));

let waves = 0;
const io = new Server();
io.on("connection", (socket) => {
  socket.emit("waves", waves);
  socket.on("wave", () => {
    waves++;
    io.emit("waves", waves);
  });
});

const app = new Elysia()
  .get("/", () => new Response(page))
  .get("/waves", () => ({ waves }))
  .ws("/clock", {
    message(ws) {
      ws.send(new Date().toISOString());
    },
  });

const server = Bun.serve({
  hostname,
  port: PORT,
  ...io.handler({
    fetch: (request) => app.handle(request),
    // Elysia brings a copy of Bun's types, of an earlier version.
    websocket: websocket as unknown as Bun.WebSocketHandler<unknown>,
  }),
});
app.server = server; // by it Elysia upgrades its own WebSockets
console.log(`Elysia and Socket.IO are at ${server.url}`);

process.once("SIGTERM", async () => {
  await io.close();
  await server.stop(true);
});
