import { afterEach, expect, test } from "bun:test";
import { Server } from "bun-socket.io";
import { Elysia } from "elysia";
import { Hono } from "hono";
import { Clients } from "../support/clients.ts";
import { TRANSPORTS } from "../support/hosts.ts";

const clients = new Clients();
afterEach(() => clients.closeAll());

const options = { hostname: "127.0.0.1", port: 0 };

const ROUTERS = [
  {
    name: "Hono, which hands on its own route",
    start(io: Server) {
      const app = new Hono<{ Bindings: Bun.Server<unknown> }>();
      app.get("/page", (context) => context.text("a page"));
      app.all("/socket.io/*", (context) => io.handle(context.req.raw, context.env));
      return Bun.serve({ ...options, fetch: app.fetch, websocket: io.websocket });
    },
  },
  {
    name: "Hono, behind handler()",
    start(io: Server) {
      const app = new Hono();
      app.get("/page", (context) => context.text("a page"));
      return Bun.serve({ ...options, ...io.handler({ fetch: (request) => app.fetch(request) }) });
    },
  },
  {
    name: "Elysia, behind handler()",
    start(io: Server) {
      const app = new Elysia().get("/page", () => "a page");
      return Bun.serve({ ...options, ...io.handler({ fetch: (request) => app.handle(request) }) });
    },
  },
];

test.each(ROUTERS)("with $name, pages and sockets share a port", async ({ start }) => {
  const io = new Server();
  io.on("connection", (socket) => {
    socket.on("echo", (value: unknown, reply: (value: unknown) => void) => reply(value));
  });
  const server = start(io);
  const url = `http://127.0.0.1:${server.port}`;

  expect(await (await fetch(`${url}/page`)).text()).toBe("a page");
  expect((await fetch(`${url}/none`)).status).toBe(404);
  for (const { transports } of TRANSPORTS) {
    const client = await clients.connect(url, { transports: [...transports] });
    expect(await client.emitWithAck("echo", [Buffer.from("bytes")])).toEqual([
      Buffer.from("bytes"),
    ]);
  }

  await io.close();
  await server.stop(true);
  expect(io.engine.clientsCount).toBe(0);
});
