import type { Anything, Scenario } from "../scenario.ts";
import { answerPings, WS } from "./protocol-support.ts";

export const namespaceScenarios: Scenario[] = [
  {
    name: "several namespaces over one connection keep their events apart",
    server(io, { command }) {
      for (const name of ["/", "/a", "/b"]) {
        answerPings(io.of(name));
      }
      command("say", () => {
        for (const name of ["/b", "/a", "/"]) {
          io.of(name).emit("said in", name);
        }
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("ping");
      const peers = [ann];
      for (const name of ["/a", "/b"]) {
        const peer = ann.of(name);
        peers.push(peer);
        await peer.connected();
        await peer.ask("ping");
      }
      await t.command("say");
      await Promise.all(peers.map((peer) => peer.next("said in")));
    },
  },
  {
    name: "an unknown namespace does not hurt the others of the connection",
    server: answerPings,
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.of("/nowhere").next("connect_error");
      await ann.ask("ping");
    },
  },
  {
    name: "a namespace created later is found from then on",
    server(io, { command }) {
      command("create", () => answerPings(io.of("/late")));
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const late = ann.of("/late");
      await late.next("connect_error");
      await t.command("create");
      late.socket.connect();
      await late.next("connect");
      await late.ask("ping");
    },
  },
  {
    name: "a query behind the name of a namespace is part of the name",
    server(io) {
      answerPings(io.of("/a"));
      answerPings(io.of("/b?x=1"));
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.of("/a?x=1").next("connect_error");
      const other = ann.of("/b?x=1");
      await other.connected();
      await other.ask("ping");
    },
  },
  {
    name: "a namespace may have a name of any script, of signs and of some length",
    server(io) {
      for (const name of ["/é日本", "/a b", "/1-2", "/deep/er/", "/[x]", `/${"n".repeat(200)}`]) {
        answerPings(io.of(name));
      }
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      for (const name of ["/é日本", "/a b", "/1-2", "/deep/er/", "/[x]", `/${"n".repeat(200)}`]) {
        const other = ann.of(name);
        await other.connected();
        await other.ask("ping");
      }
    },
  },
  {
    name: "names of namespaces are taken as they are: case and a slash at the end count",
    server(io, { log }) {
      answerPings(io.of("/a"));
      log("same", io.of("a") === io.of("/a"), io.of("/") === io.sockets, io.of("") === io.of("/"));
      log("names", [...io._nsps.keys()].sort());
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      for (const name of ["/A", "/a/", "//a", "/a#x"]) {
        await ann.of(name).next("connect_error");
      }
    },
  },
  {
    name: "a client of another namespace only is not one of the default namespace",
    server(io, { command }) {
      answerPings(io.of("/a"));
      command("sizes", () => [io.sockets.sockets.size, io.of("/a").sockets.size]);
    },
    async client(t) {
      const ann = await t.connect("ann", { ...WS, namespace: "/a" });
      await ann.ask("ping");
      t.log("sizes", await t.command("sizes"));
    },
  },
  {
    name: "the ids of one client in two namespaces are different",
    server(io) {
      for (const namespace of [io.of("/"), io.of("/a")]) {
        namespace.on("connection", (socket: Anything) => {
          socket.on("ids", (reply: (...answer: unknown[]) => void) =>
            reply(socket.id === socket.conn.id, socket.id.length, socket.conn.id.length),
          );
        });
      }
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const other = ann.of("/a");
      await other.connected();
      await ann.ask("ids");
      await other.ask("ids");
      t.log("different", ann.socket.id !== other.socket.id);
    },
  },
  {
    name: "the server disconnects a client from one namespace, and the others stay",
    server(io) {
      answerPings(io);
      io.of("/a").on("connection", (socket: Anything) => {
        socket.on("go", () => socket.disconnect());
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const other = ann.of("/a");
      await other.next("connect");
      other.emit("go");
      await other.next("disconnect");
      await ann.ask("ping");
      other.socket.connect();
      await other.next("connect");
    },
  },
  {
    name: "the server disconnects a client with its connection, and all namespaces hear of it",
    server(io) {
      answerPings(io);
      io.of("/a").on("connection", (socket: Anything) => {
        socket.on("go", () => socket.disconnect(true));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const other = ann.of("/a");
      await other.connected();
      other.emit("go");
      await Promise.all([other.next("disconnect"), ann.next("disconnect")]);
    },
  },
  {
    name: "a client leaves a namespace and comes back as another socket, without its rooms",
    server(io, { command }) {
      command("size", () => io.of("/a").sockets.size);
      io.of("/a").on("connection", (socket: Anything) => {
        socket.on("join", (reply: (rooms: number) => void) => {
          socket.join("r");
          reply(socket.rooms.size);
        });
        socket.on("rooms", (reply: (rooms: number) => void) => reply(socket.rooms.size));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const other = ann.of("/a");
      await other.next("connect");
      await other.ask("join");
      other.disconnect();
      await t.until(async () => (await t.command("size")) === 0);
      other.socket.connect();
      await other.next("connect");
      await other.ask("rooms");
    },
  },
  {
    name: "new_namespace tells of each namespace once, also of the children of a dynamic one",
    server(io, { log }) {
      io.on("new_namespace", (namespace) => log("new", namespace.name));
      io.of("/a");
      io.of("/a");
      io.of(/^\/d\d$/);
      io.of("/d1");
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.of("/d2").next("connect");
      await ann.of("/d1").next("connect");
    },
  },
  {
    name: "connect and connection are two names of one event, in the order of the listeners",
    server(io, { logOf }) {
      io.of("/a", (socket: Anything) => logOf(socket, "connection, of()"));
      io.of("/a").on("connect", (socket: Anything) => logOf(socket, "connect"));
      io.of("/a").on("connection", (socket: Anything) => logOf(socket, "connection"));
      io.on("connect", (socket) => logOf(socket, "connect of the server"));
      io.sockets.on("connection", (socket: Anything) => {
        logOf(socket, "connection of the namespace", socket.connected, socket.disconnected);
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.of("/a").connected();
    },
  },
];
