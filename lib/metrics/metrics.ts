import type { Session } from "../engine/session.ts";
import type { Untyped } from "../events.ts";
import type { Socket } from "../socket.ts";
import { isBoolean, timeFrom, validateOptions, withDefaults } from "../validate.ts";
import { type AckListener, watchAcks } from "./acks.ts";
import { LagMeter } from "./lag.ts";
import { type AllMetrics, type AnyNamespace, type AnyServer, makeMetrics } from "./make-metrics.ts";
import { OPEN_METRICS_TYPE, toOpenMetrics } from "./open-metrics.ts";
import type { MetricSnapshot } from "./registry.ts";

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

type AnySocket = Socket<Untyped, Untyped, Untyped, Untyped>;

const secondsSince = (start: number): number => (performance.now() - start) / 1000;

/** The `code` of an error, or that in its `data`; empty where it has none. */
function codeOf(error: object): string {
  const { code, data }: { code?: unknown; data?: unknown } = error;
  const isObject = typeof data === "object" && data !== null;
  const known = code ?? (isObject && "code" in data ? data.code : undefined);
  return typeof known === "string" || typeof known === "number" ? String(known) : "";
}

/** Counts what a server does, from the time that it is made on: see {@link collectMetrics}. */
export class Metrics {
  readonly #options: MetricsOptions & typeof DEFAULTS;
  readonly #metrics: AllMetrics;
  readonly #traffic: Readonly<Record<"inward" | "outward", ReturnType<typeof trafficOf>>>;
  readonly #ackListener: AckListener;
  readonly #lag: LagMeter;

  constructor(io: AnyServer, options: MetricsOptions) {
    validateOptions(options, TABLE);
    this.#options = withDefaults(DEFAULTS, options);
    this.#metrics = makeMetrics(io);
    const inward = trafficOf(this.#metrics, "in");
    this.#traffic = { inward, outward: trafficOf(this.#metrics, "out") };
    this.#ackListener = {
      onAcknowledged(start) {
        inward.acks(1);
        inward.seconds(secondsSince(start));
      },
      onTimeout: () => this.#metrics.ack_timeouts.add(1),
    };
    io.engine.on("connection", (session: Session) => this.#onSession(session));
    io.engine.on("connection_error", ({ code, context }) => {
      this.#metrics.connection_errors.add(1, String(code), String(context.name ?? ""));
    });
    io.engine.on("connect_refused", (refused) => {
      const { reason, namespace } = refused;
      // Clients choose the names of those that are not there.
      const known = reason === "namespace" || reason === "limit" ? "" : namespace;
      this.#metrics.connect_errors.add(1, reason, codeOf(refused), known);
    });
    io.engine.on("limit_exceeded", ({ limit }) => this.#metrics.limits_exceeded.add(1, limit));
    for (const namespace of io._nsps.values()) {
      this.#onNamespace(namespace);
    }
    io.on("new_namespace", (namespace) => this.#onNamespace(namespace));
    this.#lag = new LagMeter(io, this.#options.lagIntervalMs, {
      onAnswered: (start) => this.#metrics.adapter_lag_seconds.observe(secondsSince(start)),
      onFailed: () => this.#metrics.adapter_lag_failures.add(1),
    });
  }

  /** The metrics by name, without the prefix. */
  snapshot(): Record<keyof AllMetrics, MetricSnapshot> {
    const entries = Object.entries(this.#metrics);
    return Object.fromEntries(entries.map(([name, metric]) => [name, metric.snapshot()])) as Record<
      keyof AllMetrics,
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
    this.#lag.stop();
  }

  #onSession(session: Session): void {
    const metrics = this.#metrics;
    const { inward, outward } = this.#traffic;
    this.#lag.start(); // the server may have been closed, and have begun to listen again
    metrics.connections.add(1, session.transport.name);
    session.on("upgrade", (transport) => metrics.upgrades.add(1, transport.name));
    session.on("close", (reason) => metrics.disconnections.add(1, reason));
    session.on("packet", ({ data }) => {
      if (data !== undefined) {
        inward.packets(1);
        inward.bytes(Buffer.byteLength(data));
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
        outward.packets(1);
        outward.bytes(Buffer.byteLength(data));
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
    const { events, socket_errors, sockets_connected } = this.#metrics;
    const { name } = namespace;
    const onSocket = sockets_connected.adder(name);
    const onEvent = events.adder("in", name);
    const onEmit = events.adder("out", name);
    // Before the application's listeners, which may emit at once.
    namespace.prependListener("connection", (socket: AnySocket) => {
      onSocket(1);
      socket.onAny(() => onEvent(1));
      socket.use(this.#countAcks);
      if (this.#options.outgoing) {
        socket.onAnyOutgoing(() => onEmit(1));
      }
      watchAcks(socket.acks, this.#ackListener);
      // A listener to `error` would change what becomes of it.
      const onError = socket._onError.bind(socket);
      socket._onError = (error) => {
        socket_errors.add(1, codeOf(error), name);
        onError(error);
      };
    });
  }

  /** A middleware for events: the acknowledgement is the last argument, and who calls it does so through this. */
  readonly #countAcks = (event: unknown[], next: () => void): void => {
    const ack: unknown = event.at(-1);
    if (typeof ack === "function") {
      const { acks, seconds } = this.#traffic.outward;
      const start = performance.now();
      let isSent = false;
      event[event.length - 1] = (...args: unknown[]) => {
        ack(...args);
        if (!isSent) {
          isSent = true; // what it is called with again is not sent
          acks(1);
          seconds(secondsSince(start));
        }
      };
    }
    next();
  };
}

/** What is counted with each packet, of one direction. */
function trafficOf({ packets, traffic_bytes, acks, ack_seconds }: AllMetrics, direction: string) {
  return {
    packets: packets.adder(direction),
    bytes: traffic_bytes.adder(direction),
    acks: acks.adder(direction),
    seconds: ack_seconds.observer(direction),
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
