import type { Untyped } from "../events.ts";
import type { Namespace } from "../namespace.ts";
import type { Server } from "../server.ts";
import { readAdapterStats } from "./adapter-stats.ts";
import { Histogram, NumberMetric } from "./registry.ts";

export type AnyNamespace = Namespace<Untyped, Untyped, Untyped, Untyped>;
export type AnyServer = Server<Untyped, Untyped, Untyped, Untyped>;

const BOUNDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** All metrics of a server, by name. */
export type AllMetrics = ReturnType<typeof makeMetrics>;

/** Makes all metrics of a server. */
export function makeMetrics(io: AnyServer) {
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
    connect_errors: counter(
      "Clients that were not let into a namespace: what they see as connect_error.",
      "reason",
      "code",
      "namespace",
    ),
    socket_errors: counter(
      "What sockets emit as error: packets that cannot be read, and events that were refused.",
      "code",
      "namespace",
    ),
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
    adapter_drops: new NumberMetric(
      "counter",
      "Messages for other nodes that were dropped unsent.",
      ["namespace"],
      (set) => {
        for (const { name, adapter } of io._nsps.values()) {
          for (const [stat, value] of readAdapterStats(adapter)) {
            if (stat === "dropped") set(value, name);
          }
        }
      },
    ),
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
