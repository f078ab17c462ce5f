// What is measured.

/** How the load goes. */
export type Load =
  /** Each sender has so many messages under way, each of which comes back to it. */
  | { kind: "echo"; inFlight: number }
  /** So many messages are under way in all; each arrives `fanout` times, at whomever. */
  | { kind: "broadcast"; inFlight: number; fanout: number }
  /** The same number of messages each second, whatever the server does. */
  | { kind: "rate"; perSecond: number }
  /** Connections are opened and ended, so many at a time. */
  | { kind: "connect"; inFlight: number }
  /** Connections are opened, and stay. */
  | { kind: "idle" }
  /** As `echo`, over HTTP long-polling. */
  | { kind: "polling" };

export interface Scenario {
  /** One word, for the command line. */
  id: string;
  title: string;
  connections: number;
  /** How many of them send; the first ones. Default: all. */
  senders?: number;
  /** What a connection says of itself when it joins, as JSON. Default: nothing. */
  auth?: (index: number) => string;
  /** The frames of one message. */
  frames: (string | Uint8Array)[];
  /** How many frames come back for one. Default: 1. */
  framesBack?: number;
  load: Load;
  /** What is counted, and what the figure is of it. */
  unit: string;
  /** How many of it make a run. */
  count: number;
  /** How many go before it, that the runtime may compile what is used. Default: 0.4 of the run. */
  warmUp?: number;
}

const TEXT = "x".repeat(64);
const KIB = "x".repeat(1024);
const BYTES = Buffer.alloc(64, 7);

function event(name: string, payload = TEXT): string {
  return `42${JSON.stringify([name, payload])}`;
}

const EVERYONE = 500;
const ROOMS = 1000;
const IN_ROOMS_OF = 10;
const EXCEPTED = 5;

export const SCENARIOS: readonly Scenario[] = [
  {
    id: "echo",
    title: "echo, 100 connections, 1 in flight each",
    connections: 100,
    frames: [event("echo")],
    load: { kind: "echo", inFlight: 1 },
    unit: "us a message",
    count: 100_000,
  },
  {
    id: "ack",
    title: "acknowledgement, 100 connections, 1 in flight each",
    connections: 100,
    frames: [`421${JSON.stringify(["ack", TEXT])}`],
    load: { kind: "echo", inFlight: 1 },
    unit: "us a message",
    count: 100_000,
  },
  {
    id: "echo-1k",
    title: "echo of 1 KiB, 1000 connections, 1 in flight each",
    connections: 1000,
    frames: [event("echo", KIB)],
    load: { kind: "echo", inFlight: 1 },
    unit: "us a message",
    count: 80_000,
  },
  ...[1, 4, 16].map(
    (inFlight): Scenario => ({
      id: `emit-${inFlight}`,
      title: `io.emit to ${EVERYONE}, ${inFlight} in flight`,
      connections: EVERYONE,
      senders: 1,
      frames: [event("all")],
      load: { kind: "broadcast", inFlight, fanout: EVERYONE },
      unit: "us a frame",
      count: inFlight === 1 ? 150_000 : 250_000,
    }),
  ),
  ...[1, 50].map(
    (senders): Scenario => ({
      id: `room-${senders}`,
      title: `socket.to(room) of ${EVERYONE}, ${senders === 1 ? "1 sender" : `${senders} senders`}, 8 in flight`,
      connections: EVERYONE,
      senders,
      auth: () => '{"room":"one"}',
      frames: [event("room")],
      load: { kind: "broadcast", inFlight: 8, fanout: EVERYONE - 1 },
      unit: "us a frame",
      count: 250_000,
    }),
  ),
  {
    id: "small-rooms",
    title: `socket.to(room), ${ROOMS} rooms of ${IN_ROOMS_OF}, 100 in flight`,
    connections: ROOMS * IN_ROOMS_OF,
    senders: ROOMS,
    auth: (index) => `{"room":"room ${index % ROOMS}"}`,
    frames: [event("room")],
    load: { kind: "broadcast", inFlight: 100, fanout: IN_ROOMS_OF - 1 },
    unit: "us a frame",
    count: 120_000,
  },
  {
    id: "except",
    title: `io.except(room of ${EXCEPTED}).emit to ${EVERYONE}, 4 in flight`,
    connections: EVERYONE,
    senders: 1,
    auth: (index) => (index >= EVERYONE - EXCEPTED ? '{"room":"quiet"}' : ""),
    frames: [event("except")],
    load: { kind: "broadcast", inFlight: 4, fanout: EVERYONE - EXCEPTED },
    unit: "us a frame",
    count: 250_000,
  },
  {
    id: "binary",
    title: "echo of a binary attachment, 100 connections",
    connections: 100,
    frames: ['451-["echo",{"_placeholder":true,"num":0}]', BYTES],
    framesBack: 2,
    load: { kind: "echo", inFlight: 1 },
    unit: "us a message",
    count: 60_000,
  },
  {
    id: "polling",
    title: "echo over long-polling, 100 clients, 1 in flight each",
    connections: 100,
    frames: [event("echo")],
    load: { kind: "polling" },
    unit: "us a message",
    count: 20_000,
    warmUp: 20_000,
  },
  {
    id: "connect",
    title: "connecting over WebSocket, 50 at a time",
    connections: 0,
    frames: [],
    load: { kind: "connect", inFlight: 50 },
    unit: "us a connection",
    count: 10_000,
    warmUp: 30_000,
  },
  {
    id: "memory",
    title: "10,000 idle connections",
    connections: 10_000,
    frames: [],
    load: { kind: "idle" },
    unit: "KiB a connection",
    count: 10_000,
    warmUp: 5_000, // what is there once, compiled code above all, is no connection's
  },
  {
    id: "latency",
    title: "echo at 5000 messages a second, 200 connections",
    connections: 200,
    frames: [event("echo")],
    load: { kind: "rate", perSecond: 5_000 },
    unit: "us a message",
    count: 15_000,
    warmUp: 7_500,
  },
];
