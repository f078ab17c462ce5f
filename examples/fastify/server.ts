// Fastify and Socket.IO on one port: notes posted to a route go to the sockets of their board.
import { type DefaultEventsMap, Server } from "bun-socket.io";
import Fastify from "fastify";

interface Note {
  board: string;
  text: string;
}
interface ClientToServer {
  open: (board: string, reply: (notes: Note[]) => void) => void;
}
interface ServerToClient {
  note: (note: Note) => void;
}
type NoteServer = Server<ClientToServer, ServerToClient, DefaultEventsMap, unknown>;

declare module "fastify" {
  interface FastifyInstance {
    io: NoteServer;
  }
}

const page = await Bun.file(new URL("index.html", import.meta.url)).text();
const { PORT = "3000", HOST = "127.0.0.1" } = process.env;
const notes: Note[] = [];

const fastify = Fastify();
const io: NoteServer = new Server(fastify.server);
// Routes, in plugins as well, find it as `fastify.io`.
fastify.decorate("io", io);

io.on("connection", (socket) => {
  socket.on("open", async (board, reply) => {
    await socket.join(board);
    reply(notes.filter((note) => note.board === board));
  });
});

fastify.get("/", (_request, reply) => reply.type("text/html").send(page));

fastify.post<{ Body: Note }>(
  "/notes",
  {
    schema: {
      body: {
        type: "object",
        required: ["board", "text"],
        properties: {
          board: { type: "string", minLength: 1, maxLength: 50 },
          text: { type: "string", minLength: 1, maxLength: 500 },
        },
      },
    },
  },
  async ({ body: { board, text } }, reply) => {
    const note = { board, text };
    notes.push(note);
    fastify.io.to(board).emit("note", note);
    return reply.code(201).send(note);
  },
);

// Fastify waits for open connections before it calls onClose: the sockets have to leave earlier.
fastify.addHook("preClose", async () => {
  io.local.disconnectSockets(true);
});
fastify.addHook("onClose", async () => {
  await io.close();
});
fastify.addHook("onReady", async () => {
  console.log("ready: all plugins are loaded");
});

const address = await fastify.listen({ port: Number(PORT), host: HOST });
console.log(`Fastify and Socket.IO listen on ${address}`);

process.once("SIGTERM", async () => {
  await fastify.close();
  process.exit(0);
});
