// The reference on Bun, with the engine that is made for it.
import { Server as Engine } from "@socket.io/bun-engine";
import { Server } from "socket.io";

const io = new Server();
const engine = new Engine({ path: "/socket.io/", pingInterval: 10_000 });
io.bind(engine);

io.use((socket, next) => {
  next(socket.handshake.auth.token === "wrong" ? new Error("wrong token") : undefined);
});
io.on("connection", (socket) => {
  socket.on("echo", (...args) => args.pop()(...args));
  socket.on("join", async (room, done) => {
    await socket.join(room);
    done(io.sockets.adapter.rooms.get(room)?.size);
  });
  socket.on("tell", (room, text) => socket.to(room).emit("told", text));
  socket.on("transport", (done) => done(socket.conn.transport.name));
  socket.on("leave", () => socket.disconnect());
});

const server = Bun.serve({ port: Number(process.env.PORT), ...engine.handler() });
console.log(`listening on ${server.port}`);
