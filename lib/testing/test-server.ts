import type { Packet } from "socket.io-parser";
import { SessionAwareAdapter } from "../../adapters/session-aware.ts";
import { SocketIOError } from "../errors.ts";
import type { DefaultEventsMap, EventsMap, Untyped } from "../events.ts";
import { Server } from "../server.ts";
import type { ServerOptions } from "../server-settings.ts";
import { describe } from "../validate.ts";
import { advanceHeartbeats, type BeatingSession } from "./heartbeats.ts";
import { type ConnectOptions, TestClient } from "./test-client.ts";

/** Options of a server for tests: those of a server, and these. */
export interface TestServerOptions extends ServerOptions {
  /** How long clients wait for what they are asked to wait for, in ms. Default: 2000. */
  timeoutMs?: number;
  /**
   * Other times for the heartbeat, in ms: `pingInterval` and `pingTimeout`. Default: the server's, which
   * a test need not wait for: see {@link TestServer.advance}.
   */
  heartbeat?: { intervalMs: number; timeoutMs: number };
}

/** A server on a free port of this machine, for the length of a test. */
export class TestServer<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> implements AsyncDisposable
{
  /** The server itself. */
  readonly io: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly #timeoutMs: number;
  readonly #clients: TestClient<EmitEvents, ListenEvents>[] = [];

  constructor(
    io: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    url: string,
    timeoutMs: number,
  ) {
    this.io = io;
    this.url = url;
    this.#timeoutMs = timeoutMs;
  }

  /** A client that is not connected yet. */
  client(options: ConnectOptions = {}): TestClient<EmitEvents, ListenEvents> {
    const home = {
      url: this.url,
      timeoutMs: this.#timeoutMs,
      write: (namespace: string, id: string | undefined, packet: Packet) =>
        this.#write(namespace, id, packet),
      isOffset: (namespace: string, text: string) => this.#isOffset(namespace, text),
      missHeartbeats: (sid: string) => this.#missHeartbeats(sid),
    };
    const client = new TestClient<EmitEvents, ListenEvents>(home, options);
    this.#clients.push(client);
    return client;
  }

  /**
   * A client that is connected, and has passed the middlewares.
   *
   * @param options those of `socket.io-client`, `namespace` among them; over WebSocket, unless
   * `transports` says otherwise
   * @returns rejects with the `connect_error`, or with `ERR_TIMEOUT`
   */
  async connect(options: ConnectOptions = {}): Promise<TestClient<EmitEvents, ListenEvents>> {
    const client = this.client(options);
    await client.connect();
    return client;
  }

  /** The server's socket of a client. Throws where it is not connected. */
  socketOf(client: TestClient<EmitEvents, ListenEvents>) {
    const socket = this.io.of(client.namespace).sockets.get(client.id ?? "");
    if (socket === undefined) {
      throw new Error("the client is not connected");
    }
    return socket;
  }

  /**
   * Lets time go by, without waiting for it, for what the server does by its own clock: it sends pings
   * each `pingInterval`, ends the sessions of clients that do not answer within `pingTimeout`, and those
   * of clients that join no namespace within `connectTimeout`. All of that goes over the real wire, in
   * the order in which it would come; clients have the time that they really need for their answers, up
   * to `timeoutMs`.
   *
   * Nothing else goes by this clock: not the times of acknowledgements, of recovery, of tokens, or of
   * the clients.
   *
   * @param milliseconds how much time
   * @returns when all of that is done, and what was answered has come; rejects with
   * `ERR_INVALID_ARGUMENT`
   *
   * @example
   * client.mute();
   * await server.advance(45_000); // pingInterval and pingTimeout
   * expect(await other.next("left")).toEqual(["Ada", "ping timeout"]);
   */
  async advance(milliseconds: number): Promise<void> {
    if (!Number.isFinite(milliseconds) || milliseconds < 0) {
      throw new SocketIOError(
        "ERR_INVALID_ARGUMENT",
        `advance() takes a time in ms, got ${describe(milliseconds)}`,
      );
    }
    const muted = new Set(this.#clients.map(({ mutedSid }) => mutedSid));
    const isMuted = ({ id }: BeatingSession): boolean => muted.has(id);
    await advanceHeartbeats(this.io, milliseconds, isMuted, this.#timeoutMs);
  }

  async #missHeartbeats(sid: string): Promise<void> {
    const { pingInterval, pingTimeout } = this.io.engine.opts;
    const isOpen = (): boolean => this.io.engine.clients[sid] !== undefined;
    while (isOpen()) {
      await this.advance(pingInterval + pingTimeout); // more where it has sent something before
    }
  }

  #write(namespace: string, id: string | undefined, packet: Packet): boolean {
    const socket = this.io._nsps.get(namespace)?.sockets.get(id ?? "");
    socket?.client.writePacket(packet, {});
    return socket !== undefined;
  }

  #isOffset(namespace: string, text: string): boolean {
    const adapter: unknown = this.io._nsps.get(namespace)?.adapter;
    // Others cannot say: any text is one, as it is to the client itself.
    return !(adapter instanceof SessionAwareAdapter) || adapter.isOffset(text);
  }

  /** Disconnects all clients and closes the server. */
  async close(): Promise<void> {
    for (const client of this.#clients.splice(0)) {
      client.disconnect();
    }
    await this.io.close();
  }

  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const HOST = "127.0.0.1";

/**
 * Starts a server on a free port.
 *
 * @param setup gives the server its middlewares and listeners, as the application does; a promise is
 * waited for
 * @param options see {@link TestServerOptions}
 * @throws SocketIOError with `ERR_INVALID_OPTION`
 *
 * @example
 * test("greets by name", async () => {
 *   await using server = await createTestServer(setup);
 *   const client = await server.connect({ auth: { token: "ada" } });
 *   expect(await client.next("hello")).toEqual(["Ada"]);
 * });
 */
export async function createTestServer<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
>(
  setup: (io: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => unknown,
  { timeoutMs = 2_000, heartbeat, ...options }: TestServerOptions = {},
): Promise<TestServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
  const times =
    heartbeat === undefined
      ? {}
      : { pingInterval: heartbeat.intervalMs, pingTimeout: heartbeat.timeoutMs };
  const io = new Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>({
    hostname: HOST,
    ...times,
    ...options,
  });
  await setup(io);
  io.listen(0);
  const address = io.httpServer.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return new TestServer(io, `http://${HOST}:${port}`, timeoutMs);
}
