// Paths, contracts and tokens on one namespace.

import { afterEach, expect, test } from "bun:test";
import { tokenAuth } from "bun-socket.io/auth";
import { defineContract, withContract } from "bun-socket.io/contract";
import { path } from "bun-socket.io/path";
import { z } from "zod";
import { Clients, once } from "../support/clients.ts";
import { HOSTS, type Running } from "../support/hosts.ts";

const clients = new Clients();
let running: Running | null = null;
afterEach(async () => {
  clients.closeAll();
  await running?.close();
});

test.each(HOSTS)("a socket has parameters, a user and parsed events, on $name", async (host) => {
  running = host.start();
  const board = defineContract({
    clientToServer: { add: { input: z.string().trim().min(1), ack: z.string() } },
    serverToClient: {},
  });
  const auth = tokenAuth({ verify: (token) => (token === "good" ? { name: "ann" } : null) });
  const boards = withContract(auth.guard(running.io.of(path("/boards/:id"))), board);
  boards.on("connection", (socket) => {
    socket.on("add", (text, reply) =>
      reply(`${socket.params.id} ${socket.data.user.name} ${text}`),
    );
  });
  const url = `${running.url}/boards/7`;
  const client = await clients.connect(url, { auth: { token: "good" } });
  expect(await client.emitWithAck("add", " milk ")).toBe("7 ann milk");
  expect(await client.emitWithAck("add", " ")).toMatchObject({ code: "INVALID_PAYLOAD" });
  const refused = clients.make(url, { auth: { token: "bad" } });
  await once(refused, "connect_error");
  expect([...running.io._nsps.keys()]).toEqual(["/", "/boards/7"]);
});
