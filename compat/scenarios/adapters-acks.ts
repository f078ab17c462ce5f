// Acknowledgements of the clients of several servers.

import type { Anything } from "../scenario.ts";
import { ALL_KINDS, clients, inFleets, joinAll, KINDS, onEachSocket } from "./adapters-support.ts";
import { WEBSOCKET } from "./client-support.ts";

/** Long enough for all that answer, however busy the machine is. */
const LONG_MS = 5000;
const SHORT_MS = 600;

/** Answers in an order of their own: which comes first depends on the moment. */
const sorted = (answers: unknown): unknown =>
  Array.isArray(answers)
    ? answers.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    : answers;

/** What becomes of a question: its answers, or the error with those that came. */
async function outcome(asked: Promise<unknown>): Promise<unknown> {
  try {
    return sorted(await asked);
  } catch (error) {
    const { message, responses } = error as Error & { responses?: unknown };
    return { error: message, responses: sorted(responses) };
  }
}

export const adapterAckScenarios = inFleets([
  {
    name: "clients of all servers answer a broadcast",
    kinds: ALL_KINDS,
    mixed: KINDS,
    size: 3,
    server(nodes, { command, log }) {
      command("ask", (who: number) =>
        outcome(nodes[who].timeout(LONG_MS).emitWithAck("question", Buffer.from("?"), "how")),
      );
      command(
        "call back",
        (who: number) =>
          new Promise<void>((resolve) => {
            nodes[who]
              .timeout(LONG_MS)
              .emit("question", "by call", (error: unknown, answers: unknown) => {
                log("called back", error, sorted(answers));
                resolve();
              });
          }),
      );
    },
    async client(t) {
      const peers = await clients(t, 3);
      for (const peer of peers) {
        peer.on("question", (...args) => args.pop()(peer.name, "not the first"));
      }
      for (const who of [0, 1, 2]) {
        t.log("answers", await t.command("ask", who));
        await t.command("call back", who);
      }
    },
  },
  {
    name: "answers have bytes, objects, nothing",
    mixed: KINDS,
    server(nodes, { command, log }) {
      command("ask", async (who: number) => {
        const answers = await nodes[who].timeout(LONG_MS).emitWithAck("question");
        log("answers", sorted(answers));
      });
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      const answers = [Buffer.from([0, 255]), { deep: [Buffer.from("x"), null] }, null, [], "é"];
      for (const answer of answers) {
        bob.socket.once("question", (reply: Anything) => reply(answer));
        ann.socket.once("question", (reply: Anything) => reply(1));
        await t.command("ask", 0);
        bob.socket.once("question", (reply: Anything) => reply(2));
        ann.socket.once("question", (reply: Anything) => reply(answer));
        await t.command("ask", 0);
      }
    },
  },
  {
    name: "a question goes to rooms, and not to exceptions",
    kinds: ALL_KINDS,
    mixed: KINDS,
    server(nodes, { command }) {
      const [io, other] = nodes;
      command("ask", (what: string) => {
        const base = io.timeout(LONG_MS);
        const asked = {
          a: () => base.to("a").emitWithAck("question"),
          "a and b": () => base.to(["a", "b"]).emitWithAck("question"),
          "not a": () => base.except("a").emitWithAck("question"),
          "other side": () => other.to("b").timeout(LONG_MS).emitWithAck("question"),
          nobody: () => base.to("nobody's").emitWithAck("question"),
        }[what];
        return outcome(asked?.() ?? Promise.resolve());
      });
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      for (const [peer, room] of [
        [ann, "a"],
        [bob, "b"],
      ] as const) {
        peer.on("question", (reply) => reply(peer.name));
        await peer.ask("join", room);
      }
      for (const what of ["a", "a and b", "not a", "other side", "nobody"]) {
        t.log(what, await t.command("ask", what));
      }
    },
  },
  {
    name: "only clients of its own server answer what is local",
    server(nodes, { command }) {
      command("ask", () => outcome(nodes[0].local.timeout(SHORT_MS).emitWithAck("question")));
    },
    async client(t) {
      for (const peer of await clients(t)) {
        peer.on("question", (reply) => reply(peer.name));
      }
      t.log("local", await t.command("ask"));
    },
  },
  {
    name: "when the timeout passes there are the answers that came",
    mixed: KINDS,
    size: 3,
    server(nodes, { command, log }) {
      command("ask", (who: number) =>
        outcome(nodes[who].timeout(SHORT_MS).emitWithAck("question")),
      );
      command(
        "call back",
        () =>
          new Promise<void>((resolve) => {
            nodes[0]
              .timeout(SHORT_MS)
              .emit("nobody answers", (error: unknown, answers: unknown) => {
                log("called back", error, sorted(answers));
                resolve();
              });
          }),
      );
    },
    async client(t) {
      const [ann, bob] = await clients(t, 3);
      ann.on("question", (reply) => reply("ann"));
      bob.on("question", (reply) => reply("bob"));
      t.log("asked by the first", await t.command("ask", 0));
      t.log("asked by the third", await t.command("ask", 2));
      await t.command("call back");
    },
  },
  {
    name: "a client that leaves is not waited for, or till the timeout",
    server(nodes, { command }) {
      command("ask", () => outcome(nodes[0].timeout(SHORT_MS).emitWithAck("question")));
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      ann.on("question", (reply) => reply("ann"));
      bob.on("question", () => bob.disconnect());
      t.log("answers", await t.command("ask"));
      t.log("answers without it", await t.command("ask"));
    },
  },
  {
    name: "only clients of the other server are there to answer",
    kinds: ALL_KINDS,
    server(nodes, { command }) {
      command("ask", (event: string) =>
        outcome(nodes[0].to("room").timeout(LONG_MS).emitWithAck(event)),
      );
    },
    async client(t) {
      const [, bob] = await clients(t);
      const cat = await t.connect("cat", { transports: WEBSOCKET, server: 1 });
      await joinAll([
        [bob, "room"],
        [cat, "room"],
      ]);
      for (const peer of [bob, cat]) {
        peer.on("question", (reply) => reply({ from: peer.name }));
      }
      t.log("answers", await t.command("ask", "question"));
    },
  },
  {
    name: "a client asks the others, of all servers",
    mixed: KINDS,
    server(nodes) {
      for (const io of nodes) {
        onEachSocket(io, (socket) => {
          socket.on("ask others", async (reply: (answer: unknown) => void) => {
            reply(await outcome(socket.broadcast.timeout(LONG_MS).emitWithAck("question")));
          });
          socket.on("ask the room", async (reply: (answer: unknown) => void) => {
            reply(await outcome(socket.to("room").timeout(LONG_MS).emitWithAck("question")));
          });
        });
      }
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      const cat = await t.connect("cat", { transports: WEBSOCKET, server: 1 });
      const peers = [ann, bob, cat];
      for (const peer of peers) {
        peer.on("question", (reply) => reply(peer.name));
      }
      await joinAll([
        [ann, "room"],
        [cat, "room"],
      ]);
      for (const peer of peers) {
        await peer.ask("ask others");
        await peer.ask("ask the room");
      }
    },
  },
  {
    name: "a socket of another server is asked alone, and answers or does not",
    mixed: KINDS,
    server(nodes, { command, log }) {
      command("ask", async (who: number, id: string, event: string, ms: number) => {
        const [remote] = (await nodes[who].in(id).fetchSockets()) as Anything[];
        log(event, await outcome(remote.timeout(ms).emitWithAck(event, Buffer.from("?"), [1])));
      });
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      for (const peer of [ann, bob]) {
        peer.on("question", (bytes, list, reply) => reply({ from: peer.name, bytes, list }));
      }
      for (const [who, peer] of [
        [0, bob],
        [1, ann],
      ] as const) {
        await t.command("ask", who, peer.socket.id, "question", LONG_MS);
        await t.command("ask", who, peer.socket.id, "not answered", SHORT_MS);
      }
    },
  },
]);
