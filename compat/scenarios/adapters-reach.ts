// How far a broadcast goes in a fleet, and in what order it comes.

import {
  ALL_KINDS,
  clients,
  inFleets,
  joinAll,
  KINDS,
  onEachSocket,
  say,
} from "./adapters-support.ts";

const COUNT = 20;

export const adapterReachScenarios = inFleets([
  {
    name: "what is local stays on its server",
    kinds: ALL_KINDS,
    server(nodes, { command }) {
      command("say", (who: number) => {
        nodes[who].local.emit("said", "local");
        nodes[who].local.to("room").emit("said", "to the room, local");
        nodes[who].to("room").local.emit("said", Buffer.from("local"));
      });
      command("end", (who: number) => void nodes[who].emit("end"));
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
        const io = nodes[who];
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
        nodes[0].to("room").emit("said", what);
        nodes[0].emit("end");
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
        nodes[who].emit("said", "from", who);
        nodes[who].to("room").emit("said", "to the room, from", who);
        nodes[who].emit("end");
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
        nodes[0].emit("said", "text", { é: "€" });
        nodes[0].emit("said", Buffer.from([1, 2, 3]));
        nodes[0].emit("end");
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
