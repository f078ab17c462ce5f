// What one server of a fleet broadcasts, at the clients of all.

import type { Anything } from "../scenario.ts";
import {
  ALL_KINDS,
  clients,
  inFleets,
  joinAll,
  KINDS,
  onEachSocket,
  say,
} from "./adapters-support.ts";
import { WEBSOCKET } from "./client-support.ts";

const COUNT = 20;

export const adapterBroadcastScenarios = inFleets([
  {
    name: "a broadcast to all reaches all, with every kind of argument",
    kinds: ALL_KINDS,
    mixed: KINDS,
    server(nodes, { command }) {
      command("say", (who: number) => {
        const io = nodes[who];
        io?.emit("said", "text", 1.5, -1, true, null, "é €", { deep: [{ a: [] }, {}] });
        io?.emit("said");
        io?.emit("said", Buffer.from([0, 255]), { b: [Buffer.from("bytes")] }, "behind");
        io?.emit("said", new Date(0), undefined, { a: undefined }, [undefined, Number.NaN]);
        io?.send("a message");
        io?.emit("end");
      });
    },
    async client(t) {
      const peers = await clients(t);
      await say(t, peers.slice(0, 2), "say", 0);
      await say(t, peers.slice(0, 2), "say", 1);
    },
  },
  {
    name: "rooms of a broadcast add up, a client gets it once, and exceptions hold everywhere",
    kinds: ALL_KINDS,
    mixed: KINDS,
    server(nodes, { command }) {
      command("say", (who: number) => {
        const io = nodes[who] as Anything;
        io.to("a").emit("said", "a");
        io.to("b").emit("said", "b");
        io.to("a").to("b").emit("said", "a and b");
        io.in(["b", "c"]).emit("said", "b and c");
        io.to("nobody's").emit("said", "to nobody");
        io.to(["nobody's", "c"]).emit("said", "c");
        io.except("a").emit("said", "not a");
        io.to("b").except("c").emit("said", "b, not c");
        io.except(["a", "c"]).emit("said", "neither a nor c");
        io.to("b").emit("said", Buffer.from("bytes to b"));
        io.emit("end");
      });
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      const cat = await t.connect("cat", { transports: WEBSOCKET, server: 1 });
      await joinAll([
        [ann, ["a", "b"]],
        [bob, ["b", "c"]],
        [cat, "c"],
      ]);
      for (const who of [0, 1]) {
        await say(t, [ann, bob, cat], "say", who);
      }
    },
  },
  {
    name: "a room has a number for a name",
    kinds: ALL_KINDS,
    mixed: KINDS,
    server(nodes, { command }) {
      command("say", (who: number) => {
        const io = nodes[who] as Anything;
        io.to(42).emit("said", "to the number");
        io.to([42, 0]).emit("said", "to the numbers");
        io.to("42").emit("said", "to the text");
        io.except(42).emit("said", "to all but the number");
        io.emit("end");
      });
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      await joinAll([
        [ann, 42],
        [bob, [0, 42]],
      ]);
      await say(t, [ann, bob], "say", 0);
      await say(t, [ann, bob], "say", 1);
    },
  },
  {
    name: "what a client says to others does not come back to it",
    kinds: ALL_KINDS,
    mixed: KINDS,
    server(nodes) {
      for (const io of nodes) {
        onEachSocket(io, (socket) => {
          socket.on("shout", () => {
            socket.broadcast.emit("said", "to all others");
            socket.to("room").emit("said", "to the room");
            socket.except("room").emit("said", "to those elsewhere");
            socket.to(socket.id).emit("said", "to itself");
            io.to(socket.id).emit("own", "to its own room");
            socket.broadcast.emit("end");
          });
        });
      }
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      const cat = await t.connect("cat", { transports: WEBSOCKET, server: 1 });
      await joinAll([
        [ann, "room"],
        [bob, "room"],
      ]);
      for (const speaker of [ann, bob]) {
        speaker.emit("shout");
        await Promise.all(
          [ann, bob, cat].map((peer) => peer.next(peer === speaker ? "own" : "end")),
        );
      }
    },
  },
  {
    name: "the id of a socket is a room wherever the socket is",
    kinds: ALL_KINDS,
    mixed: KINDS,
    server(nodes, { command }) {
      command("say", (who: number, first: string, second: string) => {
        const io = nodes[who] as Anything;
        io.to(first).emit("said", "to the first", Buffer.from("x"));
        io.to(second).emit("said", "to the second");
        io.to([first, second]).emit("said", "to both");
        io.except(first).emit("said", "not to the first");
        io.to("an id that nobody has").emit("said", "to nobody");
        io.emit("end");
      });
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      await say(t, [ann, bob], "say", 0, ann.socket.id, bob.socket.id);
      await say(t, [ann, bob], "say", 1, ann.socket.id, bob.socket.id);
    },
  },
  {
    name: "volatile and compress reach the other servers too",
    server(nodes, { command }) {
      command("volatile", (who: number) => void nodes[who]?.volatile.emit("end", "volatile"));
      command("compress", (who: number) => {
        nodes[who]?.compress(true).emit("said", "compressed ".repeat(200));
        nodes[who]?.compress(false).emit("end", "plain ".repeat(200));
      });
    },
    options: { perMessageDeflate: false },
    async client(t) {
      const peers = (await clients(t)).slice(0, 2);
      for (const who of [0, 1]) {
        await say(t, peers, "volatile", who);
        await say(t, peers, "compress", who);
      }
    },
  },
  {
    name: "what is local stays on its server",
    kinds: ALL_KINDS,
    server(nodes, { command }) {
      command("say", (who: number) => {
        nodes[who]?.local.emit("said", "local");
        nodes[who]?.local.to("room").emit("said", "to the room, local");
        nodes[who]?.to("room").local.emit("said", Buffer.from("local"));
      });
      command("end", (who: number) => void nodes[who]?.emit("end"));
      for (const io of nodes) {
        onEachSocket(io, (socket) => {
          socket.on("shout", (reply: () => void) => {
            socket.local.emit("said", "to others, local");
            socket.local.to("room").emit("said", "to the room, local");
            reply();
          });
        });
      }
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      await joinAll([
        [ann, "room"],
        [bob, "room"],
      ]);
      await t.command("say", 0);
      await say(t, [ann, bob], "end", 0);
      await bob.ask("shout");
      await say(t, [ann, bob], "end", 1);
    },
  },
  {
    name: "what a server says arrives in its order, whatever the rooms",
    kinds: ALL_KINDS,
    mixed: KINDS,
    server(nodes, { command }) {
      command("say", (who: number) => {
        const io = nodes[who] as Anything;
        for (let number = 0; number < COUNT; number++) {
          const to = [io, io.to("a"), io.to(["a", "b"]), io.except("b")][number % 4];
          to.emit("said", number, ...(number % 5 === 0 ? [Buffer.from(`${number}`)] : []));
        }
        io.emit("end");
      });
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      await joinAll([
        [ann, ["a", "b"]],
        [bob, "a"],
      ]);
      await say(t, [ann, bob], "say", 0);
      await say(t, [ann, bob], "say", 1);
    },
  },
  {
    name: "a client gets what was said to a room while it was there",
    kinds: ALL_KINDS,
    server(nodes, { command }) {
      command("say", (what: string) => {
        nodes[0]?.to("room").emit("said", what);
        nodes[0]?.emit("end");
      });
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      await say(t, [ann, bob], "say", "before");
      await bob.ask("join", "room");
      await say(t, [ann, bob], "say", "during");
      await bob.ask("leave", "room");
      await say(t, [ann, bob], "say", "after");
      await bob.ask("join", ["room", "another"]);
      await say(t, [ann, bob], "say", "again");
    },
  },
  {
    name: "three servers hear of each other, each thing once",
    size: 3,
    mixed: KINDS,
    server(nodes, { command }) {
      command("say", (who: number) => {
        nodes[who]?.emit("said", "from", who);
        nodes[who]?.to("room").emit("said", "to the room, from", who);
        nodes[who]?.emit("end");
      });
    },
    async client(t) {
      const peers = await clients(t, 3);
      await joinAll([
        [peers[1], "room"],
        [peers[2], "room"],
      ]);
      for (const who of [0, 1, 2]) {
        await say(t, peers, "say", who);
      }
    },
  },
  {
    name: "a broadcast reaches clients over polling, and after an upgrade",
    server(nodes, { command }) {
      command("say", () => {
        nodes[0]?.emit("said", "text", { é: "€" });
        nodes[0]?.emit("said", Buffer.from([1, 2, 3]));
        nodes[0]?.emit("end");
      });
    },
    async client(t) {
      await clients(t);
      const polling = await t.connect("polling", { transports: ["polling"], server: 1 });
      const upgraded = await t.connect("upgraded", { server: 1 });
      await say(t, [polling, upgraded], "say");
    },
  },
  {
    name: "a server says a thing to all, and in the same turn another to one client",
    server(nodes) {
      for (const io of nodes) {
        onEachSocket(io, (socket) => {
          socket.on("go", () => {
            io.emit("said", "to all");
            io.to("room").emit("said", "to the room");
            socket.emit("end", "to one");
          });
        });
      }
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      await joinAll([
        [ann, "room"],
        [bob, "room"],
      ]);
      for (const [peer, other] of [
        [ann, bob],
        [bob, ann],
      ] as const) {
        peer.emit("go");
        await Promise.all([peer.next("end"), peer.next("said"), peer.next("said")]);
        await Promise.all([other.next("said"), other.next("said")]);
      }
    },
  },
]);
