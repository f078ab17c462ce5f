// The API route of the pages router: the first request to it puts Socket.IO under the HTTP server.
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { Socket as NetSocket } from "node:net";
import { Server } from "bun-socket.io";

/** `NextApiResponse`, with the server that carries it. */
type ApiResponse = ServerResponse & {
  socket: NetSocket & { server: HttpServer & { io?: Server } };
};

export default function handler(_request: IncomingMessage, response: ApiResponse): void {
  const { server } = response.socket;
  if (!server.io) {
    const io = new Server(server, { path: "/api/socket", addTrailingSlash: false });
    server.io = io;

    io.on("connection", (socket) => {
      socket.on("join", async (room: string, reply: (size: number) => void) => {
        await socket.join(room);
        reply(io.of("/").adapter.rooms.get(room)?.size ?? 0);
      });
      socket.on("say", (room: string, text: string) => socket.to(room).emit("said", text));
    });
  }
  response.end();
}

export const config = { api: { bodyParser: false } };
