// What the server does with its sockets through the adapter in memory, seen by the clients.

import type { Anything, Scenario } from "../scenario.ts";
import { join, WEBSOCKET } from "./client-support.ts";

const ws = { transports: WEBSOCKET };

/** Sorted, as ids are random. */
const sorted = (rooms: Iterable<string>): string[] =>
  [...rooms].filter((it) => it.length < 20).sort();

export const clientAdapterScenarios: Scenario[] = [
  {
    name: "the adapter tells of rooms that come, change and go",
    server(io, { log, command }) {
      const { adapter } = io.of("/");
      for (const event of ["create-room", "join-room", "leave-room", "delete-room"]) {
        adapter.on(event, (room: string, id?: string) => {
          if (room.length < 20) {
            log(event, room, typeof id);
          }
        });
      }
      join(io);
      command("rooms", () => [sorted(adapter.rooms.keys()), adapter.sids.size]);
      command("join all", (room: string) => io.socketsJoin(room));
      command("leave all", (room: string) => io.socketsLeave(room));
    },
    async client(t) {
      const ann = await t.connect("ann", ws);
      const bob = await t.connect("bob", ws);
      await ann.ask("join", ["a", "b"]);
      await bob.ask("join", "b");
      t.log("rooms", await t.command("rooms"));
      await t.command("join all", "c");
      await t.command("leave all", "b");
      t.log("rooms", await t.command("rooms"));
      ann.disconnect();
      await t.until(async () => (await t.command<[string[], number]>("rooms"))[1] === 1);
      t.log("rooms", await t.command("rooms"));
    },
  },
  {
    name: "sockets are fetched, moved and disconnected from outside",
    server(io, { command }) {
      join(io);
      io.on("connection", (socket) => {
        socket.data = { name: socket.handshake.query.name };
      });
      command("fetch", async (room: string) =>
        (await io.in(room).fetchSockets())
          .map(({ data, rooms, handshake }: Anything) => [
            data.name,
            sorted(rooms),
            handshake.query.name,
          ])
          .sort(),
      );
      command("move", async () => {
        io.in("a").socketsJoin(["c", "d"]);
        io.in("c").except("b").socketsLeave("d");
        for (const remote of await io.in("b").fetchSockets()) {
          remote.join("remote");
          remote.leave("a");
          remote.emit("from afar", Buffer.from("bytes"));
        }
      });
      command("end", async () => {
        io.in("remote").disconnectSockets();
        const [left] = await io.fetchSockets();
        left.disconnect(true);
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { ...ws, query: { name: "ann" } });
      const bob = await t.connect("bob", { ...ws, query: { name: "bob" } });
      await ann.ask("join", ["a", "b"]);
      await bob.ask("join", "a");
      t.log("in a", await t.command("fetch", "a"));
      await t.command("move");
      await ann.next("from afar");
      for (const room of ["a", "b", "c", "d", "remote"]) {
        t.log(`in ${room}`, await t.command("fetch", room));
      }
      await t.command("end");
      await Promise.all([ann.next("disconnect"), bob.next("disconnect")]);
    },
  },
  {
    name: "a broadcast counts its answers, and lists those that came in time",
    server(io, { command, log }) {
      join(io);
      command("ask", async (room: string) =>
        (await io.to(room).timeout(5000).emitWithAck("question", Buffer.from("?"))).sort(),
      );
      command(
        "ask in vain",
        () =>
          new Promise<void>((resolve) => {
            io.timeout(400).emit("question", (error: Anything, answers: unknown[]) => {
              log("in vain", error, answers.sort(), error?.responses);
              resolve();
            });
          }),
      );
    },
    async client(t) {
      const peers = await Promise.all(["ann", "bob"].map((name) => t.connect(name, ws)));
      for (const peer of peers) {
        peer.on("question", (_bytes, reply?: Anything) => reply?.(peer.name));
        await peer.ask("join", peer.name);
      }
      t.log("ann alone", await t.command("ask", "ann"));
      t.log("nobody", await t.command("ask", "nobody"));
      await t.connect("mute", ws);
      for (const peer of peers) {
        peer.on("question", (reply) => typeof reply === "function" && reply(1));
      }
      await t.command("ask in vain");
    },
  },
  {
    name: "flags and rooms of a broadcast add up, and leave the next one alone",
    server(io, { command }) {
      join(io);
      io.on("connection", (socket) => {
        socket.on("shout", (reply: () => void) => {
          socket.to("a").except(["b"]).emit("heard", 1);
          socket.local.compress(false).to(["a", "b"]).volatile.emit("heard", 2);
          socket.in("c").emit("heard", 3);
          socket.broadcast.except("c").emit("heard", 4, Buffer.from("bytes"));
          reply();
        });
      });
      command("say", () => {
        const base = io.to("a");
        base.to("b").emit("said", 1);
        base.except("b").emit("said", 2);
        io.except(["a", "b"]).except("c").emit("said", 3);
        io.local.emit("end");
      });
    },
    async client(t) {
      const rooms = { a: ["a"], ab: ["a", "b"], c: ["c"], none: [], sender: ["a"] };
      const peers = [];
      for (const [name, wanted] of Object.entries(rooms)) {
        const peer = await t.connect(name, ws);
        await peer.ask("join", wanted);
        peers.push(peer);
      }
      await peers.at(-1)?.ask("shout");
      await t.command("say");
      await Promise.all(peers.map((peer) => peer.next("end")));
    },
  },
  {
    name: "a socket that joins and leaves while it is spoken to gets what was said while it was there",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("go", async (reply: () => void) => {
          io.to("room").emit("said", "before");
          await socket.join("room");
          io.to("room").emit("said", "during");
          io.to("room").emit("said", Buffer.from("bytes"));
          await socket.leave("room");
          io.to("room").emit("said", "after");
          io.to(socket.id).emit("said", "to its own room");
          socket.to(socket.id).emit("said", "not to itself");
          reply();
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", ws);
      await ann.ask("go");
    },
  },
  {
    name: "a namespace of its own has rooms of its own, and a parent speaks to all its children",
    server(io, { command }) {
      const children = io.of(/^\/child-\d$/);
      children.on("connection", (socket: Anything) => socket.join("room"));
      join(io);
      command("say", () => {
        io.to("room").emit("said", "in the main one");
        io.of("/child-1").to("room").emit("said", "in the first child");
        children.to("room").emit("said", "in all children");
        children.emit("end");
        io.emit("end");
      });
    },
    async client(t) {
      const ann = await t.connect("ann", ws);
      await ann.ask("join", "room");
      const first = ann.of("/child-1");
      await first.connected();
      const second = ann.of("/child-2");
      await second.connected();
      await t.command("say");
      await Promise.all([ann.next("end"), first.next("end"), second.next("end")]);
    },
  },
];
