// Express 4 and Socket.IO on one port.
import { createServer } from "node:http";
import { Server } from "bun-socket.io";
import express from "express";

interface ClientToServer {
  join: (room: string, reply: (members: number) => void) => void;
  add: (a: number, b: number, reply: (sum: number) => void) => void;
}
interface ServerToClient {
  announcement: (text: string) => void;
}

const page = await Bun.file(new URL("index.html", import.meta.url)).text();
const { PORT = "3000", HOST = "127.0.0.1" } = process.env;

const app = express();
const httpServer = createServer(app);
const io = new Server<ClientToServer, ServerToClient>(httpServer);

app.get("/", (_request, response) => {
  response.send(page);
});

// An event from a route: curl -X POST -H 'Content-Type: text/plain' -d 'hello' .../rooms/tea
app.post("/rooms/:room", express.text(), (request, response) => {
  io.to(request.params.room).emit("announcement", String(request.body));
  response
    .status(202)
    .json({ sentTo: io.of("/").adapter.rooms.get(request.params.room)?.size ?? 0 });
});

io.on("connection", (socket) => {
  socket.on("join", async (room, reply) => {
    await socket.join(room);
    reply(io.of("/").adapter.rooms.get(room)?.size ?? 0);
  });
  socket.on("add", (a, b, reply) => reply(a + b));
});

httpServer.listen(Number(PORT), HOST, () => {
  const address = httpServer.address();
  const port = typeof address === "object" ? address?.port : address;
  console.log(`Express 4 and Socket.IO listen on http://${HOST}:${port}`);
});
