// An application as one writes it: what is tested is this function.
import type { DefaultEventsMap, Server } from "bun-socket.io";

interface ClientToServer {
  join: (room: string, reply: (members: number) => void) => void;
  say: (room: string, text: string) => void;
}

interface ServerToClient {
  welcome: (name: string) => void;
  said: (name: string, text: string) => void;
  left: (name: string) => void;
}

export type RoomsServer = Server<
  ClientToServer,
  ServerToClient,
  DefaultEventsMap,
  { name: string }
>;

export function rooms(io: RoomsServer): void {
  io.use((socket, next) => {
    const { name } = socket.handshake.auth;
    if (typeof name !== "string") {
      next(Object.assign(new Error("a name, please"), { data: { code: "NO_NAME" } }));
      return;
    }
    socket.data.name = name;
    next();
  });

  io.on("connection", (socket) => {
    const { name } = socket.data;
    socket.emit("welcome", name);
    socket.on("join", async (room, reply) => {
      await socket.join(room);
      reply(await io.in(room).count());
    });
    socket.on("say", (room, text) => {
      if (socket.rooms.has(room)) socket.to(room).emit("said", name, text);
    });
    socket.on("disconnecting", () => {
      for (const room of socket.rooms) socket.to(room).emit("left", name);
    });
  });
}
