// Listeners: of the user's events, of the classes' own, and with no map given.
import type { DisconnectReason, Event, Namespace, Server, Socket } from "socket.io";
import { type Equal, expectType } from "../expect.ts";
import {
  type Aliased,
  type ClientToServer,
  type Data,
  type Loose,
  type ServerToClient,
  type ServerToServer,
  SYMBOL,
  type Symbols,
} from "./maps.ts";

type IO = Server<ClientToServer, ServerToClient, ServerToServer, Data>;
type TypedSocket = Socket<ClientToServer, ServerToClient, ServerToServer, Data>;

export function ofServer(io: IO): void {
  io.on("connection", (socket) => expectType<Equal<typeof socket, TypedSocket>>());
  io.on("connect", (socket) => expectType<Equal<typeof socket, TypedSocket>>());
  io.once("connection", async (socket) => expectType<Equal<typeof socket, TypedSocket>>());
  io.on("new_namespace", (namespace) =>
    expectType<
      Equal<typeof namespace, Namespace<ClientToServer, ServerToClient, ServerToServer, Data>>
    >(),
  );
  io.on("sync", (n) => expectType<Equal<typeof n, number>>());
  io.on("count", (reply) => {
    reply(1);
    // @ts-expect-error it takes a number
    reply("1");
  });
  // @ts-expect-error there is no such event between servers
  io.on("hello", () => {});
  // @ts-expect-error sockets hear of this, the server does not
  io.on("disconnect", () => {});
  // @ts-expect-error it is a number
  io.on("sync", (n: string) => n);
  // @ts-expect-error a socket is no string
  io.on("connection", (socket: string) => socket);
  io.on("connection", () => {})
    .once("sync", () => {})
    .on("connect", () => {});
  io.off("connection", () => {});
  io.addListener("whatever", () => {});
  io.removeListener("sync", () => {});
  io.removeAllListeners("connection");
  io.prependListener("connection", () => {});
  io.removeAllListeners().listenerCount("sync");
  io.eventNames();
  io.setMaxListeners(1);
}

export function ofNamespace(
  namespace: Namespace<ClientToServer, ServerToClient, ServerToServer, Data>,
): void {
  namespace.on("connection", (socket) => expectType<Equal<typeof socket, TypedSocket>>());
  namespace.on("sync", (n) => expectType<Equal<typeof n, number>>());
  // @ts-expect-error the server tells of those, a namespace does not
  namespace.on("new_namespace", () => {});
  const listeners = namespace.listeners("sync");
  expectType<Equal<typeof listeners, ((n: number) => void)[]>>();
  const connecting = namespace.listeners("connection");
  expectType<Equal<typeof connecting, ((socket: TypedSocket) => void)[]>>();
}

export function ofSocket(socket: TypedSocket): void {
  socket.on("noArg", () => {});
  socket.on("basic", (n, text) => {
    expectType<Equal<typeof n, number>>();
    expectType<Equal<typeof text, string>>();
  });
  socket.on("basic", (n) => n.toFixed());
  socket.on("optional", (n, text) => {
    expectType<Equal<typeof n, number>>();
    expectType<Equal<typeof text, string | undefined>>();
  });
  socket.on("rest", (...words) => expectType<Equal<typeof words, string[]>>());
  socket.on("rest", (first) => expectType<Equal<typeof first, string>>());
  socket.on("tuple", (first, second) => {
    expectType<Equal<typeof first, number>>();
    expectType<Equal<typeof second, string>>();
  });
  socket.on("tuple", (...args) =>
    expectType<Equal<typeof args, [first: number, second: string]>>(),
  );
  socket.on("union", (value) => expectType<Equal<typeof value, string | number>>());
  socket.on("union", (value: string | number | boolean) => value);
  socket.on("withAck", (n, reply) => {
    reply(n);
    // @ts-expect-error it takes a number
    reply("text");
    // @ts-expect-error it takes something
    reply();
  });
  socket.on("onlyAck", (reply) => expectType<Equal<typeof reply, (text: string) => void>>());
  socket.on("emptyAck", (reply) => reply());
  socket.on("errorAck", (reply) => reply(new Error(), 1));
  socket.on("basic", async (n) => {
    await n;
  });
  // A listener may return what it likes.
  socket.on("basic", (n) => n);
  // @ts-expect-error the client sends no such event
  socket.on("unknown", () => {});
  // @ts-expect-error this is an event to the client, not from it
  socket.on("hello", () => {});
  // @ts-expect-error the listener wants more than there is
  socket.on("noArg", (n: number) => n);
  // @ts-expect-error the first argument is a number
  socket.on("basic", (n: string) => n);
  // @ts-expect-error a part of the union is left out
  socket.on("union", (value: string) => value);
  // @ts-expect-error it may be missing
  socket.on("optional", (_n: number, text: string) => text);
  // @ts-expect-error the server tells of those, a socket does not
  socket.on("connection", () => {});
  // @ts-expect-error no listener
  socket.on("noArg");
  // @ts-expect-error a listener is a function
  socket.on("noArg", "listener");

  socket.on("disconnect", (reason, description) => {
    expectType<Equal<typeof reason, DisconnectReason>>();
    expectType<Equal<typeof description, any>>();
  });
  socket.once("disconnecting", (reason) => {
    expectType<Equal<typeof reason, DisconnectReason>>();
    // @ts-expect-error there is no such reason
    return reason === "bored";
  });
  socket.on("disconnect", (reason: string) => reason);
  // @ts-expect-error the listener takes fewer reasons than there are
  socket.on("disconnect", (reason: "ping timeout") => reason);
  socket.on("error", (error) => expectType<Equal<typeof error, Error>>());
  socket.on("error", (error: unknown) => error);

  const listeners = socket.listeners("withAck");
  expectType<Equal<typeof listeners, ((n: number, reply: (sum: number) => void) => void)[]>>();
  const own = socket.listeners("error");
  expectType<Equal<typeof own, ((err: Error) => void)[]>>();
  // @ts-expect-error there is no such event
  socket.listeners("unknown");

  socket.onAny((event, ...args) => {
    expectType<Equal<typeof event, any>>();
    expectType<Equal<typeof args, any[]>>();
  });
  socket.onAny((event: string, n: number) => [event, n]);
  socket.prependAny(() => {}).onAny(async () => {});
  socket.offAny().offAny(() => {});
  expectType<Equal<ReturnType<typeof socket.listenersAny>, ((...args: any[]) => void)[]>>();
  socket.onAnyOutgoing((event, ...args) => [event, args]);
  socket.prependAnyOutgoing((event: string) => event);
  socket.offAnyOutgoing().offAnyOutgoing(() => {});
  expectType<Equal<ReturnType<typeof socket.listenersAnyOutgoing>, ((...args: any[]) => void)[]>>();
  // @ts-expect-error a listener is a function
  socket.onAny("listener");
  socket.use((event, next) => {
    expectType<Equal<typeof event, Event>>();
    next();
  });
  socket.off("noArg", () => {});
  socket.addListener("whatever", (...args) => args);
  socket.removeAllListeners("noArg");
  socket.prependOnceListener("whatever", () => {});
}

export function ofOtherMaps(symbols: Socket<Symbols>, aliased: Socket<Aliased>): void {
  symbols.on(SYMBOL, (n) => expectType<Equal<typeof n, number>>());
  symbols.on("named", (text) => expectType<Equal<typeof text, string>>());
  // @ts-expect-error another symbol
  symbols.on(Symbol.iterator, () => {});
  aliased.on("a b", (n) => expectType<Equal<typeof n, number>>());
  aliased.on("fn", (n) => expectType<Equal<typeof n, number>>());
  // @ts-expect-error the listener wants another type
  aliased.on("fn", (n: string) => n);
  // @ts-expect-error there is no such event
  aliased.on("b", () => {});
}

export function ofNoMap(io: Server, socket: Socket): void {
  io.on("connection", (each) => expectType<Equal<typeof each, Socket>>());
  io.on("connection", (each: Socket) => each.id);
  io.on("whatever", (a, b) => [a.b.c, b]);
  socket.on("whatever", (a, b: number, c: { d: string }) => [a.b.c, b, c.d]);
  socket.on("whatever", async (...args) => {
    expectType<Equal<typeof args, any[]>>();
    args.at(-1)("reply");
  });
  socket.on("disconnect", (reason) => expectType<Equal<typeof reason, DisconnectReason>>());
  socket.on("message", (data: Buffer, reply?: (text: string) => void) => reply?.(`${data}`));
  // @ts-expect-error a listener is a function
  socket.on("whatever", 1);
  // @ts-expect-error a name is no number
  socket.on(1, () => {});
  const listeners = socket.listeners("whatever");
  expectType<Equal<typeof listeners, ((...args: any[]) => void)[]>>();
}

export function ofLooseMap(socket: Socket<Loose>): void {
  socket.on("loose", (a: number, b: string) => [a, b]);
  socket.on("args", (a, b) => [a.b.c, b.c]);
  socket.on("hello", (name) => expectType<Equal<typeof name, string>>());
  // @ts-expect-error there is no such event
  socket.on("unknown", () => {});
}

export function ofAnyMaps(
  io: Server<any, any, any, any>,
  socket: Socket<any, any, any, any>,
): void {
  io.on("connection", (each) => each.on("whatever", (n: number) => n));
  socket.on("whatever", (a: number, b: string) => [a, b]);
  socket.on("disconnect", (reason) => expectType<Equal<typeof reason, DisconnectReason>>());
}
