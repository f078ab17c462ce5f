// Koa and Socket.IO on one port: a vote, told by a JSON route and by events.
import { createServer } from "node:http";
import { Router } from "@koa/router";
import { Server } from "bun-socket.io";
import Koa from "koa";

type Counts = Record<string, number>;

interface ClientToServer {
  vote: (colour: string, reply: (result: { ok: boolean }) => void) => void;
  watch: (reply: (counts: Counts) => void) => void;
}
interface ServerToClient {
  counts: (counts: Counts) => void;
}

const page = await Bun.file(new URL("index.html", import.meta.url)).text();
const { PORT = "3000", HOST = "127.0.0.1" } = process.env;
const votes = new Map([
  ["red", 0],
  ["green", 0],
  ["blue", 0],
]);
const counts = () => Object.fromEntries(votes);

const app = new Koa();
const router = new Router();
router.get("/", (context) => {
  context.type = "html";
  context.body = page;
});
router.get("/api/counts", (context) => {
  context.body = counts();
});
app.use(async (context, next) => {
  await next();
  context.set("X-Powered-By", "Koa on Bun");
});
app.use(router.routes()).use(router.allowedMethods());

// Koa's callback() is what node:http calls; Socket.IO takes the server around it.
const httpServer = createServer(app.callback());
const io = new Server<ClientToServer, ServerToClient>(httpServer);

io.on("connection", (socket) => {
  socket.on("watch", async (reply) => {
    await socket.join("watchers");
    reply(counts());
  });
  socket.on("vote", (colour, reply) => {
    const count = votes.get(colour);
    if (count === undefined) return reply({ ok: false });
    votes.set(colour, count + 1);
    io.to("watchers").emit("counts", counts());
    reply({ ok: true });
  });
});

httpServer.listen(Number(PORT), HOST, () => {
  const address = httpServer.address();
  const port = typeof address === "object" ? address?.port : address;
  console.log(`Koa and Socket.IO listen on http://${HOST}:${port}`);
});
