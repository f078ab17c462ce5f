// Properties of sockets, their data and handshakes, middlewares, and namespaces.
import type { IncomingHttpHeaders } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";
import type { DisconnectReason, Event, ExtendedError, Namespace, Server, Socket } from "socket.io";
import { type Equal, expectType } from "../expect.ts";
import type { ClientToServer, Data, ServerToClient, ServerToServer } from "./maps.ts";

type IO = Server<ClientToServer, ServerToClient, ServerToServer, Data>;
type TypedSocket = Socket<ClientToServer, ServerToClient, ServerToServer, Data>;
type TypedNamespace = Namespace<ClientToServer, ServerToClient, ServerToServer, Data>;

export function socketProperties(socket: TypedSocket): void {
  expectType<Equal<typeof socket.id, string>>();
  expectType<Equal<typeof socket.recovered, boolean>>();
  expectType<Equal<typeof socket.connected, boolean>>();
  expectType<Equal<typeof socket.disconnected, boolean>>();
  expectType<Equal<typeof socket.rooms, Set<string>>>();
  expectType<Equal<ReturnType<typeof socket.join>, Promise<void> | void>>();
  expectType<Equal<ReturnType<typeof socket.leave>, Promise<void> | void>>();
  expectType<Equal<Parameters<typeof socket.join>, [rooms: string | string[]]>>();
  expectType<Equal<Parameters<typeof socket.leave>, [room: string]>>();
  expectType<Equal<Parameters<typeof socket.disconnect>, [close?: boolean | undefined]>>();
  expectType<Equal<typeof socket.data, Data>>();
  expectType<Equal<typeof socket.client.conn, typeof socket.conn>>();
  expectType<Equal<typeof socket.client.request, typeof socket.request>>();
  socket.disconnect(true).disconnect().id.toUpperCase();
  socket.data = { user: "alice" };
  socket.data.user = "alice";
  socket.data.age = 1;
  socket.nsp.name.toUpperCase();
  socket.nsp.emit("hello", "name");
  socket.nsp.to("room").emit("hello", "name");
  socket.nsp.sockets.get("id")?.emit("hello", "name");
  socket.nsp.adapter.rooms.get("room")?.has(socket.id);
  socket.nsp.adapter.sids.get(socket.id)?.has("room");
  socket.nsp.server.of("/other").emit("hello", "name");
  socket.nsp.server.emit("hello", "name");
  socket.request.headers.cookie?.split(";");
  socket.request.url?.toUpperCase();
  socket.conn.transport.name.toUpperCase();
  socket.conn.remoteAddress.toUpperCase();
  socket.conn.once("upgrade", () => {});
  socket.conn.on("packet", ({ type, data }) => [type, data]);
  socket.conn.on("close", (reason) => reason);
  socket.conn.protocol.toFixed();
  socket.client.conn.close();
  // @ts-expect-error a room is a string
  socket.join(1);
  // @ts-expect-error one room at a time
  socket.leave(["a"]);
  // @ts-expect-error it is read-only
  socket.id = "x";
  // @ts-expect-error it is read-only
  socket.handshake = {};
  // @ts-expect-error there is no such data
  socket.data.unknown = 1;
  // @ts-expect-error a user is a string
  socket.data.user = 1;
  // @ts-expect-error there is no such property
  socket.unknown;
}

export function handshake({ handshake }: Socket): void {
  expectType<Equal<typeof handshake.headers, IncomingHttpHeaders>>();
  expectType<Equal<typeof handshake.time, string>>();
  expectType<Equal<typeof handshake.address, string>>();
  expectType<Equal<typeof handshake.xdomain, boolean>>();
  expectType<Equal<typeof handshake.secure, boolean>>();
  expectType<Equal<typeof handshake.issued, number>>();
  expectType<Equal<typeof handshake.url, string>>();
  expectType<Equal<typeof handshake.query, ParsedUrlQuery>>();
  expectType<Equal<typeof handshake.auth, { [key: string]: any }>>();
  const token: string = handshake.auth.token;
  const user = handshake.query.user as string;
  const several: string | string[] | undefined = handshake.query.several;
  handshake.headers["x-custom"];
  // @ts-expect-error it may be a list, or missing
  const one: string = handshake.query.user;
  void [token, user, several, one];
}

export function untypedData(socket: Socket): void {
  expectType<Equal<typeof socket.data, any>>();
  socket.data.whatever = { deep: 1 };
}

export function middlewares(io: IO, namespace: TypedNamespace, socket: TypedSocket): void {
  io.use((each, next) => {
    expectType<Equal<typeof each, TypedSocket>>();
    expectType<Equal<typeof next, (err?: ExtendedError) => void>>();
    const error: ExtendedError = new Error("no");
    error.data = { code: 1 };
    next(error);
    next(new Error("no"));
    next();
    // @ts-expect-error an error it has to be
    next("no");
  });
  io.use(async (each, next) => {
    await each.join("room");
    next();
  });
  io.use(() => {}).use((_socket: Socket, next: (error?: Error) => void) => next());
  namespace.use((each, next) => {
    expectType<Equal<typeof each, TypedSocket>>();
    next();
  });
  socket.use((event, next) => {
    expectType<Equal<typeof event, [string, ...any[]]>>();
    expectType<Equal<typeof next, (err?: Error) => void>>();
    next();
  });
  socket.use(([name, ...args], next) => {
    expectType<Equal<typeof name, string>>();
    expectType<Equal<typeof args, any[]>>();
    next(new Error("no"));
  });
  socket.use(async ([, reply], next) => next(reply));
  socket.use((event: Event, next) => next(new Error(event[0]))).use(() => {});
  // @ts-expect-error a middleware is a function
  io.use("middleware");
  // @ts-expect-error a middleware gets two arguments
  io.use((a, b, c) => [a, b, c]);
  // @ts-expect-error an error it has to be
  socket.use((_event, next) => next("no"));
}

export function namespaces(io: IO): void {
  const namespace = io.of("/a");
  expectType<Equal<typeof namespace, TypedNamespace>>();
  expectType<Equal<typeof io.sockets, TypedNamespace>>();
  expectType<Equal<typeof namespace.name, string>>();
  expectType<Equal<typeof namespace.sockets, Map<string, TypedSocket>>>();
  expectType<Equal<typeof namespace.server, IO>>();
  io.of("/b", (socket) => expectType<Equal<typeof socket, TypedSocket>>());
  io.of(/^\/\w+$/).on("connection", (socket) => {
    expectType<Equal<typeof socket, TypedSocket>>();
    socket.nsp.emit("hello", "name");
  });
  io.of((name, auth, next) => {
    expectType<Equal<typeof name, string>>();
    expectType<Equal<typeof auth, { [key: string]: any }>>();
    next(null, auth.token === "secret");
    next(new Error("no"), false);
    // @ts-expect-error it wants to know whether
    next(null);
  }).use((_socket, next) => next());
  io.sockets.sockets.get("id")?.disconnect();
  io.sockets.adapter.rooms.get("room")?.size.toFixed();
  namespace.adapter.on("create-room", (room) => room);
  namespace.adapter.on("join-room", (room: string, id: string) => [room, id]);
  // @ts-expect-error a name is a string
  io.of(1);
  // @ts-expect-error it is read-only
  namespace.name = "/b";
}

// Namespaces of their own types are casts, in programs that have them.
export function otherNamespace(io: Server): void {
  interface Admin {
    ban: (id: string) => void;
  }
  const admin: Namespace<Admin, Admin> = io.of("/admin");
  admin.on("connection", (socket) => socket.on("ban", (id) => id.toUpperCase()));
  admin.emit("ban", "id");
  // @ts-expect-error an id is a string
  admin.emit("ban", 1);
}

export const REASONS: Record<DisconnectReason, number> = {
  "transport error": 1,
  "transport close": 2,
  "forced close": 3,
  "ping timeout": 4,
  "parse error": 5,
  "server shutting down": 6,
  "forced server close": 7,
  "client namespace disconnect": 8,
  "server namespace disconnect": 9,
};

export const EVENT: Event = ["name", 1, "2"];
// @ts-expect-error the name is a string
export const NO_EVENT: Event = [1];
// @ts-expect-error there is no such reason
export const NO_REASON: DisconnectReason = "bored";
