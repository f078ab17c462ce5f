// Types of the package as an ES module, in every setting of the compiler.
import { createServer } from "node:http";
import {
  type BroadcastOperator,
  type DefaultEventsMap,
  type DisconnectReason,
  type Event,
  type ExtendedError,
  Namespace,
  type RemoteSocket,
  Server,
  type ServerOptions,
  Socket,
} from "bun-socket.io";
import {
  Adapter,
  ClusterAdapterWithHeartbeat,
  type ClusterMessage,
  type ClusterResponse,
  MessageType,
} from "bun-socket.io/adapter";
import { type AdapterTestOptions, type TestNode, testAdapter } from "bun-socket.io/adapter-tests";
import { AuthError, type AuthEvents, tokenAuth } from "bun-socket.io/auth";
import { pipe, receive, type StreamAck, type StreamPart } from "bun-socket.io/streams";
import { createTestServer, type TestClient } from "bun-socket.io/testing";
import {
  type ClientSocket,
  defineContract,
  type StandardSchema,
  typedClient,
  withContract,
} from "bun-socket.io/contract";
import { collectMetrics, type MetricSnapshot } from "bun-socket.io/metrics";
import type { Namespace as DeepNamespace } from "bun-socket.io/dist/namespace";
import type { Socket as DeepSocket } from "bun-socket.io/dist/socket";
import type { DefaultEventsMap as DeepEvents } from "bun-socket.io/dist/typed-events";
import { io as connect } from "socket.io-client";
import type { Server as EngineServer } from "bun-socket.io/engine";
import { path } from "bun-socket.io/path";
import {
  createAdapter,
  createShardedAdapter,
  createStreamsAdapter,
  type Dropped,
  Emitter,
  type RedisAdapter,
  type RedisAdapterOptions,
} from "bun-socket.io/redis";

interface ClientToServer {
  double: (value: number, reply: (doubled: number) => void) => void;
}
interface ServerToClient {
  welcome: (id: string) => void;
}
interface SocketData {
  user: string;
}

const options: Partial<ServerOptions> = { pingInterval: 1000, cors: { origin: "*" } };
const io = new Server<ClientToServer, ServerToClient, DefaultEventsMap, SocketData>(options);
io.use((socket, next) => {
  socket.data.user = "ada";
  const error: ExtendedError = new Error("no");
  error.data = { why: "because" };
  next(error);
});
io.on("connection", (socket) => {
  const deep: DeepSocket<ClientToServer, ServerToClient, DeepEvents, SocketData> = socket;
  deep.emit("welcome", socket.id);
  socket.on("double", (value, reply) => reply(value * 2));
  socket.on("disconnect", (reason: DisconnectReason) => reason.length);
  socket.use((event: Event, next) => {
    next();
    return event;
  });
  // @ts-expect-error: no such event
  socket.emit("nothing");
  // @ts-expect-error: a name is no number
  socket.data.user = 1;
});

// As one writes it for socket.io-adapter.
class PipeAdapter extends ClusterAdapterWithHeartbeat {
  readonly sent: string[] = [];
  constructor(nsp: Namespace) {
    super(nsp, { heartbeatInterval: 1_000 });
  }
  protected doPublish(message: ClusterMessage): Promise<string> {
    const sender: string = message.uid;
    this.sent.push(sender, message.nsp);
    if (message.type === MessageType.BROADCAST && message.data.requestId === undefined) {
      this.sent.push(...message.data.opts.rooms);
    }
    return Promise.resolve("");
  }
  protected doPublishResponse(uid: string, response: ClusterResponse): Promise<void> {
    this.sent.push(uid, response.data.requestId);
    return Promise.resolve();
  }
  hear(message: ClusterMessage): void {
    this.onMessage(message);
  }
}
io.adapter(PipeAdapter);

const namespace: Namespace<ClientToServer, ServerToClient, DefaultEventsMap, SocketData> =
  io.of("/other");
const deepNamespace: DeepNamespace<ClientToServer, ServerToClient, DefaultEventsMap, SocketData> =
  namespace;
const operator: BroadcastOperator<ServerToClient, SocketData> = io.to("room");
const sockets: Promise<RemoteSocket<ServerToClient, SocketData>[]> = io.fetchSockets();
const engine: EngineServer = io.engine;
const attached: Server = new Server(createServer(), options);
export const all = [attached, deepNamespace, operator, sockets, engine, Socket, Namespace];

// What is a Redis client is seen at run time: the packages of clients are not needed for the types.
declare const redis: object;
const redisOptions: RedisAdapterOptions = { subscriptionMode: "dynamic", replay: false };
const overRedis = new Server({ adapter: createAdapter(redis, redis, redisOptions) });
const redisAdapter = overRedis.of("/").adapter as RedisAdapter;
redisAdapter.on("dropped", ({ messages }: Dropped) => messages.toFixed());
const waiting: number = redisAdapter.stats.outbox.waiting;
overRedis.adapter(createShardedAdapter(redis, redis, { channelPrefix: "k" }));
overRedis.adapter(createStreamsAdapter(redis));
new Emitter<ServerToClient>(redis).to("room").emit("welcome", String(waiting));
// @ts-expect-error: a mode that there is not
createAdapter(redis, redis, { subscriptionMode: "dynamic-public" });

const tests: AdapterTestOptions = {
  name: "mine",
  createNode: ({ serverOptions }) => ({ adapter: Adapter, options: serverOptions }),
  supports: { deaths: "nobody dies", presence: true },
};
export const define: () => void = () => testAdapter(tests);
export const closing = (node: TestNode): Promise<void> => node.close();

const rooms = path("/rooms/:roomId");
new Server<ClientToServer, ServerToClient>().of(rooms).on("connection", (socket) => {
  const roomId: string = socket.params.roomId;
  socket.emit("welcome", roomId);
  // @ts-expect-error there is no such parameter
  socket.params.room;
});

const auth = tokenAuth({
  from: ["auth", { header: "x-key" }],
  verify: (token) => (token === "" ? null : { name: token }),
});
new Server({ allowRequest: auth.allowRequest }).use(auth);
auth.guard(io.of("/members")).on("connection", (socket) => socket.data.user.name.length);
export const refusal: Error = new AuthError("BANNED", "no");
export type Sent = AuthEvents;

interface Files {
  file: (part: StreamPart<Uint8Array, { name: string }>, ack: StreamAck) => void;
}
new Server<Files, Files>().on("connection", (socket) => {
  receive<Uint8Array, { name: string }>(socket, "file", (stream, { name }) => {
    void pipe(stream, socket, "file", { info: { name } }).then((parts: number) => parts);
  });
});

createTestServer((server: Server<ClientToServer, ServerToClient>) => {
  server.emit("welcome", "a");
})
  .then((server) => server.connect({ namespace: "/" }))
  .then((client: TestClient<ServerToClient, ClientToServer>) => client.ask("double", 2))
  .then((doubled: number) => doubled);

declare const text: StandardSchema<string, Date>;
const contract = defineContract({
  clientToServer: { remind: { input: text, ack: text } },
  serverToClient: { due: { input: [text, text] } },
});
withContract(new Server().of(rooms), contract).on("connection", (socket) => {
  socket.on("remind", (date, reply) => reply(`${socket.params.roomId}${date.getTime()}`));
  socket.emit("due", "now", "then");
  // @ts-expect-error one is missing
  socket.emit("due", "now");
});
const typedStock: ClientSocket<typeof contract> = typedClient(connect(), contract);
typedStock.on("due", (first, second) => first.getTime() - second.getTime());
const metrics = collectMetrics(io, { prefix: "app_" });
export const scraped: string = metrics.text();
export const sessions: MetricSnapshot = metrics.snapshot().sessions;
