import type { Anything, Scenario } from "../scenario.ts";
import { answerPings, roomsOf, WS } from "./protocol-support.ts";

type Next = (error?: Anything) => void;

export const middlewareScenarios: Scenario[] = [
  ...(
    [
      ["an error without data", () => new Error("no")],
      ["an error without a message", () => Object.assign(new Error(), { data: 0 })],
      [
        "an error with nested data",
        () => Object.assign(new Error("é€😀"), { data: { a: [{ b: null }] } }),
      ],
      ["data that is null", () => Object.assign(new Error("no"), { data: null })],
      ["an error with a list as data", () => Object.assign(new Error("no"), { data: [1, "two"] })],
      ["a text instead of an error", () => "just a text"],
      ["a plain object instead of an error", () => ({ message: "plain", data: [1], other: true })],
      [
        "an error of a class of its own",
        () => Object.assign(new TypeError("typed"), { code: "E_X" }),
      ],
      ["a number instead of an error", () => 42],
    ] as [string, () => unknown][]
  ).map(
    ([name, make]): Scenario => ({
      name: `a middleware refuses a client with ${name}`,
      server(io) {
        io.use((_socket, next: Next) => next(make()));
      },
      async client(t) {
        const ann = t.client("ann", WS);
        const [error] = await ann.next("connect_error");
        ann.log("message and data", error.message, error.data);
      },
    }),
  ),
  {
    name: "a middleware lets a client in with anything that is not true",
    server(io) {
      for (const value of [undefined, null, false, 0, ""]) {
        io.use((_socket, next: Next) => next(value));
      }
    },
    async client(t) {
      await t.connect("ann", WS);
    },
  },
  {
    name: "middlewares run in their order, each when the one before has called next",
    server(io, { log }) {
      io.use((_socket, next) => {
        log("first");
        setTimeout(next, 10);
      });
      io.use(async (_socket, next) => {
        log("second");
        await Promise.resolve();
        next();
        log("second, behind next");
      });
      io.use((socket, next) => {
        log("third", socket.connected, socket.rooms.size);
        socket.data.seen = true;
        setTimeout(next, 10);
      });
      io.on("connection", (socket) => log("connection", socket.data, roomsOf(socket)));
    },
    async client(t) {
      await t.connect("ann", WS);
    },
  },
  {
    name: "the middlewares behind one that refuses do not run",
    server(io, { log }) {
      io.use((_socket, next) => {
        log("first");
        next(new Error("refused"));
      });
      io.use((_socket, next) => {
        log("must not run");
        next();
      });
    },
    async client(t) {
      await t.client("ann", WS).next("connect_error");
    },
  },
  {
    name: "each namespace has its own middlewares",
    server(io, { log }) {
      for (const name of ["/", "/a"]) {
        io.of(name).use((socket: Anything, next: Next) => {
          log(`of ${name}`, socket.nsp.name, socket.handshake.auth);
          next();
        });
      }
    },
    async client(t) {
      const ann = await t.connect("ann", { ...WS, auth: { main: 1 } });
      await ann.of("/a", { auth: { other: 2 } }).connected();
    },
  },
  {
    name: "a middleware added later holds for those who come later",
    server(io, { command }) {
      answerPings(io);
      command("add", () => {
        io.use((_socket, next) => next(new Error("closed now")));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await t.command("add");
      await t.client("bob", WS).next("connect_error");
      await ann.ask("ping");
    },
  },
  {
    name: "a client refused in one namespace tries again and gets in",
    server(io) {
      let tries = 0;
      io.use((_socket, next) => next(++tries < 3 ? new Error(`try ${tries}`) : undefined));
      answerPings(io);
    },
    async client(t) {
      const ann = t.client("ann", WS);
      for (let tries = 1; tries < 3; tries++) {
        await ann.next("connect_error");
        ann.log("connected, active", ann.socket.connected, ann.socket.active);
        ann.socket.connect();
      }
      await ann.next("connect");
      await ann.ask("ping");
    },
  },
  {
    name: "a client that joins a room in a middleware and is refused is in no room",
    server(io, { command }) {
      io.use((socket, next) => {
        socket.join("early");
        next(socket.handshake.auth.good ? undefined : new Error("no"));
      });
      io.on("connection", (socket) => socket.emit("rooms", roomsOf(socket)));
      command("rooms", () => [io.sockets.adapter.rooms.size, io.sockets.adapter.sids.size]);
    },
    async client(t) {
      const ann = t.client("ann", WS);
      await ann.next("connect_error");
      t.log("rooms", await t.command("rooms"));
      const bob = await t.connect("bob", { ...WS, auth: { good: true } });
      await bob.next("rooms");
    },
  },
  {
    name: "a client that leaves while a middleware decides never connects",
    server(io, { log, command }) {
      let decide: () => void = () => {};
      const asked = new Promise<void>((resolve) => {
        io.use((_socket, next) => {
          decide = next;
          resolve();
        });
      });
      io.on("connection", () => log("must not connect"));
      command("asked", () => asked);
      command("gone", () => io.engine.clientsCount === 0);
      command("decide", () => {
        decide();
        return io.sockets.sockets.size;
      });
    },
    async client(t) {
      const ann = t.client("ann", WS);
      await t.command("asked");
      ann.socket.io.engine.close();
      await t.until(() => t.command<boolean>("gone"));
      t.log("sockets", await t.command("decide"));
    },
    not: { "bun-engine": "its engine counts no clients" },
  },
  ...(
    [
      ["none", {}],
      ["an object", { auth: { token: "é", deep: { list: [1, null, true] } } }],
      [
        "a function's",
        { auth: (done: (value: unknown) => void) => setTimeout(done, 5, { late: 1 }) },
      ],
      ["an empty object", { auth: {} }],
      ["a prototype's name", { auth: JSON.parse('{"__proto__":{"x":1},"constructor":2}') }],
    ] as [string, object][]
  ).map(
    ([name, options]): Scenario => ({
      name: `the auth payload reaches the handshake: ${name}`,
      server(io) {
        io.on("connection", (socket) => {
          const { auth } = socket.handshake;
          socket.emit("auth", auth, Object.keys(auth), auth.x);
        });
      },
      async client(t) {
        await t.client("ann", { ...WS, ...options }).next("auth");
      },
    }),
  ),
];
