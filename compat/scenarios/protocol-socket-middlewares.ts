import type { Scenario } from "../scenario.ts";
import { WS } from "./protocol-support.ts";

type Next = (error?: Error) => void;

export const socketMiddlewareScenarios: Scenario[] = [
  {
    name: "the middlewares of a socket run in their order, before its listeners",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        socket.use((event: unknown[], next: Next) => {
          logOf(socket, "first", event);
          setTimeout(next, 10);
        });
        socket.use((event: unknown[], next: Next) => {
          logOf(socket, "second", event);
          next();
        });
        socket.on("hello", (_value: unknown, reply: () => void) => reply());
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("hello", { value: 1 });
    },
  },
  {
    name: "a middleware of a socket changes the event, its arguments and its name",
    server(io) {
      io.on("connection", (socket) => {
        socket.use((event: unknown[], next: Next) => {
          if (event[0] === "old name") {
            event[0] = "new name";
            event.splice(1, 1, "changed", "added");
          }
          next();
        });
        socket.on("new name", (...args: unknown[]) => {
          const reply = args.pop() as (...values: unknown[]) => void;
          reply(...args);
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("old name", "given", "kept");
    },
  },
  {
    name: "a middleware of a socket that does not call next swallows the event",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        socket.use(([name]: unknown[], next: Next) => {
          if (name !== "swallowed") {
            next();
          }
        });
        socket.on("swallowed", () => logOf(socket, "must not be heard"));
        socket.on("heard", (reply: () => void) => reply());
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      ann.emit("swallowed");
      await ann.ask("heard");
    },
  },
  {
    name: "the error of a socket's middleware is an event of the server only",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        socket.use((_event: unknown[], next: Next) =>
          next(Object.assign(new Error("no"), { data: { code: 1 } })),
        );
        socket.use((_event: unknown[], _next: Next) => logOf(socket, "must not run"));
        socket.on("error", (error: Error) => {
          logOf(socket, "error", error);
          socket.emit("still here", socket.connected);
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      ann.emit("anything");
      await ann.next("still here");
      await ann.askWithin(100, "with an answer");
    },
  },
  {
    name: "an error of a socket's middleware that nobody listens for ends nothing",
    server(io) {
      io.on("connection", (socket) => {
        socket.use(([name]: unknown[], next: Next) =>
          next(name === "bad" ? new Error("no") : undefined),
        );
        socket.on("good", (reply: () => void) => reply());
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      ann.emit("bad");
      await ann.ask("good");
    },
  },
  {
    name: "a middleware may answer instead of the listener",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        socket.use((event: unknown[], next: Next) => {
          const reply = event.at(-1);
          if (typeof reply === "function") {
            reply("from the middleware");
          } else {
            next();
          }
        });
        socket.on("hello", () => logOf(socket, "must not be heard"));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("hello");
    },
  },
  {
    name: "a middleware that a listener adds holds from the next event on",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        socket.on("add", (reply: () => void) => {
          socket.use((event: unknown[], next: Next) => {
            logOf(socket, "seen", event[0]);
            next();
          });
          reply();
        });
        socket.on("later", (reply: () => void) => reply());
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("add");
      await ann.ask("later");
    },
  },
  {
    name: "an event named error from a client is an event as any other",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        socket.on("error", (...args: unknown[]) => {
          logOf(socket, "error", ...args.slice(0, -1));
          (args.at(-1) as (answer: string) => void)("taken");
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("error", { from: "the client" });
    },
  },
  {
    name: "an event named error from the server is an event of the client",
    server(io) {
      io.on("connection", (socket) => socket.emit("error", "from the server", 1));
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.next("error");
    },
  },
];
