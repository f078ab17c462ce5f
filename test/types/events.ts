// What the types accept and refuse; nothing here runs. `tsc` is the test.

import {
  type BroadcastOperator,
  type DefaultEventsMap,
  type DisconnectReason,
  type Event,
  type ExtendedError,
  type Namespace,
  type RemoteSocket,
  Server,
  type Socket,
} from "bun-socket.io";
import { type Equal, expectType } from "./expect.ts";

interface ClientToServer {
  noArg: () => void;
  basic: (n: number, text: string) => void;
  withAck: (n: number, reply: (sum: number) => void) => void;
}

interface ServerToClient {
  hello: (name: string) => void;
  bytes: (data: Buffer, more?: Uint8Array) => void;
  message: (text: string) => void;
  ask: (question: string, reply: (answer: string, n: number) => void) => void;
}

interface ServerToServer {
  sync: (n: number) => void;
  count: (reply: (n: number) => void) => void;
}

interface Data {
  user: string;
  age?: number;
}

type TypedServer = Server<ClientToServer, ServerToClient, ServerToServer, Data>;
type TypedSocket = Socket<ClientToServer, ServerToClient, ServerToServer, Data>;

export function listening(io: TypedServer): void {
  io.on("connection", (socket) => {
    expectType<Equal<typeof socket, TypedSocket>>();
    socket.on("noArg", () => {});
    socket.on("basic", (n, text) => {
      expectType<Equal<typeof n, number>>();
      expectType<Equal<typeof text, string>>();
    });
    socket.once("withAck", (n, reply) => {
      reply(n);
      // @ts-expect-error the acknowledgement takes a number
      reply("text");
    });
    socket.on("basic", async () => {});
    // @ts-expect-error the client sends no such event
    socket.on("unknown", () => {});
    // @ts-expect-error this is an event to the client, not from it
    socket.on("hello", () => {});
    // @ts-expect-error the listener wants more than there is
    socket.on("noArg", (n: number) => n);

    socket.on("disconnect", (reason, description) => {
      expectType<Equal<typeof reason, DisconnectReason>>();
      description?.toString();
    });
    socket.on("disconnecting", (reason) => {
      if (reason === "ping timeout" || reason === "server shutting down") {
        return;
      }
      // @ts-expect-error there is no such reason
      return reason === "bored";
    });
    socket.on("error", (error) => expectType<Equal<typeof error, Error>>());
  });
  io.on("connect", (socket) => socket.id.toUpperCase());
  io.of("/chat").on("connection", (socket) => expectType<Equal<typeof socket, TypedSocket>>());
  io.on("new_namespace", (namespace) => namespace.name.toUpperCase());
  // @ts-expect-error sockets hear of disconnections, the server does not
  io.on("disconnect", () => {});
  io.on("sync", (n) => expectType<Equal<typeof n, number>>());
}

export async function emitting(io: TypedServer, socket: TypedSocket): Promise<void> {
  socket.emit("hello", "name");
  socket.emit("bytes", Buffer.alloc(1));
  socket.emit("bytes", Buffer.alloc(1), new Uint8Array());
  socket.send("text").write("text");
  socket.emit("ask", "why?", (answer, n) => {
    expectType<Equal<typeof answer, string>>();
    expectType<Equal<typeof n, number>>();
  });
  // @ts-expect-error a name is missing
  socket.emit("hello");
  // @ts-expect-error a name is a string
  socket.emit("hello", 1);
  // @ts-expect-error one argument only
  socket.emit("hello", "a", "b");
  // @ts-expect-error there is no such event
  socket.emit("unknown");
  // @ts-expect-error this is an event from the client, not to it
  socket.emit("noArg");

  socket.timeout(100).emit("ask", "why?", (error, answer) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof answer, string>>();
  });
  const answer = await socket.emitWithAck("ask", "why?");
  expectType<Equal<typeof answer, string>>();
  const inTime = await socket.timeout(100).emitWithAck("ask", "why?");
  expectType<Equal<typeof inTime, string>>();
  // @ts-expect-error it asks for no acknowledgement
  await socket.emitWithAck("hello", "name");
  // @ts-expect-error the question is missing
  await socket.emitWithAck("ask");

  io.emit("hello", "name");
  io.send("text");
  io.to("a").in(["b", "c"]).except("d").emit("hello", "name");
  socket.broadcast.emit("hello", "name");
  socket.to("room").volatile.compress(false).local.emit("hello", "name");
  // @ts-expect-error a name is a string
  io.to("a").emit("hello", 1);
  // @ts-expect-error there is no such event
  io.emit("unknown");
  // @ts-expect-error without a timeout a broadcast asks for no acknowledgements
  io.emit("ask", "why?", () => {});

  io.timeout(100).emit("ask", "why?", (error, answers) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof answers, string[]>>();
  });
  const answers = await io.timeout(100).emitWithAck("ask", "why?");
  expectType<Equal<typeof answers, string[]>>();
  const inRoom = await io.to("room").timeout(100).emitWithAck("ask", "why?");
  expectType<Equal<typeof inRoom, string[]>>();

  io.serverSideEmit("sync", 1);
  // @ts-expect-error it is a number
  io.serverSideEmit("sync", "1");
  // @ts-expect-error there is no such event between servers
  io.serverSideEmit("hello", "name");
  io.serverSideEmit("count", (error, counts) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof counts, number[]>>();
  });
  const counts = await io.serverSideEmitWithAck("count");
  expectType<Equal<typeof counts, number[]>>();
}

export async function managing(io: TypedServer, socket: TypedSocket): Promise<void> {
  socket.data.user = "alice";
  // @ts-expect-error a user is a string
  socket.data.user = 1;
  // @ts-expect-error there is no such data
  socket.data.unknown = 1;

  const [fetched] = await io.in("room").fetchSockets();
  if (fetched !== undefined) {
    expectType<Equal<typeof fetched.data, Data>>();
    expectType<Equal<typeof fetched.rooms, Set<string>>>();
    fetched.handshake.query.token?.toString();
    fetched.join(["a", "b"]);
    fetched.disconnect(true);
    // @ts-expect-error there is no such event
    fetched.emit("unknown");
  }
  const own = await io.fetchSockets();
  const remote: RemoteSocket<ServerToClient, Data>[] = own;
  remote.at(0)?.emit("hello", "name");

  io.use((each, next) => {
    expectType<Equal<typeof each, TypedSocket>>();
    const error: ExtendedError = new Error("no");
    error.data = { code: 1 };
    next(error);
    next();
    // @ts-expect-error an error it has to be
    next("no");
  });
  io.use(async (_each, next) => next());
  socket.use(([event, ...args], next) => {
    expectType<Equal<typeof event, string>>();
    next(args.length > 1 ? new Error("too many") : undefined);
  });
  socket.use((event: Event, next) => next(new Error(event[0])));
  socket.onAny((event: string, ...args: unknown[]) => [event, args]);
  socket.onAnyOutgoing((event) => event);
  const { address, auth, issued, secure } = socket.handshake;
  expectType<Equal<typeof address, string>>();
  expectType<Equal<typeof issued, number>>();
  expectType<Equal<typeof secure, boolean>>();
  auth.token.toUpperCase();
  const rooms: Set<string> = socket.rooms;
  await socket.join([...rooms]);
  // @ts-expect-error it is read-only
  socket.id = "x";
}

export function naming(io: TypedServer): void {
  const namespace: Namespace<ClientToServer, ServerToClient, ServerToServer, Data> = io.of("/a");
  const sockets: Map<string, TypedSocket> = namespace.sockets;
  sockets.forEach((socket) => {
    socket.emit("hello", "name");
  });
  const operator: BroadcastOperator<ServerToClient, Data> = new Server<
    ClientToServer,
    { hello: (name: string) => void; bytes: (data: Buffer) => void } & ServerToClient,
    ServerToServer,
    Data
  >().to("room") as unknown as BroadcastOperator<ServerToClient, Data>;
  operator.emit("hello", "name");
}

export async function untyped(io: Server, socket: Socket): Promise<void> {
  io.on("connection", (each) => {
    each.on("anything", (a, b: number, c: { d: string }) => [a.b.c, b, c.d]);
    each.on("async", async (...args) => args.at(-1)("reply"));
    each.emit("anything", 1, "2", { three: 3 }, (answer: string) => answer);
    each.data.whatever = 1;
    each.data.deep = { er: each.data.whatever };
  });
  io.emit("anything", 1, 2);
  io.to("room")
    .timeout(1)
    .emit("anything", (error: Error, answers: unknown[]) => [error, answers]);
  io.on("between servers", (n: number) => n);
  io.serverSideEmit("anything", 1);
  const answer = await socket.emitWithAck("anything", 1);
  answer.is.whatever();
  const answers = await io.timeout(1).emitWithAck("anything");
  answers.is.whatever();
  const namespace: Namespace = io.of("/a");
  namespace.on("connection", (each: Socket) => each.id);
  const map: DefaultEventsMap = { anything: () => {} };
  expectType<Equal<keyof typeof map, string | number>>();
}

export function oneMap(io: Server<ClientToServer>): void {
  io.on("connection", (socket) => {
    socket.on("basic", (n) => n.toFixed());
    socket.emit("basic", 1, "text");
    // @ts-expect-error the events to the client are those from it
    socket.emit("hello", "name");
  });
}
