import type { Anything, Scenario } from "../scenario.ts";
import { answerPings, WS } from "./protocol-support.ts";

type Next = (error: Error | null, allow?: boolean) => void;

export const dynamicNamespaceScenarios: Scenario[] = [
  {
    name: "a namespace by a pattern makes a child for each name that matches",
    server(io, { command }) {
      answerPings(io.of(/^\/d-\d+$/));
      command("names", () => [...io._nsps.keys()].sort());
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      for (const name of ["/d-1", "/d-22"]) {
        const child = ann.of(name);
        await child.connected();
        await child.ask("ping");
      }
      await ann.of("/d-x").next("connect_error");
      t.log("names", await t.command("names"));
    },
  },
  {
    name: "a namespace by a function gets the name and the auth payload, and allows or refuses",
    server(io, { log }) {
      const parent = io.of((name: string, auth: Anything, next: Next) => {
        log("asked", name, auth);
        next(auth.token === "broken" ? new Error("a secret") : null, auth.token === "good");
      });
      answerPings(parent);
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const good = ann.of("/good", { auth: { token: "good" } });
      await good.connected();
      await good.ask("ping");
      await ann.of("/bad", { auth: { token: "bad" } }).next("connect_error");
      await ann.of("/broken", { auth: { token: "broken" } }).next("connect_error");
      await ann.of("/none").next("connect_error");
    },
  },
  {
    name: "a function that takes its time decides on a dynamic namespace",
    server(io) {
      answerPings(
        io.of((_name: string, _auth: Anything, next: Next) => setTimeout(next, 20, null, true)),
      );
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const child = ann.of("/slow");
      await child.connected();
      await child.ask("ping");
    },
  },
  {
    name: "a dynamic namespace that refuses passes the question on to the next one",
    server(io, { log }) {
      io.of((name: string, _auth: Anything, next: Next) => {
        log("first", name);
        next(null, name.includes("one"));
      }).on("connection", (socket: Anything) => socket.emit("in", "first"));
      io.of(/two/).on("connection", (socket: Anything) => socket.emit("in", "second"));
      io.of(/./).on("connection", (socket: Anything) => socket.emit("in", "third"));
    },
    async client(t) {
      const ann = t.client("ann", { ...WS, namespace: "/one-two" });
      await ann.next("in");
      for (const name of ["/two", "/three"]) {
        await ann.of(name).next("in");
      }
    },
  },
  {
    name: "a namespace that exists goes before a pattern that matches its name",
    server(io) {
      io.of(/./).on("connection", (socket: Anything) => socket.emit("in", "dynamic"));
      io.of("/before").on("connection", (socket: Anything) =>
        socket.emit("in", "listener of its own"),
      );
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const child = ann.of("/before");
      await child.next("in");
    },
  },
  {
    name: "the middlewares of a dynamic namespace are those of its children, also of one created by name",
    server(io) {
      const parent = io.of(/^\/d/);
      parent.use((socket: Anything, next: (error?: Error) => void) => {
        next(socket.nsp.name === "/d2" ? new Error("not in 2") : undefined);
      });
      answerPings(parent);
      io.of("/d3");
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.of("/d1").next("connect");
      await ann.of("/d2").next("connect_error");
      const third = ann.of("/d3");
      await third.connected();
      await third.ask("ping");
    },
  },
  {
    name: "an event sent to a dynamic namespace reaches the clients of all its children",
    server(io, { command }) {
      const parent = io.of(/^\/d/);
      parent.on("connection", (socket: Anything) => socket.join(`room of ${socket.nsp.name}`));
      command("say", () => {
        parent.emit("to all");
        parent.to("room of /d1").emit("to the room");
        parent.except("room of /d1").emit("to the others");
        parent.emit("end");
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const children = [ann.of("/d1"), ann.of("/d2")];
      for (const child of children) {
        await child.connected();
      }
      await t.command("say");
      await Promise.all(children.map((child) => child.next("end")));
    },
  },
  {
    name: "children keep apart what is sent in one of them",
    server(io) {
      io.of(/^\/d/).on("connection", (socket: Anything) => {
        socket.on("say", (reply: () => void) => {
          socket.nsp.emit("said in", socket.nsp.name);
          reply();
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const children = [ann.of("/d1"), ann.of("/d2")];
      for (const child of children) {
        await child.connected();
      }
      for (const child of children) {
        await child.ask("say");
      }
    },
  },
  {
    name: "an empty child namespace is kept without the option",
    server(io, { command }) {
      answerPings(io.of(/^\/d/));
      command("has", () => io._nsps.has("/d1"));
      command("size", () => io._nsps.get("/d1").sockets.size);
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const child = ann.of("/d1");
      await child.connected();
      child.disconnect();
      await t.until(async () => (await t.command("size")) === 0);
      t.log("has", await t.command("has"));
    },
  },
  {
    name: "an empty child namespace is removed with the option, and made anew when wanted",
    options: { cleanupEmptyChildNamespaces: true },
    server(io, { command }) {
      io.on("new_namespace", (namespace) => namespace.on("connection", () => {}));
      answerPings(io.of(/^\/d/));
      io.of("/static");
      command("names", () => [...io._nsps.keys()].sort());
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const child = ann.of("/d1");
      await child.connected();
      const other = ann.of("/static");
      await other.connected();
      t.log("names", await t.command("names"));
      child.disconnect();
      other.disconnect();
      await t.until(async () => !(await t.command<string[]>("names")).includes("/d1"));
      t.log("names", await t.command("names"));
      child.socket.connect();
      await child.next("connect");
      await child.next("connect");
      await child.ask("ping");
    },
  },
  {
    name: "a dynamic namespace as such has no sockets to fetch",
    server(io, { command }) {
      const parent = io.of(/^\/d/);
      command("fetch", () => {
        try {
          return parent.fetchSockets().then(
            () => "sockets",
            () => "an error",
          );
        } catch {
          return "an error"; // the reference throws at once
        }
      });
      command("child", async () => (await io.of("/d1").fetchSockets()).length);
    },
    async client(t) {
      await t.connect("ann", { ...WS, namespace: "/d1" });
      t.log("parent", await t.command("fetch"));
      t.log("child", await t.command("child"));
    },
  },
];
