// The routes of Bun, a WebSocket of one's own, and Socket.IO, all on one port.
import { Server } from "bun-socket.io";

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

const server = Bun.serve({
  hostname,
  port: PORT,
  // Whatever no route answers, Socket.IO does where it is its own, and a 404 where not.
  ...io.handler<undefined>({
    websocket: {
      message(ws) {
        ws.send(new Date().toISOString());
      },
    },
  }),
  routes: {
    "/": () => new Response(page),
    "/waves": { GET: () => Response.json({ waves }) },
    "/clock": (request, self) =>
      self.upgrade(request) ? undefined : new Response("a WebSocket, please", { status: 426 }),
  },
});
console.log(`Bun's routes and Socket.IO are at ${server.url}`);

process.once("SIGTERM", async () => {
  await io.close();
  await server.stop(true);
});
