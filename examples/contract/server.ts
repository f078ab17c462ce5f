// Shopping lists: a namespace for each, and a contract that nothing gets around.
import { Server } from "bun-socket.io";
import { withContract } from "bun-socket.io/contract";
import type { z } from "zod";
import { lists, shopping } from "./contract.ts";
import page from "./index.html";

const { HOST: hostname = "127.0.0.1", PORT = "3000" } = process.env;

type Item = z.input<typeof shopping.serverToClient.item.input>;
const items = new Map<string, Map<string, Item>>();

const io = new Server();
const shared = withContract(io.of(lists), shopping, {
  data: ({ auth }) => ({ name: auth.name }),
  onInvalid: (error, socket) => console.warn(`${socket?.data.name}: ${error.message}`),
});

shared.on("connection", (socket) => {
  const { listId } = socket.params;
  const list = items.get(listId) ?? new Map<string, Item>();
  items.set(listId, list);
  const tellPeople = () => {
    socket.nsp.emit("people", [...new Set(Array.from(socket.nsp.sockets.values(), nameOf))]);
  };

  socket.on("all", (reply) => reply([...list.values()]));

  socket.on("add", (text, reply) => {
    const id = crypto.randomUUID();
    const item = { id, text, by: socket.data.name, at: new Date().toISOString(), done: false };
    list.set(id, item);
    socket.broadcast.emit("item", item);
    reply(item);
  });

  socket.on("check", (id, done) => {
    const item = list.get(id);
    if (item !== undefined) {
      item.done = done;
      socket.nsp.emit("item", item);
    }
  });

  socket.on("disconnect", tellPeople);
  tellPeople();
});

function nameOf({ data }: { data: { name: string } }): string {
  return data.name;
}

const server = Bun.serve({
  hostname,
  port: PORT,
  ...io.handler(),
  routes: { "/": page },
  development: false,
});
console.log(`The shopping lists are at ${server.url.origin}`);

process.once("SIGTERM", async () => {
  await io.close();
  await server.stop(true);
});
