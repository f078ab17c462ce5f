// What one server of a fleet broadcasts, at the clients of all.

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

export const adapterBroadcastScenarios = inFleets([
  {
    name: "a broadcast to all reaches all, with every kind of argument",
    kinds: ALL_KINDS,
    mixed: KINDS,
    server(nodes, { command }) {
      command("say", (who: number) => {
        const io = nodes[who];
        io.emit("said", "text", 1.5, -1, true, null, "é €", { deep: [{ a: [] }, {}] });
        io.emit("said");
        io.emit("said", Buffer.from([0, 255]), { b: [Buffer.from("bytes")] }, "behind");
        io.emit("said", new Date(0), undefined, { a: undefined }, [undefined, Number.NaN]);
        io.send("a message");
        io.emit("end");
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
        const io = nodes[who];
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
        const io = nodes[who];
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
        const io = nodes[who];
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
      command("volatile", (who: number) => void nodes[who].volatile.emit("end", "volatile"));
      command("compress", (who: number) => {
        nodes[who].compress(true).emit("said", "compressed ".repeat(200));
        nodes[who].compress(false).emit("end", "plain ".repeat(200));
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
]);
