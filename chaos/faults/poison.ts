// Something else writes on the channels: one malformed message of each kind, one after the other.

import { encode } from "notepack.io";
import type { Fault } from "../fault.ts";
import type { Mode } from "../server/protocol.ts";
import type { World } from "../world.ts";
import { ALL } from "./outages.ts";

const HEARD_WITHIN_MS = 3000;
const SPIN_MS = 700;

interface Poison {
  kind: string;
  send(world: World): Promise<unknown>;
}

const packet = { type: 2, data: ["t", "x", 0, 0], nsp: "/" };
const options = { rooms: [], except: [], flags: {} };
const NOT_MSGPACK = Buffer.from([0xc1]);
const NIL = Buffer.from([0xc0]);

const publish =
  (channel: string, payload: string | Buffer) =>
  ({ control }: World) =>
    control.publish(channel, payload);

const spublish =
  (payload: string | Buffer, channel = "socket.io#/#") =>
  ({ control }: World) =>
    control.spublish(channel, payload);

const xadd =
  (fields: Record<string, string>) =>
  ({ control }: World) =>
    control.xadd("socket.io", "*", ...Object.entries(fields).flat());

/** To the channel of one node alone. */
async function respond({ control }: World, payload: string | Buffer): Promise<void> {
  const channels = await control.call("PUBSUB", "SHARDCHANNELS", "socket.io#/#?*");
  for (const channel of Array.isArray(channels) ? channels.map(String) : []) {
    await control.spublish(channel, payload);
  }
}

const CLASSIC: readonly Poison[] = [
  { kind: "a broadcast that is no msgpack", send: publish("socket.io#/#", NOT_MSGPACK) },
  { kind: "a broadcast without options", send: publish("socket.io#/#", encode(["x", packet])) },
  { kind: "a broadcast that is nil", send: publish("socket.io#/#", NIL) },
  {
    kind: "a broadcast whose data is a number",
    send: publish("socket.io#/#", encode(["x", { type: 2, data: 7, nsp: "/" }, options])),
  },
  {
    kind: "a broadcast whose rooms are a number",
    send: publish("socket.io#/#", encode(["x", packet, { rooms: 7, except: [] }])),
  },
  {
    kind: "a FETCH without options",
    send: publish("socket.io-request#/#", '{"uid":"x","requestId":"y","type":5}'),
  },
  { kind: "a request that is nil", send: publish("socket.io-request#/#", NIL) },
  { kind: "a request cut off", send: publish("socket.io-request#/#", '{"uid":"x","type"') },
  { kind: "a response that is nil", send: publish("socket.io-response#/#", NIL) },
  { kind: "a response that is no msgpack", send: publish("socket.io-response#/#", NOT_MSGPACK) },
];

const wire = (type: number, data?: unknown) => JSON.stringify({ uid: "x", nsp: "/", type, data });

const SHARDED: readonly Poison[] = [
  { kind: "a broadcast without data", send: spublish(wire(3)) },
  { kind: "a message that is nil", send: spublish(NIL) },
  { kind: "a message that is no msgpack", send: spublish(NOT_MSGPACK) },
  { kind: "a message cut off", send: spublish('{"uid":"x","type"') },
  { kind: "a broadcast without options", send: spublish(wire(3, { packet })) },
  {
    kind: "a broadcast whose data is a number",
    send: spublish(wire(3, { packet: { type: 2, data: 7 }, opts: options })),
  },
  {
    kind: "a broadcast whose rooms are a number",
    send: spublish(wire(3, { packet, opts: { rooms: 7, except: [] } })),
  },
  { kind: "a FETCH without data", send: spublish(wire(7)) },
  { kind: "a response without data", send: (world) => respond(world, wire(8)) },
  { kind: "a response that is nil", send: (world) => respond(world, NIL) },
];

const entry = (type: string, data?: string) => ({
  uid: "x",
  nsp: "/",
  type,
  ...(data === undefined ? {} : { data }),
});

const STREAMS: readonly Poison[] = [
  { kind: "a broadcast without data", send: xadd(entry("3")) },
  { kind: "a broadcast without options", send: xadd(entry("3", JSON.stringify({ packet }))) },
  { kind: "data cut off", send: xadd(entry("3", '{"packet"')) },
  { kind: "data that is no msgpack", send: xadd(entry("3", NOT_MSGPACK.toString("base64"))) },
  { kind: "data that is nil", send: xadd(entry("3", NIL.toString("base64"))) },
  {
    kind: "a broadcast whose data is a number",
    send: xadd(
      entry("3", JSON.stringify({ packet: { type: 2, data: 7, nsp: "/" }, opts: options })),
    ),
  },
  { kind: "an entry of other fields", send: xadd({ some: "thing" }) },
  { kind: "a request that is nil", send: publish("socket.io#/#", NIL) },
  { kind: "a request that is no msgpack", send: publish("socket.io#/#", NOT_MSGPACK) },
  { kind: "a request without data", send: publish("socket.io#/#", encode({ type: 7, uid: "x" })) },
];

const POISONS: Readonly<Record<Mode, readonly Poison[]>> = {
  classic: CLASSIC,
  sharded: SHARDED,
  streams: STREAMS,
  recovery: STREAMS,
};

async function run(world: World): Promise<void> {
  world.send();
  await world.hear();
  world.began();
  const deadly: string[] = [];
  const deafening: string[] = [];
  const poisons = POISONS[world.case.mode];
  for (const { kind, send } of poisons) {
    await send(world);
    const hears = await world.hear(HEARD_WITHIN_MS);
    const ended = ["a", "b"].filter((slot) => !world.node(slot).isAlive);
    if (ended.length > 0) {
      deadly.push(kind);
      await world.last(100); // the other one dies of the same
    } else if (!hears) {
      deafening.push(kind);
    }
    if (ended.length > 0 || !hears) {
      await world.replace("a", "b");
      await world.hear();
    }
  }
  world.healed();
  await world.last(SPIN_MS);
  await world.finish();
  if (deadly.length > 0) {
    world.note(`${deadly.length} of ${poisons.length} kinds end the process`);
  }
  if (deafening.length > 0) {
    world.note(`after ${deafening.length} of ${poisons.length} kinds nothing is heard any more`);
  }
  for (const kind of deadly) world.note(`ends the process: ${kind}`);
  for (const kind of deafening) world.note(`nothing is heard after it: ${kind}`);
}

export const poisoned: Fault[] = [
  {
    name: "poisoned messages, of ten kinds",
    modes: ALL,
    promised: () => ({ isComplete: true, isLocalAtOnce: true }),
    run,
  },
];

const WRONG_TYPE_SECONDS = 3;

export const wrongType: Fault[] = [
  {
    name: "the key of the stream is a string, for 3 s",
    modes: ["streams", "recovery"],
    // What is written to a key of another type is refused, not delayed; it must not hurt for long.
    promised: (mode) => ({ isComplete: false, isLocalAtOnce: mode !== "recovery" }),
    async run(world) {
      world.send();
      await world.hear();
      world.began();
      await world.control.set("socket.io", "not a stream");
      await world.last((world.settings.seconds ?? WRONG_TYPE_SECONDS) * 1000);
      await world.control.del("socket.io");
      world.healed();
      await world.hear();
      await world.last(SPIN_MS);
      await world.finish();
    },
  },
];
