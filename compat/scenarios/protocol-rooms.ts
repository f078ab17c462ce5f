import type { Anything, ClientTools, CompatServer, Log, Scenario } from "../scenario.ts";
import { answerPings, roomsOf, WS } from "./protocol-support.ts";

/** Has clients join the rooms that they name, and answers with the rooms that they are in then. */
function joinOnDemand(io: CompatServer): void {
  io.on("connection", (socket) => {
    socket.on("join", async (rooms: string | string[], reply: (rooms: unknown[]) => void) => {
      await socket.join(rooms);
      reply(roomsOf(socket));
    });
    socket.on("leave", async (room: string, reply: (rooms: unknown[]) => void) => {
      await socket.leave(room);
      reply(roomsOf(socket));
    });
  });
}

/** Clients named as their rooms: "ab" is in a and in b, "none" in no room. */
async function inRooms(t: ClientTools, ...names: string[]) {
  const peers = [];
  for (const name of names) {
    const peer = await t.connect(name, WS);
    await peer.ask("join", name === "none" ? [] : name.split(""));
    peers.push(peer);
  }
  return peers;
}

/** Sends by the server's command `say` and waits until all clients have got the last event. */
function broadcast(name: string, say: (io: CompatServer, socket: Anything) => void): Scenario {
  return {
    name,
    server(io, { command }) {
      const sockets: Anything[] = [];
      io.on("connection", (socket) => sockets.push(socket));
      joinOnDemand(io);
      command("say", () => {
        say(io, sockets[0]);
        io.emit("end");
      });
    },
    async client(t) {
      const peers = await inRooms(t, "a", "b", "ab", "bc", "none");
      await t.command("say");
      await Promise.all(peers.map((peer) => peer.next("end")));
    },
  };
}

/** Writes down what an adapter tells. */
function logAdapter(adapter: Anything, log: Log): void {
  const named = (text: string): string => (text.length > 10 ? "(an id)" : text);
  for (const event of ["create-room", "join-room", "leave-room", "delete-room"]) {
    adapter.on(event, (room: string, id?: string) => {
      log(event, named(room), ...(id === undefined ? [] : [named(id)]));
    });
  }
}

export const roomScenarios: Scenario[] = [
  {
    name: "a socket joins one room, several, the same twice, and leaves them",
    server: joinOnDemand,
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("join", "a");
      await ann.ask("join", ["b", "c"]);
      await ann.ask("join", "a");
      await ann.ask("join", []);
      await ann.ask("leave", "b");
      await ann.ask("leave", "never joined");
      await ann.ask("join", ["", "__proto__", "é日本"]);
    },
  },
  {
    name: "join, leave and rooms take effect at once with the adapter in memory",
    server(io, { log }) {
      io.on("connection", (socket) => {
        const joined = socket.join(["a", "b"]);
        log("joined", joined === undefined, roomsOf(socket), socket.rooms.has("a"));
        const left = socket.leave("a");
        log("left", left === undefined, roomsOf(socket), socket.rooms instanceof Set);
        log("adapter", io.sockets.adapter.rooms.get("b")?.has(socket.id));
        log("adapter", io.sockets.adapter.rooms.has("a"), io.sockets.adapter.sids.size);
      });
    },
    async client(t) {
      await t.connect("ann", WS);
    },
  },
  {
    name: "rooms may be numbers, and are not the texts of the same digits",
    server(io) {
      io.on("connection", (socket) => {
        socket.join(1);
        io.to(1 as Anything).emit("to the number");
        io.to("1").emit("to the text");
        socket.emit("rooms", roomsOf(socket));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.next("rooms");
    },
  },
  {
    name: "the adapter tells of rooms in the order of what happens to them",
    server(io, { log, command }) {
      logAdapter(io.sockets.adapter, log);
      joinOnDemand(io);
      command("size", () => io.sockets.sockets.size);
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("join", ["a", "b"]);
      const bob = await t.connect("bob", WS);
      await bob.ask("join", "a");
      await ann.ask("join", "a");
      await ann.ask("leave", "a");
      await bob.ask("leave", "a");
      await bob.ask("leave", "a");
      ann.disconnect();
      await t.until(async () => (await t.command("size")) === 1);
    },
  },
  {
    name: "the adapter tells of the rooms that a disconnected client was in",
    server(io, { log, command }) {
      joinOnDemand(io);
      command("watch", () => logAdapter(io.sockets.adapter, log));
      command("size", () => io.sockets.sockets.size);
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("join", ["a", "b"]);
      const bob = await t.connect("bob", WS);
      await bob.ask("join", "b");
      await t.command("watch");
      ann.disconnect();
      await t.until(async () => (await t.command("size")) === 1);
    },
  },
  {
    name: "what is sent to the room of a socket's own id reaches that socket alone",
    server(io) {
      answerPings(io);
      io.on("connection", (socket) => {
        socket.on("whisper", (id: string) => {
          io.to(id).emit("whispered", "by the server");
          socket.to(id).emit("whispered", "by another");
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const bob = await t.connect("bob", WS);
      ann.emit("whisper", bob.socket.id);
      await bob.next("whispered");
      await bob.next("whispered");
      ann.emit("whisper", ann.socket.id);
      await ann.next("whispered");
      await ann.ask("ping");
    },
  },
  {
    name: "a socket that has left its own room is not found by its id any more",
    server(io) {
      io.on("connection", (socket) => {
        socket.leave(socket.id);
        io.to(socket.id).emit("must not come");
        io.emit("to all");
        socket.emit("end", roomsOf(socket));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.next("end");
    },
  },
  broadcast("to() and in() with one room, several in a chain, and a list are unions", (io) => {
    io.to("a").emit("to a");
    io.in("b").emit("in b");
    io.to("a").to("b").emit("to a to b");
    io.to(["a", "c"]).emit("to [a, c]");
    io.to("a").in(["b"]).to("c").emit("to a in [b] to c");
    io.to("unknown").emit("to an unknown room");
    io.to([]).emit("to an empty list");
  }),
  broadcast("except() takes rooms away, before and behind to()", (io) => {
    io.except("a").emit("except a");
    io.to("b").except("a").emit("to b except a");
    io.except("c").to("b").emit("except c to b");
    io.except(["a", "c"]).emit("except [a, c]");
    io.except("a").except("b").emit("except a except b");
    io.to("a").except("a").emit("to a except a");
    io.except("unknown").emit("except an unknown room");
  }),
  broadcast("a socket's broadcasts leave the socket itself out", (_io, socket) => {
    socket.broadcast.emit("broadcast");
    socket.to("a").emit("to a");
    socket.broadcast.to("b").emit("broadcast to b");
    socket.to(["a", "b"]).except("c").emit("to [a, b] except c");
    socket.except("b").emit("except b");
    socket.in("a").in("b").emit("in a in b");
    socket.to(socket.id).emit("to itself");
  }),
  broadcast("the flags of a broadcast change nothing of who gets it", (io, socket) => {
    io.volatile.emit("volatile");
    io.compress(false).emit("not compressed");
    io.local.emit("local");
    io.local.to("a").compress(true).emit("local to a");
    io.to("b").local.emit("to b local");
    socket.compress(false).broadcast.emit("not compressed broadcast");
    socket.local.emit("local of a socket");
    socket.broadcast.local.to("b").emit("broadcast local to b");
    io.sockets.to("a").emit("of the namespace");
  }),
  broadcast("a chain of rooms is not changed by what is made of it", (io, socket) => {
    const base = io.to("a");
    base.to("b").emit("to a to b");
    base.except("b").emit("to a except b");
    base.emit("to a");
    base.emit("to a again");
    socket.to("a");
    socket.emit("to the socket only");
    const others = socket.broadcast;
    others.to("b").emit("to others in b");
    others.emit("to all others");
  }),
  broadcast("a broadcast carries every kind of argument, and bytes", (io) => {
    io.emit("values", 1, "two", null, true, [3], { four: [{}] });
    io.to("a").emit("bytes", Buffer.from("abc"), { deep: [new Uint8Array([1, 2])] });
    io.emit("nothing");
    io.to("b").emit("undefined", undefined, { left: undefined }, [undefined]);
    io.send("by send", 1);
    io.write("by write");
    io.to("a").emit("message", "to a");
  }),
  broadcast(
    "what is sent in one go arrives in its order, from whatever it was sent",
    (io, socket) => {
      for (let number = 0; number < 5; number++) {
        io.emit("number", number, "all");
        io.to("a").emit("number", number, "a");
        socket.emit("number", number, "socket");
        io.of("/").emit("number", number, "namespace");
      }
    },
  ),
  {
    name: "a broadcast in one namespace does not reach the room of the same name in another",
    server(io, { command }) {
      for (const name of ["/", "/a"]) {
        io.of(name).on("connection", (socket: Anything) => socket.join("r"));
      }
      command("say", () => {
        io.to("r").emit("in the default one");
        io.of("/a").to("r").emit("in the other");
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const other = ann.of("/a");
      await other.connected();
      await t.command("say");
      await Promise.all([ann.next("in the default one"), other.next("in the other")]);
    },
  },
];
