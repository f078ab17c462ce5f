// Several namespaces of a fleet, and options of its adapters.

import type { Anything, ClientTools } from "../scenario.ts";
import { clients, type FleetTools, inFleets, joinAll, KINDS, say } from "./adapters-support.ts";
import { WEBSOCKET } from "./client-support.ts";

const until = (t: ClientTools, command: string, value: unknown): Promise<void> =>
  t.until(async () => JSON.stringify(await t.command(command)) === JSON.stringify(value));

/** Something of everything, in two namespaces. */
function askAll(nodes: Anything[], { command }: FleetTools): void {
  for (const [index, io] of nodes.entries()) {
    io.of("/b").on("connection", () => {});
    for (const name of ["/", "/b"]) {
      io.of(name).on("question", (reply: (answer: unknown) => void) => reply([index, name]));
    }
  }
  command("say", (who: number, name: string) => void nodes[who].of(name).emit("end", name));
  command("ask", async (who: number, name: string) => {
    const namespace = nodes[who].of(name);
    return [
      (await namespace.fetchSockets()).length,
      await namespace.serverSideEmitWithAck("question"),
      (await namespace.timeout(5000).emitWithAck("question")).sort(),
    ];
  });
}

async function answerAll(t: ClientTools): Promise<void> {
  const main = (await clients(t)).slice(0, 2);
  const inB = main.map((peer) => peer.of("/b"));
  await Promise.all(inB.map((peer) => peer.connected()));
  await t.command("ready", "/b");
  for (const peer of [...main, ...inB]) {
    peer.on("question", (reply) => reply(peer.name));
  }
  for (const who of [0, 1]) {
    for (const [name, peers] of [
      ["/", main],
      ["/b", inB],
    ] as const) {
      t.log(name, await t.command("ask", who, name));
      await say(t, peers, "say", who, name);
    }
  }
}

export const adapterNamespaceScenarios = inFleets([
  {
    name: "answers go to a channel of the server that asked",
    kinds: ["classic"],
    mixed: ["classic"],
    adapter: { publishOnSpecificResponseChannel: true },
    server: askAll,
    client: answerAll,
  },
  {
    name: "a namespace has one of several streams, and pub/sub is sharded",
    kinds: ["streams"],
    mixed: ["streams"],
    adapter: { streamCount: 3, useShardedPubSub: true, maxLen: 100, readCount: 2 },
    server: askAll,
    client: answerAll,
  },
  {
    name: "each namespace has its own clients, rooms and servers",
    mixed: KINDS,
    server(nodes, { command }) {
      for (const io of nodes) {
        io.of("/b").on("connection", (socket: Anything) => socket.join("room"));
      }
      command("say", (who: number) => {
        const io = nodes[who];
        io.to("room").emit("said", "in the main one");
        io.of("/b").to("room").emit("said", "in b");
        io.of("/b").emit("said", Buffer.from("to all of b"));
        io.emit("end");
        io.of("/b").emit("end");
      });
      command("found", async () =>
        Promise.all(
          ["/", "/b"].map(
            async (name) => ((await nodes[0].of(name).fetchSockets()) as Anything[]).length,
          ),
        ),
      );
      command("leave b", () => void nodes[0].of("/b").disconnectSockets());
      command("in b", () => nodes.map((io) => io.of("/b").sockets.size));
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      await joinAll([
        [ann, "room"],
        [bob, "room"],
      ]);
      const inB = [ann.of("/b"), bob.of("/b")];
      await Promise.all(inB.map((peer) => peer.connected()));
      await t.command("ready", "/b");
      for (const who of [0, 1]) {
        await say(t, [ann, bob, ...inB], "say", who);
      }
      t.log("found", await t.command("found"));
      await t.command("leave b");
      await Promise.all(inB.map((peer) => peer.next("disconnect")));
      await until(t, "in b", [0, 0]);
      t.log("found", await t.command("found"));
    },
  },
  {
    name: "namespaces that a pattern makes are joined across servers",
    mixed: KINDS,
    server(nodes, { command }) {
      const parents = nodes.map((io) => io.of(/^\/child-\d$/));
      for (const parent of parents) {
        parent.on("connection", (socket: Anything) => socket.join("room"));
      }
      command("say", (who: number) => {
        const io = nodes[who];
        io.of("/child-1").to("room").emit("said", "in the first child");
        parents[who].to("room").emit("said", "in all children");
        parents[who].emit("end");
      });
      command(
        "found",
        async () => ((await nodes[0].of("/child-1").fetchSockets()) as Anything[]).length,
      );
    },
    async client(t) {
      const namespace = "/child-1";
      const more = { transports: WEBSOCKET, namespace };
      const ann = await t.connect("ann", more);
      const bob = await t.connect("bob", { ...more, server: 1 });
      await t.command("ready", namespace);
      await say(t, [ann, bob], "say", 0);
      await say(t, [ann, bob], "say", 1);
      t.log("found", await t.command("found"));
    },
  },
]);
