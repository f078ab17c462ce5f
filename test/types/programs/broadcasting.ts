// Emits to many sockets: of the server, a namespace, a socket, and the operators they return.
import type { BroadcastOperator, Namespace, RemoteSocket, Server, Socket } from "socket.io";
import { type Equal, expectType } from "../expect.ts";
import type { Aliased, ClientToServer, Data, ServerToClient, ServerToServer } from "./maps.ts";

type IO = Server<ClientToServer, ServerToClient, ServerToServer, Data>;
type TypedSocket = Socket<ClientToServer, ServerToClient, ServerToServer, Data>;
type TypedNamespace = Namespace<ClientToServer, ServerToClient, ServerToServer, Data>;

export function plainly(io: IO, namespace: TypedNamespace, socket: TypedSocket): void {
  io.emit("hello", "name");
  io.emit("noArg");
  io.emit("optional", 1);
  io.emit("rest", "a", "b");
  io.send("text").write("text");
  namespace.emit("hello", "name");
  namespace.send("text").write("text");
  for (const operator of [io.to("a"), namespace.in(["a", "b"]), socket.broadcast, io.local]) {
    operator.emit("hello", "name");
    operator.to("a").in(["b", "c"]).except("d").except(["e"]).emit("hello", "name");
    operator.volatile.compress(false).local.emit("bytes", Buffer.alloc(1));
    // @ts-expect-error a name is a string
    operator.emit("hello", 1);
    // @ts-expect-error a name is missing
    operator.emit("hello");
    // @ts-expect-error there is no such event
    operator.emit("unknown");
    // @ts-expect-error a room is a string
    operator.to(1);
  }
  io.except("a").emit("hello", "name");
  io.compress(true).emit("hello", "name");
  io.volatile.emit("hello", "name");
  namespace.volatile.emit("hello", "name");
  socket.to("room").emit("hello", "name");
  socket.in(["room"]).emit("hello", "name");
  socket.except("room").emit("hello", "name");
  socket.local.emit("hello", "name");
  socket.volatile.broadcast.emit("hello", "name");
  // @ts-expect-error a name is a string
  io.emit("hello", 1);
  // @ts-expect-error there is no such event
  io.emit("unknown");
  // @ts-expect-error this is an event from the client, not to it
  io.emit("basic", 1, "text");
  // @ts-expect-error the text is missing
  io.send();
  // @ts-expect-error without a timeout the server asks for no acknowledgements
  io.emit("ask", "why?", () => {});
  // @ts-expect-error nor does a namespace
  namespace.emit("ask", "why?", () => {});
  // @ts-expect-error an operator is not sent
  io.to("a").send("text");
}

export function withCallbacks(io: IO, namespace: TypedNamespace, socket: TypedSocket): void {
  io.timeout(100).emit("ask", "why?", (error, answers) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof answers, string[]>>();
  });
  namespace.timeout(100).emit("askTwo", "why?", (error, answers) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof answers, string[]>>();
  });
  io.to("room")
    .timeout(100)
    .emit("ask", "why?", (error, answers) => {
      expectType<Equal<typeof error, Error>>();
      expectType<Equal<typeof answers, string[]>>();
    });
  socket.broadcast.timeout(100).emit("ask", "why?", (error, answers) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof answers, string[]>>();
  });
  io.timeout(100)
    .to("room")
    .emit("askError", "why?", (error, answers) => {
      expectType<Equal<typeof error, Error>>();
      expectType<Equal<typeof answers, string[]>>();
    });
  io.timeout(100).emit("askNothing", (error) => expectType<Equal<typeof error, Error>>());
  io.timeout(100).emit("hello", "name");
  io.to("room").emit("ask", "why?", (answers) => expectType<Equal<typeof answers, string[]>>());
  // @ts-expect-error there is one list
  io.timeout(100).emit("askTwo", "why?", (error, answers, more) => [error, answers, more]);
  // @ts-expect-error the answers are strings
  io.timeout(100).emit("ask", "why?", (error, answers: number[]) => [error, answers]);
  // @ts-expect-error the error comes first
  io.timeout(100).emit("ask", "why?", (answers: string[]) => answers);
}

export async function withPromises(
  io: IO,
  namespace: TypedNamespace,
  socket: TypedSocket,
): Promise<void> {
  const answers = await io.timeout(100).emitWithAck("ask", "why?");
  expectType<Equal<typeof answers, string[]>>();
  const two = await namespace.timeout(100).emitWithAck("askTwo", "why?");
  expectType<Equal<typeof two, string[]>>();
  const inRoom = await io.to("room").timeout(100).emitWithAck("ask", "why?");
  expectType<Equal<typeof inRoom, string[]>>();
  const others = await socket.broadcast.timeout(100).emitWithAck("ask", "why?");
  expectType<Equal<typeof others, string[]>>();
  const after = await socket.to("room").timeout(100).emitWithAck("askError", "why?");
  expectType<Equal<typeof after, string[]>>();
  const both = await io.local.timeout(1).emitWithAck("askBoth", 1, true);
  expectType<Equal<typeof both, { a: number; b: boolean }[]>>();
  // @ts-expect-error it asks for no acknowledgement
  await io.timeout(100).emitWithAck("hello", "name");
  // @ts-expect-error without a timeout there is no promise
  await io.to("room").emitWithAck("ask", "why?");
  // @ts-expect-error the question is missing
  await io.timeout(100).emitWithAck("ask");
  // @ts-expect-error there is no such event
  await io.timeout(100).emitWithAck("unknown");
}

export async function management(io: IO, namespace: TypedNamespace, socket: TypedSocket) {
  for (const many of [io, namespace, socket.broadcast, io.to("a")]) {
    const ids = await many.allSockets();
    expectType<Equal<typeof ids, Set<string>>>();
    expectType<Equal<ReturnType<typeof many.socketsJoin>, void>>();
    many.socketsJoin("a");
    many.socketsJoin(["a", "b"]);
    many.socketsLeave("a");
    many.socketsLeave(["a", "b"]);
    many.disconnectSockets();
    many.disconnectSockets(true);
  }
  const own = await io.fetchSockets();
  expectType<Equal<typeof own, RemoteSocket<ServerToClient, Data>[]>>();
  const inNamespace = await namespace.fetchSockets();
  expectType<Equal<typeof inNamespace, RemoteSocket<ServerToClient, Data>[]>>();
  const [fetched] = await io.in("room").fetchSockets();
  if (fetched !== undefined) {
    expectType<Equal<typeof fetched.id, string>>();
    expectType<Equal<typeof fetched.data, Data>>();
    expectType<Equal<typeof fetched.data.age, number | undefined>>();
    expectType<Equal<typeof fetched.rooms, Set<string>>>();
    expectType<Equal<typeof fetched.handshake, typeof socket.handshake>>();
    fetched.emit("hello", "name");
    fetched.timeout(1).emit("ask", "why?", (error, answers) => {
      expectType<Equal<typeof error, Error>>();
      expectType<Equal<typeof answers, string[]>>();
    });
    fetched.join("a");
    fetched.join(["a", "b"]);
    fetched.leave("a");
    fetched.disconnect(true).disconnect().id.toUpperCase();
    fetched.data.user = "bob";
    // @ts-expect-error they are read-only
    fetched.data = { user: "bob" };
    // @ts-expect-error there is no such data
    fetched.data.unknown;
    // @ts-expect-error there is no such event
    fetched.emit("unknown");
    // @ts-expect-error a name is a string
    fetched.emit("hello", 1);
    // @ts-expect-error it is not a whole socket
    fetched.on("basic", () => {});
    // @ts-expect-error a room is a string
    fetched.leave(["a"]);
  }
  for (const each of await io.fetchSockets()) {
    each.timeout(1).emit("ask", "why?", (error, answer) => {
      expectType<Equal<typeof error, Error>>();
      expectType<Equal<typeof answer, string>>();
    });
  }
}

export function named(io: IO): BroadcastOperator<any, Data> {
  const room = io.to("room");
  expectType<Equal<typeof room, ReturnType<TypedSocket["to"]>>>();
  expectType<Equal<typeof room, ReturnType<TypedNamespace["in"]>>>();
  expectType<Equal<typeof room, typeof io.volatile>>();
  expectType<Equal<typeof room, typeof io.local>>();
  return room;
}

export async function ofOtherMaps(io: Server<Aliased>): Promise<void> {
  io.emit("a b", 1);
  io.emit("fn", 1);
  // @ts-expect-error it asks for an acknowledgement
  io.emit("acknowledged", 1, () => {});
  const texts = await io.timeout(1).emitWithAck("acknowledged", 1);
  expectType<Equal<typeof texts, string[]>>();
}

export async function ofNoMap(io: Server, socket: Socket): Promise<void> {
  io.emit("whatever", 1, 2);
  io.to("room").emit("whatever", { a: 1 }, (answers: string[]) => answers);
  io.timeout(1).emit("whatever", (error: Error, answers: unknown[]) => [error, answers]);
  io.timeout(1).emit("whatever", (error: any, ...args: any[]) => [error, args]);
  const answers = await io.timeout(1).emitWithAck("whatever");
  expectType<Equal<typeof answers, any>>();
  const others = await socket.broadcast.timeout(1).emitWithAck("whatever", 1);
  expectType<Equal<typeof others, any>>();
  const [fetched] = await io.fetchSockets();
  fetched?.data.whatever.deep;
  fetched?.emit("whatever", 1);
  const operator: BroadcastOperator<any, any> = io.to("room");
  operator.emit("whatever");
}
