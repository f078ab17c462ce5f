// What the client of version 4 can do beyond events: retries, timeouts, buffers, several namespaces.

import type { Scenario } from "../scenario.ts";
import { ALL, echo, POLLING, WEBSOCKET } from "./client-support.ts";

const NAMES = ["ann", "bob", "cid"];

export const clientFeatureScenarios: Scenario[] = [
  {
    name: "a client with retries sends again until it is answered",
    server(io) {
      let tries = 0;
      io.on("connection", (socket) => {
        socket.on("order", (id: number, reply: (answer: string) => void) => {
          if (++tries >= 3) {
            reply(`got ${id}`);
          }
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: WEBSOCKET, retries: 5, ackTimeout: 700 });
      await ann.ask("order", 1);
      await ann.ask("order", 2);
    },
  },
  {
    name: "a client with retries gives up in the end, and goes on with the next packet",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("known", (reply: (answer: string) => void) => reply("yes"));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: POLLING, retries: 1, ackTimeout: 700 });
      ann.emit("unknown", (error: Error | null) => ann.log("gave up", error));
      await ann.ask("known");
    },
  },
  {
    name: "a client with an ackTimeout gets an error, or the answer",
    server: echo,
    async client(t) {
      const ann = await t.connect("ann", { transports: WEBSOCKET, ackTimeout: 700 });
      await ann.ask("nobody listens");
      await ann.ask("echo", "answered", Buffer.from("bytes"));
      await ann.askWithin(400, "nobody listens");
    },
  },
  {
    name: "an answer that comes after the timeout is ignored",
    server(io) {
      let late: (answer: string) => void = () => {};
      io.on("connection", (socket) => {
        socket.on("slow", (reply: (answer: string) => void) => {
          late = reply;
        });
        socket.on("now", (reply: () => void) => {
          late("late");
          late("twice");
          reply();
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: WEBSOCKET });
      await ann.askWithin(400, "slow");
      await ann.ask("now");
    },
  },
  {
    name: "the server's timeout of an answer passes, and a late answer changes nothing",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        socket.on("go", () => {
          socket.timeout(300).emit("question", (error: Error | null, ...answer: unknown[]) => {
            logOf(socket, "question", error, ...answer);
            socket.emit("answer now");
          });
        });
        socket.on("then", async () => {
          logOf(socket, "second", await socket.timeout(5000).emitWithAck("quick", 1));
          socket.emit("done");
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: WEBSOCKET });
      ann.on("question", (reply) => ann.on("answer now", () => reply("late")));
      ann.on("quick", (value, reply) => reply(value));
      ann.emit("go");
      await ann.next("answer now");
      ann.emit("then");
      await ann.next("done");
    },
  },
  {
    name: "the auth function of a client is asked at each connection",
    server(io, { logOf }) {
      io.use((socket, next) => {
        const { round } = socket.handshake.auth;
        next(round === 2 ? Object.assign(new Error("not now"), { data: { round } }) : undefined);
      });
      io.on("connection", (socket) => logOf(socket, "auth", socket.handshake.auth));
    },
    async client(t) {
      let round = 0;
      const auth = (send: (auth: unknown) => void): void =>
        send({ round: ++round, b: [null, "é"] });
      const ann = await t.connect("ann", { transports: WEBSOCKET, auth });
      await ann.next("connect");
      for (const outcome of ["connect_error", "connect"]) {
        ann.socket.disconnect();
        ann.socket.connect();
        await ann.next(outcome);
      }
    },
  },
  {
    name: "what a client says offline is kept until it is connected, and volatile is not",
    server: echo,
    async client(t) {
      const ann = t.client("ann", { autoConnect: false });
      ann.emit("kept", 1, Buffer.from("bytes"));
      ann.socket.volatile.emit("lost", 2);
      const answered = ann.ask("echo", "kept too");
      ann.socket.connect();
      await answered;
      ann.socket.volatile.emit("not lost", 3);
      await ann.ask("echo", "end");
    },
  },
  {
    name: "a client keeps what it says between two connections, but not what is volatile",
    server: echo,
    async client(t) {
      const ann = await t.connect("ann", { transports: WEBSOCKET });
      await ann.ask("echo", "before");
      t.cut("ann");
      await ann.next("disconnect");
      ann.emit("kept", { n: 1 });
      ann.socket.volatile.emit("lost");
      const answered = ann.ask("echo", "kept too");
      ann.socket.connect();
      await answered;
    },
  },
  {
    name: "two sockets of one page share a connection unless forceNew is set",
    server(io, { command }) {
      io.of("/chat");
      command("connections", () => io.engine.clientsCount);
    },
    async client(t) {
      const shared = { transports: WEBSOCKET, forceNew: false };
      await t.connect("ann", shared);
      await t.connect("ann", { ...shared, namespace: "/chat" });
      t.log("connections", await t.command("connections"));
      await t.connect("bob", { ...shared, forceNew: true });
      await t.connect("bob", { ...shared, forceNew: true, namespace: "/chat" });
      t.log("connections", await t.command("connections"));
      await t.connect("cid", { ...shared, multiplex: false });
      await t.connect("cid", { ...shared, multiplex: false, namespace: "/chat" });
      t.log("connections", await t.command("connections"));
    },
  },
  {
    name: "many namespaces of one connection keep to themselves",
    server(io) {
      for (const name of ["/a", "/b", "/c"]) {
        io.of(name).use((_socket: unknown, next: () => void) => next());
        echo(io.of(name));
      }
      io.of(/^\/room-\d+$/).on("connection", (socket: { emit: (event: string) => void }) => {
        socket.emit("welcome");
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: WEBSOCKET });
      for (const name of ["/a", "/b", "/c"]) {
        const child = ann.of(name, { auth: { name } });
        await child.connected();
        await child.ask("echo", name, Buffer.from(name));
      }
      await ann.of("/room-12").next("welcome");
      await ann.of("/room-x").next("connect_error");
    },
  },
  ...ALL.map(
    (transports): Scenario => ({
      name: `events of several clients keep their order, client by client (${transports.join(" to ")})`,
      server(io, { command }) {
        command("say", () => {
          for (let n = 0; n < 20; n++) {
            io.emit("n", n, ...(n % 5 === 0 ? [Buffer.from([n])] : []));
          }
          io.emit("end");
        });
        io.on("connection", (socket) => {
          socket.on("last", (reply: (answer: string) => void) => reply("heard"));
        });
      },
      async client(t) {
        const peers = await Promise.all(NAMES.map((name) => t.connect(name, { transports })));
        await t.command("say");
        await Promise.all(peers.map((peer) => peer.next("end")));
        await Promise.all(
          peers.map((peer) => {
            for (let n = 0; n < 20; n++) {
              peer.emit("n", n, ...(n % 5 === 0 ? [Buffer.from([n])] : []));
            }
            return peer.ask("last");
          }),
        );
      },
    }),
  ),
  {
    name: "what the server says in the connection handler comes right behind the connection",
    server(io) {
      io.on("connection", (socket) => {
        socket.emit("first");
        socket.broadcast.emit("joined");
        io.emit("all", Buffer.from("x"));
        socket.timeout(5000).emit("question", () => socket.emit("end"));
      });
    },
    async client(t) {
      const ann = t.client("ann");
      ann.on("question", (reply) => reply());
      await ann.next("end");
      await ann.upgraded();
      const bob = t.client("bob", { transports: WEBSOCKET });
      bob.on("question", (reply) => reply());
      await bob.next("end");
      await ann.next("joined");
    },
  },
];
