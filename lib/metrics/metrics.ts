import type { Session } from "../engine/session.ts";
import { SocketIOError } from "../errors.ts";
import type { AnyFunction, Untyped } from "../events.ts";
import type { Namespace } from "../namespace.ts";
import type { Server } from "../server.ts";
import type { Socket } from "../socket.ts";
import { isBoolean, timeFrom, validateOptions, withDefaults } from "../validate.ts";
import { readAdapterStats } from "./adapter-stats.ts";
import { OPEN_METRICS_TYPE, toOpenMetrics } from "./open-metrics.ts";
import { Histogram, type MetricSnapshot, NumberMetric } from "./registry.ts";

/** Options of `collectMetrics()`. */
export interface MetricsOptions {
  /** What the names begin with. Default: `socketio_`. */
  prefix?: string;
  /**
   * Whether what is sent is counted: events, packets and bytes. Each session is listened to for that,
   * so that broadcasts do not go through Bun's own publish. Default: true.
   */
  outgoing?: boolean;
  /**
   * How often the other nodes are asked for an answer, to measure how long it takes, in ms; 0 for never.
   * They have to collect metrics as well. Default: 0.
   */
  lagIntervalMs?: number;
}

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const TABLE = {
  prefix: {
    expected: "letters, digits and underscores",
    accepts: (value: unknown) => typeof value === "string" && NAME.test(value),
  },
  outgoing: isBoolean,
  lagIntervalMs: timeFrom(0),
};
const DEFAULTS = { prefix: "socketio_", outgoing: true, lagIntervalMs: 0 };

const BOUNDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LAG_EVENT = "bun-socket.io/metrics:lag";

type AnySocket = Socket<Untyped, Untyped, Untyped, Untyped>;
type AnyNamespace = Namespace<Untyped, Untyped, Untyped, Untyped>;
type AnyServer = Server<Untyped, Untyped, Untyped, Untyped>;

const secondsSince = (start: number): number => (performance.now() - start) / 1000;

/** Counts what a server does, from the time that it is made on: see {@link collectMetrics}. */
export class Metrics {
  readonly #io: AnyServer;
  readonly #options: MetricsOptions & typeof DEFAULTS;
  readonly #metrics;
  #lagTimer: ReturnType<typeof setInterval> | undefined;

  constructor(io: AnyServer, options: MetricsOptions) {
    validateOptions(options, TABLE);
    this.#io = io;
    this.#options = withDefaults(DEFAULTS, options);
    this.#metrics = makeMetrics(io);
    io.engine.on("connection", (session: Session) => this.#onSession(session));
    io.engine.on("connection_error", ({ code, context }) => {
      this.#metrics.connection_errors.add(1, String(code), String(context.name ?? ""));
    });
    io.engine.on("limit_exceeded", ({ limit }) => this.#metrics.limits_exceeded.add(1, limit));
    for (const namespace of io._nsps.values()) {
      this.#onNamespace(namespace);
    }
    io.on("new_namespace", (namespace) => this.#onNamespace(namespace));
    io.on(LAG_EVENT, (reply: unknown) => typeof reply === "function" && reply());
    if (this.#options.lagIntervalMs > 0) {
      this.#lagTimer = setInterval(() => this.#measureLag(), this.#options.lagIntervalMs);
      this.#lagTimer.unref();
    }
  }

  /** The metrics by name, without the prefix. */
  snapshot(): Record<keyof ReturnType<typeof makeMetrics>, MetricSnapshot> {
    const entries = Object.entries(this.#metrics);
    return Object.fromEntries(entries.map(([name, metric]) => [name, metric.snapshot()])) as Record<
      keyof ReturnType<typeof makeMetrics>,
      MetricSnapshot
    >;
  }

  /** The metrics as OpenMetrics text, which Prometheus and others scrape. */
  text(): string {
    return toOpenMetrics(this.snapshot(), this.#options.prefix);
  }

  /** The text as an answer, for a route: `"/metrics": () => metrics.response()`. */
  response(): Response {
    return new Response(this.text(), { headers: { "Content-Type": OPEN_METRICS_TYPE } });
  }

  /** Asks the other nodes no more. What is counted goes with the server. */
  stop(): void {
    clearInterval(this.#lagTimer);
  }

  #onSession(session: Session): void {
    const metrics = this.#metrics;
    metrics.connections.add(1, session.transport.name);
    session.on("upgrade", (transport) => metrics.upgrades.add(1, transport.name));
    session.on("close", (reason) => metrics.disconnections.add(1, reason));
    session.on("packet", ({ data }) => {
      if (data !== undefined) {
        metrics.packets.add(1, "in");
        metrics.traffic_bytes.add(Buffer.byteLength(data), "in");
      }
    });
    if (!this.#options.outgoing) {
      return;
    }
    let pingedAt: number | null = null;
    session.on("packetCreate", ({ type, data }) => {
      if (type === "ping") {
        pingedAt = performance.now();
      } else if (data !== undefined) {
        metrics.packets.add(1, "out");
        metrics.traffic_bytes.add(Buffer.byteLength(data), "out");
      }
    });
    session.on("heartbeat", () => {
      if (pingedAt !== null) {
        metrics.heartbeat_seconds.observe(secondsSince(pingedAt));
        pingedAt = null;
      }
    });
  }

  #onNamespace(namespace: AnyNamespace): void {
    // Before the application's listeners, which may emit at once.
    namespace.prependListener("connection", (socket: AnySocket) => this.#onSocket(socket));
  }

  #onSocket(socket: AnySocket): void {
    const { name } = socket.nsp;
    const metrics = this.#metrics;
    metrics.sockets_connected.add(1, name);
    socket.onAny(() => metrics.events.add(1, "in", name));
    // The acknowledgement is the last argument; who calls it does so through this.
    socket.use((event, next) => {
      const ack: unknown = event.at(-1);
      if (typeof ack === "function") {
        const start = performance.now();
        event[event.length - 1] = (...args: unknown[]) => {
          metrics.acks.add(1, "out");
          metrics.ack_seconds.observe(secondsSince(start), "out");
          ack(...args);
        };
      }
      next();
    });
    if (this.#options.outgoing) {
      socket.onAnyOutgoing(() => metrics.events.add(1, "out", name));
    }
    this.#watchAcks(socket);
  }

  #watchAcks({ acks }: AnySocket): void {
    const metrics = this.#metrics;
    const set = acks.set.bind(acks);
    acks.set = (id: number, callback: AnyFunction, timeoutMs?: number) => {
      const start = performance.now();
      const counted: AnyFunction = (...args) => {
        const [error] = args;
        if (error instanceof SocketIOError && error.code === "ERR_ACK_TIMEOUT") {
          metrics.ack_timeouts.add(1);
        } else {
          metrics.acks.add(1, "in");
          metrics.ack_seconds.observe(secondsSince(start), "in");
        }
        callback(...args);
      };
      set(id, counted, timeoutMs);
      return acks;
    };
  }

  #measureLag(): void {
    const start = performance.now();
    this.#io.serverSideEmit(LAG_EVENT, (error: Error | null, responses: readonly unknown[]) => {
      if (error !== null && error !== undefined) {
        this.#metrics.adapter_lag_failures.add(1);
      } else if (responses.length > 0) {
        this.#metrics.adapter_lag_seconds.observe(secondsSince(start));
      }
    });
  }
}

function makeMetrics(io: AnyServer) {
  const counter = (help: string, ...labels: string[]) => new NumberMetric("counter", help, labels);
  const perNamespace = (help: string, count: (namespace: AnyNamespace) => number) =>
    new NumberMetric("gauge", help, ["namespace"], (set) => {
      for (const namespace of io._nsps.values()) {
        set(count(namespace), namespace.name);
      }
    });
  const times = (help: string, ...labels: string[]) => new Histogram(help, labels, BOUNDS);
  return {
    connections: counter("Sessions that were opened, by their first transport.", "transport"),
    sessions: new NumberMetric("gauge", "Open sessions.", ["transport"], (set) => {
      for (const { transport } of Object.values(io.engine.clients)) {
        set(1, transport.name);
      }
    }),
    upgrades: counter("Sessions that moved to a better transport.", "transport"),
    disconnections: counter("Sessions that ended.", "reason"),
    connection_errors: counter("Requests that were refused.", "code", "name"),
    limits_exceeded: counter("What was refused for a limit.", "limit"),
    sockets_connected: counter("Sockets that were let into a namespace.", "namespace"),
    sockets: perNamespace("Connected sockets.", ({ sockets }) => sockets.size),
    rooms: perNamespace("Rooms, without those of one socket alone.", ({ adapter }) => {
      let count = 0;
      for (const room of adapter.rooms.keys()) {
        if (!adapter.sids.has(room)) count++;
      }
      return count;
    }),
    events: counter("Events, in from clients or out to them.", "direction", "namespace"),
    packets: counter("Packets with data, in or out.", "direction"),
    traffic_bytes: counter("Payload, in or out.", "direction"),
    acks: counter("Acknowledgements, in from clients or out to them.", "direction"),
    ack_timeouts: counter("Acknowledgements that clients did not send in time."),
    ack_seconds: times(
      "From an event to its acknowledgement: of clients (in), of listeners (out).",
      "direction",
    ),
    heartbeat_seconds: times("From a ping to its pong."),
    adapter_lag_seconds: times("How long the other nodes take to answer."),
    adapter_lag_failures: counter("Not all of the other nodes have answered."),
    adapter_stats: new NumberMetric(
      "gauge",
      "What the adapter counts: what waits for other nodes, was dropped or lost, and so on.",
      ["namespace", "name"],
      (set) => {
        for (const { name, adapter } of io._nsps.values()) {
          for (const [stat, value] of readAdapterStats(adapter)) set(value, name, stat);
        }
      },
    ),
  };
}

/**
 * Counts what a server does from now on: connections, events, bytes, acknowledgements and their times,
 * errors, rooms, and what its adapter tells.
 *
 * @param io the server
 * @param options see {@link MetricsOptions}
 * @throws SocketIOError with `ERR_INVALID_OPTION`
 *
 * @example
 * const metrics = collectMetrics(io);
 * Bun.serve({ ...io.handler(), routes: { "/metrics": () => metrics.response() } });
 */
export function collectMetrics(io: AnyServer, options: MetricsOptions = {}): Metrics {
  return new Metrics(io, options);
}
