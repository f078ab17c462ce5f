// Hono, a WebSocket route of Hono, and Socket.IO, all on one port.
import { Server } from "bun-socket.io";
import { Hono } from "hono";
import { upgradeWebSocket, websocket } from "hono/bun";

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

const app = new Hono();
app.get("/", async (context) => context.html(await page.text()));
app.get("/waves", (context) => context.json({ waves }));
app.get(
  "/clock",
  upgradeWebSocket(() => ({
    onMessage(_event, ws) {
      ws.send(new Date().toISOString());
    },
  })),
);

const server = Bun.serve({
  hostname,
  port: PORT,
  // Hono finds the server in its second argument, and has handlers of its own for WebSockets.
  ...io.handler({ fetch: (request, self) => app.fetch(request, self), websocket }),
});
console.log(`Hono and Socket.IO are at ${server.url}`);

process.once("SIGTERM", async () => {
  await io.close();
  await server.stop(true);
});
