import type { Anything, Scenario } from "../scenario.ts";
import { WS } from "./protocol-support.ts";

type Reply = (...answer: unknown[]) => void;

const RESERVED = [
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
];

const UNUSUAL = [
  "",
  " ",
  "é日本😀",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "error",
  "message",
  "connection",
  "reconnect",
  "open",
  '"quoted"\\',
  "line\nbreak",
  "\u2028",
  "0",
];

/** The message of what it throws. */
function thrown(run: () => unknown): string {
  try {
    run();
    return "nothing";
  } catch (error) {
    return error instanceof Error ? error.message : "no error";
  }
}

export const eventScenarios: Scenario[] = [
  {
    name: "the names that are reserved are refused wherever the server sends",
    server(io, { log }) {
      io.on("connection", (socket) => {
        for (const name of RESERVED) {
          log(
            "socket",
            thrown(() => socket.emit(name)),
          );
          log(
            "server",
            thrown(() => io.emit(name)),
          );
          log(
            "room",
            thrown(() => io.to("a").emit(name)),
          );
        }
        socket.emit("end");
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.next("end");
      for (const name of RESERVED) {
        ann.log(
          name,
          thrown(() => ann.socket.emit(name)),
        );
      }
    },
  },
  {
    name: "events may have unusual names, both ways",
    server(io) {
      io.on("connection", (socket) => {
        for (const name of UNUSUAL) {
          socket.on(name, (value: unknown, reply: Reply) => {
            if (typeof reply === "function") {
              socket.emit(name, "back", value);
              reply(name);
            }
          });
        }
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      for (const name of UNUSUAL) {
        await ann.ask(name, 1);
      }
    },
  },
  {
    name: "catch-all listeners hear what comes in, in their order, before the listeners",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        const removed = (): void => logOf(socket, "must not be heard");
        socket.onAny((name: string, ...args: unknown[]) => logOf(socket, "any 1", name, ...args));
        socket.prependAny((name: string) => logOf(socket, "any 0", name));
        socket.onAny(removed);
        socket.offAny(removed);
        logOf(socket, "count", socket.listenersAny().length >= 2);
        socket.on("hello", (_value: unknown, reply: Reply) => {
          logOf(socket, "listener");
          reply();
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("hello", { value: Buffer.from("x") });
      ann.emit("nobody listens", 1);
      await ann.ask("hello", 2);
    },
  },
  {
    name: "catch-all listeners of what goes out hear events and broadcasts, and no acknowledgements",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        socket.onAnyOutgoing((name: string, ...args: unknown[]) =>
          logOf(socket, "out 1", name, ...args),
        );
        socket.prependAnyOutgoing((name: string) => logOf(socket, "out 0", name));
        socket.on("hello", (reply: Reply) => {
          socket.emit("one", 1);
          socket.emit("asking", () => {});
          io.emit("all", Buffer.from("x"));
          socket.broadcast.emit("others");
          reply("answer");
        });
        socket.on("off", (reply: Reply) => {
          socket.offAnyOutgoing();
          socket.emit("unheard");
          reply(socket.listenersAnyOutgoing().length);
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("hello");
      await ann.ask("off");
    },
  },
  {
    name: "listeners are added once, in front, and removed, as those of any emitter",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        const second = (): void => logOf(socket, "second");
        socket.on("go", (reply: Reply) => {
          logOf(socket, "first");
          reply();
        });
        socket.on("go", second);
        socket.once("go", () => logOf(socket, "once"));
        socket.prependListener("go", () => logOf(socket, "in front"));
        socket.prependOnceListener("go", () => logOf(socket, "in front, once"));
        socket.on("remove", (reply: Reply) => {
          socket.off("go", second);
          reply(socket.listenerCount("go"), socket.listeners("go").length);
        });
        socket.on("remove all", (reply: Reply) => {
          socket.removeAllListeners("go");
          reply(socket.listenerCount("go"), socket.eventNames().includes("go"));
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("go");
      await ann.ask("remove");
      await ann.ask("go");
      await ann.ask("remove all");
      ann.emit("go");
      await ann.ask("remove");
    },
  },
  {
    name: "send and write are the event message, of a socket and of the server",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("message", (...args: unknown[]) => {
          socket.send("by send", ...args);
          socket.write("by write");
          io.send("by send of the server");
          io.of("/").write("by write of the namespace");
          socket.emit("end");
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      ann.socket.send("hello", { to: "you" }, Buffer.from("x"));
      await ann.next("end");
    },
  },
  {
    name: "many events of both sides arrive in their order, each once",
    server(io, { log }) {
      io.on("connection", (socket) => {
        const numbers: number[] = [];
        socket.on("number", (number: number) => numbers.push(number));
        socket.on("all sent", (reply: Reply) => {
          for (let number = 0; number < 300; number++) {
            socket.emit("number", number);
          }
          log(
            "in order",
            numbers.length,
            numbers.every((number, index) => number === index),
          );
          reply();
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      for (let number = 0; number < 300; number++) {
        ann.emit("number", number);
      }
      await ann.ask("all sent");
    },
  },
  {
    name: "a large event does not overtake, and is not overtaken",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("go", () => {
          socket.emit("small", 1);
          socket.emit("large", "x".repeat(100_000));
          socket.emit("small", 2);
          socket.emit("large", Buffer.alloc(80_000, "y"));
          socket.emit("end");
        });
      });
    },
    async client(t) {
      for (const transport of ["websocket", "polling"] as const) {
        const ann = await t.connect(transport, { transports: [transport] });
        ann.emit("small", 1);
        ann.emit("large", "x".repeat(100_000));
        ann.emit("small", 2);
        ann.emit("large", Buffer.alloc(80_000, "y"));
        ann.emit("go");
        await ann.next("end");
      }
    },
  },
  {
    name: "what a client sends before it is connected arrives when it is, without what is volatile",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("end", () => socket.emit("end"));
      });
    },
    async client(t) {
      const ann = t.client("ann", WS);
      ann.emit("early", 1);
      ann.socket.volatile.emit("lost");
      ann.emit("early", Buffer.from("two"));
      ann.emit("end");
      await ann.next("end");
    },
  },
  {
    name: "what the server sends in its connection listener comes behind the connection",
    server(io) {
      io.on("connection", (socket) => {
        socket.emit("first", socket.connected);
        socket.join("r");
        io.to("r").emit("second");
        socket.compress(false).emit("third");
      });
    },
    async client(t) {
      const ann = t.client("ann", { transports: ["polling"] });
      await ann.next("third");
    },
  },
  {
    name: "emit tells that it has sent, whatever it was called on",
    server(io, { log }) {
      io.on("connection", (socket: Anything) => {
        log("emit", socket.emit("a"), socket.volatile.emit("b"), socket.broadcast.emit("c"));
        log("server", io.emit("d"), io.to("x").emit("e"));
        log("send", socket.send("f") === socket, io.send("g") === io);
        socket.emit("end");
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.next("end");
    },
  },
];
