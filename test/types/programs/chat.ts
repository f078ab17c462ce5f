// A chat as tutorials have it: typed events, names checked by a middleware, rooms, typing, history.
import { createServer } from "node:http";
import type { Server, Socket } from "socket.io";

interface Message {
  from: string;
  text: string;
  at: number;
}

interface ClientEvents {
  "chat message": (text: string, done: (result: { ok: boolean; id?: number }) => void) => void;
  "join room": (room: string, done?: () => void) => void;
  "leave room": (room: string) => void;
  typing: (isTyping: boolean) => void;
  history: (query: { before?: number; limit: number }, reply: (list: Message[]) => void) => void;
}

interface ServerEvents {
  "chat message": (message: Message) => void;
  "user joined": (name: string, room: string) => void;
  "user left": (name: string, reason: string) => void;
  typing: (state: Record<string, boolean>) => void;
  "are you there": (reply: (answer: "yes" | "busy") => void) => void;
}

interface InterServerEvents {
  ping: () => void;
  kick: (name: string, reply: (done: boolean) => void) => void;
}

interface SocketData {
  name: string;
  joined: Set<string>;
}

type ChatServer = Server<ClientEvents, ServerEvents, InterServerEvents, SocketData>;
type ChatSocket = Socket<ClientEvents, ServerEvents, InterServerEvents, SocketData>;

const messages: Message[] = [];

export const httpServer = createServer((_req, res) => {
  res.writeHead(404).end();
});

export function onConnection(io: ChatServer, socket: ChatSocket): void {
  const { name } = socket.data;
  socket.data.joined = new Set();
  socket.broadcast.emit("user joined", name, "lobby");

  socket.on("chat message", (text, done) => {
    const message: Message = { from: name, text: text.trim(), at: Date.now() };
    messages.push(message);
    io.emit("chat message", message);
    done({ ok: true, id: messages.length });
    // @ts-expect-error it says whether
    done({ id: 1 });
  });
  socket.on("join room", async (room, done) => {
    await socket.join(room);
    socket.data.joined.add(room);
    socket.to(room).emit("user joined", name, room);
    done?.();
  });
  socket.on("leave room", (room) => {
    void socket.leave(room);
    // @ts-expect-error a reason is missing
    io.to(room).emit("user left", name);
  });
  socket.on("typing", (isTyping) => socket.volatile.broadcast.emit("typing", { [name]: isTyping }));
  socket.on("history", ({ before = Date.now(), limit }, reply) => {
    reply(messages.filter(({ at }) => at < before).slice(-limit));
  });
  socket.on("disconnect", (reason) => {
    socket.broadcast.emit("user left", name, reason);
    for (const room of socket.data.joined) io.to(room).emit("user left", name, reason);
  });
}

export async function present(io: ChatServer): Promise<string[]> {
  const answers = await io.timeout(1000).emitWithAck("are you there");
  const present = answers.filter((answer) => answer === "yes").length;
  // @ts-expect-error nobody answers so
  const absent = answers.filter((answer) => answer === "no").length;
  const sockets = await io.in("lobby").fetchSockets();
  return [...sockets.map(({ data }) => data.name), `${present} ${absent}`];
}

export function kick(io: ChatServer, name: string): void {
  io.serverSideEmit("kick", name, (error, done) => {
    if (error) return;
    if (!done.some(Boolean)) io.serverSideEmit("ping");
  });
  io.on("kick", async (who, reply) => {
    const found = (await io.local.fetchSockets()).find(({ data }) => data.name === who);
    found?.disconnect(true);
    reply(found !== undefined);
  });
}

export function main(io: ChatServer): void {
  io.use((socket, next) => {
    const name: unknown = socket.handshake.auth.name;
    if (typeof name !== "string") return next(new Error("no name"));
    socket.data.name = name;
    return next();
  });
  io.on("connection", (socket) => onConnection(io, socket));
  io.of("/").adapter.on("join-room", (room, id) => [room, id]);
}
