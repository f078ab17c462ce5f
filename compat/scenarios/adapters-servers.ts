// Servers of a fleet that speak to each other, come and go, and have several namespaces.

import type { Anything, ClientTools, CompatServer } from "../scenario.ts";
import { ALL_KINDS, clients, inFleets, joinAll, KINDS, say } from "./adapters-support.ts";

const until = (t: ClientTools, command: string, value: unknown): Promise<void> =>
  t.until(async () => JSON.stringify(await t.command(command)) === JSON.stringify(value));

/** What servers hear from each other: a list for each. */
function listen(nodes: readonly CompatServer[], name = "/"): unknown[][] {
  return nodes.map((io) => {
    const heard: unknown[] = [];
    for (const event of ["hello", "end"]) {
      io.of(name).on(event, (...args: unknown[]) => heard.push([event, ...args]));
    }
    return heard;
  });
}

export const adapterServerScenarios = inFleets([
  {
    name: "what a server says to the others reaches each of them, and not itself",
    kinds: ALL_KINDS,
    mixed: KINDS,
    size: 3,
    server(nodes, { command }) {
      const heard = listen(nodes);
      const heardInB = listen(nodes, "/b");
      command("say", (who: number) => {
        const io = nodes[who];
        io.serverSideEmit("hello", "text", 1, null, { deep: [{ é: "€" }] });
        io.of("/b").serverSideEmit("hello", "in b");
        io.serverSideEmit("nobody listens", 1);
        io.serverSideEmit("hello");
        io.serverSideEmit("end", who);
      });
      command("heard", () => [heard, heardInB]);
      command(
        "ended",
        () => heard.flat().filter((it) => Array.isArray(it) && it[0] === "end").length,
      );
      command("heard in b", () => heardInB.flat().length);
    },
    async client(t) {
      await clients(t, 3);
      await t.command("ready", "/b");
      for (const who of [0, 1, 2]) {
        await t.command("say", who);
        await until(t, "ended", (who + 1) * 2);
        await until(t, "heard in b", (who + 1) * 2);
      }
      t.log("heard", await t.command("heard"));
    },
  },
  {
    name: "servers answer each other",
    kinds: ALL_KINDS,
    mixed: KINDS,
    size: 3,
    server(nodes, { command, log }) {
      for (const [index, io] of nodes.entries()) {
        io.on("question", (value: unknown, reply: (answer: unknown) => void) => {
          reply({ got: value, at: index });
        });
        io.of("/b").on("question", (reply: (answer: unknown) => void) => reply(null));
      }
      const byAt = (answers: Anything): Anything =>
        answers?.sort((a: Anything, b: Anything) => (a?.at ?? 0) - (b?.at ?? 0));
      command("ask", async (who: number) =>
        byAt(await nodes[who].serverSideEmitWithAck("question", { deep: [1, "é"] })),
      );
      command("ask in b", (who: number) => nodes[who].of("/b").serverSideEmitWithAck("question"));
      command(
        "call back",
        (who: number) =>
          new Promise<void>((resolve) => {
            nodes[who].serverSideEmit("question", 1, (error: unknown, answers: unknown) => {
              log("called back", error, byAt(answers));
              resolve();
            });
          }),
      );
    },
    async client(t) {
      await clients(t, 3);
      await t.command("ready", "/b");
      for (const who of [0, 1, 2]) {
        t.log("answers", await t.command("ask", who));
        t.log("answers in b", await t.command("ask in b", who));
        await t.command("call back", who);
      }
    },
  },
  {
    name: "a server that does not answer is waited for till the timeout",
    kinds: ["classic"],
    mixed: ["classic"],
    size: 3,
    adapter: { requestsTimeout: 600 },
    server(nodes, { command }) {
      nodes[1].on("question", (reply: (answer: unknown) => void) => reply("the second"));
      nodes[2].on("question", () => {});
      command("ask", async () => {
        try {
          return await nodes[0].serverSideEmitWithAck("question");
        } catch (error) {
          const { message, responses } = error as Error & { responses: unknown };
          return { message, responses };
        }
      });
    },
    async client(t) {
      await clients(t, 3);
      t.log("answers", await t.command("ask"));
    },
  },
  {
    name: "a name that is reserved is not said to servers, and one alone needs no answer",
    size: 1,
    server([io], { command }) {
      command("say", (event: string) => io.serverSideEmit(event, 1));
      command("ask", () => io.serverSideEmitWithAck("question"));
      command("find", async () => ((await io.fetchSockets()) as Anything[]).length);
      command("ask all", () => io.timeout(5000).emitWithAck("question"));
    },
    async client(t) {
      const [ann] = await clients(t, 1);
      ann.on("question", (reply) => reply("ann"));
      for (const event of ["connect", "connection", "new_namespace", "hello"]) {
        const result = await t.command("say", event).catch((error: Error) => error.message);
        t.log(event, result);
      }
      t.log("answers", await t.command("ask"));
      t.log("found", await t.command("find"));
      t.log("answers of clients", await t.command("ask all"));
    },
  },
  {
    name: "a server that closes is counted, found and waited for no more",
    mixed: KINDS,
    size: 3,
    server(nodes, { command }) {
      const [io] = nodes;
      command("close", async (who: number) => {
        await nodes[who].close();
      });
      command("count", () => io.of("/").adapter.serverCount());
      command("names", async () =>
        (await io.fetchSockets()).map((it: Anything) => it.handshake.query.name).sort(),
      );
      command("ask", async () => (await io.timeout(5000).emitWithAck("question")).sort());
      command("ask servers", () => io.serverSideEmitWithAck("question"));
      for (const [index, node] of nodes.entries()) {
        node.on("question", (reply: (answer: unknown) => void) => reply(index));
      }
      command("say", () => void io.emit("end", "to those that are left"));
    },
    async client(t) {
      const peers = await clients(t, 3);
      for (const peer of peers) {
        peer.on("question", (reply) => reply(peer.name));
      }
      t.log("servers", await t.command("count"));
      await t.command("close", 1);
      await peers[1].next("disconnect");
      await until(t, "count", 2);
      t.log("names", await t.command("names"));
      t.log("answers", await t.command("ask"));
      t.log("answers of servers", await t.command("ask servers"));
      await say(t, [peers[0], peers[2]], "say");
    },
  },
  {
    name: "clients that left are found no more, whatever their server",
    server(nodes, { command }) {
      command("names", async () =>
        ((await nodes[0].fetchSockets()) as Anything[])
          .map(({ handshake }) => handshake.query.name)
          .sort(),
      );
      command(
        "in the room",
        async () => ((await nodes[0].in("room").fetchSockets()) as Anything[]).length,
      );
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      await joinAll([
        [ann, "room"],
        [bob, "room"],
      ]);
      t.log("in the room", await t.command("in the room"));
      t.cut("bob");
      await bob.next("disconnect");
      await until(t, "names", ["ann"]);
      t.log("in the room", await t.command("in the room"));
    },
  },
]);
