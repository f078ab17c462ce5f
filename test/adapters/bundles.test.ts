// Messages that travel as one between nodes of this package, and one by one where others listen.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  createAdapter as createReferenceAdapter,
  createShardedAdapter as createReferenceShardedAdapter,
} from "@socket.io/redis-adapter";
import type { Socket as ClientSocket } from "socket.io-client";
import { type BundleRoute, bundleCommand, PROBE, readBundle } from "../../adapters/redis/bundle.ts";
import { LONGEST_BUNDLED } from "../../adapters/redis/bundler.ts";
import type { ChannelMessage } from "../../adapters/redis/port.ts";
import { Fleet, MODES, type Mode, type Node, pubSubOf, until } from "../support/pubsub.ts";
import { REFERENCE } from "../support/reference.ts";

const MANY = 40;
/** As they are by default. */
const KINDS = [MODES[0] as Mode, MODES[4] as Mode];
const fleet = new Fleet();
beforeEach(() => fleet.startRedis());
afterEach(() => fleet.end());

/** How many messages Redis has published, by itself or in a script. */
async function published(): Promise<number> {
  const stats = String(await fleet.ask("INFO", "commandstats"));
  const counts = stats.matchAll(/cmdstat_s?publish:calls=(\d+)/g);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Emits numbers in one turn, each once, and waits until Redis has them; how many it published. */
async function emit(node: Node, from: number, to: number): Promise<number> {
  const before = await published();
  for (let number = from; number < to; number++) {
    node.io.emit("number", number);
  }
  await sent(node);
  return (await published()) - before;
}

function sent({ io }: Node): Promise<void> {
  return until(() => {
    const { waiting, inFlight } = pubSubOf(io).stats.outbox;
    return waiting + inFlight === 0;
  });
}

/** Emits until messages travel as one: the first ones do not. */
async function untilBundled(node: Node): Promise<void> {
  await until(async () => (await emit(node, -MANY, 0)) === 1);
}

/** Collects the numbers that a client gets, from 0 on. */
function collect(client: ClientSocket): number[] {
  const heard: number[] = [];
  client.on("number", (number) => {
    if (number >= 0) heard.push(number);
  });
  return heard;
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

function startReference({ isSharded }: Mode): Node {
  const [pub, sub] = [fleet.connect(), fleet.connect()];
  const create = isSharded ? createReferenceShardedAdapter : createReferenceAdapter;
  return fleet.add({ adapter: create(pub, sub) as never }, pub, sub, REFERENCE);
}

async function startPair(mode: Mode): Promise<[Node, Node]> {
  const [one, other] = await fleet.startNodes(2, mode);
  if (one === undefined || other === undefined) throw new Error("no nodes");
  return [one, other];
}

describe.each(KINDS)("bundles ($name)", (mode) => {
  test("what one turn sends is one message between nodes of this package", async () => {
    const [one, other] = await startPair(mode);
    const heard = collect((await fleet.join(other)).client);
    const own = collect((await fleet.join(one)).client);
    await untilBundled(one);
    expect(await emit(one, 0, MANY)).toBe(1);
    await until(() => heard.length >= MANY);
    expect(heard).toEqual(numbers(0, MANY));
    expect(own).toEqual(heard);
    expect(pubSubOf(other.io).stats.replay).toMatchObject({ gaps: 0, duplicates: 0 });
  });

  test("bytes travel so too, and what is for rooms", async () => {
    const [one, other] = await startPair(mode);
    const { client, socket } = await fleet.join(other);
    await socket.join("röom");
    await untilBundled(one);
    const heard: unknown[][] = [];
    client.on("event", (...args) => heard.push(args));
    const sentArgs = numbers(0, MANY).map((i) => [i % 3 === 0 ? Buffer.from([i]) : `é${i}`]);
    for (const [index, args] of sentArgs.entries()) {
      const target = index % 2 === 0 ? one.io : one.io.to(["röom", "b"]);
      target.emit("event", ...args);
      one.io.to("elsewhere").emit("event", "not for it");
      one.io.to("röom").emit("event", "too");
    }
    await until(() => heard.length >= 2 * MANY);
    const ofAll = heard.filter(([argument]) => argument !== "too");
    expect(ofAll).toEqual(sentArgs);
    expect(heard).toHaveLength(2 * MANY);
  });

  test("a node of the reference misses nothing, whenever it comes", async () => {
    const [one, other] = await startPair(mode);
    const heard = collect((await fleet.join(other)).client);
    await untilBundled(one);
    const third = startReference(mode);
    const late = collect((await fleet.join(third)).client);
    let next = 0;
    let since = -1; // the first one sent when it is there
    while (since < 0 || next < since + 20 * MANY) {
      if (since < 0 && (await one.io.of("/").adapter.serverCount()) === 3) since = next;
      await emit(one, next, next + MANY);
      next += MANY;
    }
    await until(() => heard.length >= next && late.at(-1) === next - 1);
    expect(heard).toEqual(numbers(0, next));
    expect(late.filter((number) => number >= since)).toEqual(numbers(since, next));
    // When it has gone, messages travel as one again.
    await third.close();
    await untilBundled(one);
  }, 20_000);

  test("Redis may forget the script at any time: nothing is lost or out of order, replayed or not", async () => {
    const [one, other] = await fleet.startNodes(2, mode, { replay: false });
    if (one === undefined || other === undefined) throw new Error("no nodes");
    const heard = collect((await fleet.join(other)).client);
    await untilBundled(one);
    const tooLong = "x".repeat(LONGEST_BUNDLED); // it leaves behind the bundle, by itself
    for (let from = 0; from < 10 * MANY; from += MANY) {
      await fleet.ask("SCRIPT", "FLUSH");
      for (let number = from; number < from + MANY - 1; number++) one.io.emit("number", number);
      one.io.emit("number", from + MANY - 1, tooLong);
    }
    await until(() => heard.length >= 10 * MANY);
    expect(heard).toEqual(numbers(0, 10 * MANY));
  });

  test("where scripts are not allowed, messages travel one by one, and nobody is told", async () => {
    await fleet.ask("ACL", "SETUSER", "default", "-@scripting");
    const [one, other] = await startPair(mode);
    const errors: unknown[] = [];
    pubSubOf(one.io).on("error", (error) => errors.push(error));
    const heard = collect((await fleet.join(other)).client);
    for (let i = 0; i < 5; i++) {
      expect(await emit(one, i * MANY, (i + 1) * MANY)).toBe(MANY);
    }
    await until(() => heard.length >= 5 * MANY);
    expect(heard).toEqual(numbers(0, 5 * MANY));
    expect(errors).toEqual([]);
  });

  test("where a node may not hear bundles, they are for none, and nobody is told", async () => {
    await fleet.ask("ACL", "SETUSER", "default", "resetchannels");
    const allowed = ["socket.io#*", "socket.io#/#*", "socket.io-re*"].map(
      (pattern) => `&${pattern}`,
    );
    await fleet.ask("ACL", "SETUSER", "default", ...allowed);
    const [one, other] = await startPair(mode);
    const errors: unknown[] = [];
    pubSubOf(other.io).on("error", (error) => errors.push(error));
    const heard = collect((await fleet.join(other)).client);
    for (let i = 0; i < 3; i++) {
      expect(await emit(one, i * MANY, (i + 1) * MANY)).toBe(MANY);
    }
    await until(() => heard.length >= 3 * MANY);
    expect(heard).toEqual(numbers(0, 3 * MANY));
    expect(errors).toEqual([]);
  });

  test("what makes no sense as one is told, and what comes after it is heard", async () => {
    const [one, other] = await startPair(mode);
    const errors: Error[] = [];
    pubSubOf(other.io).on("error", (error) => errors.push(error));
    const heard = collect((await fleet.join(other)).client);
    const forged = [
      "",
      '"a"',
      '"a"\n7\n{}',
      "\u0000\u0001a\u0000\u0009",
      "\u0000\u00ff",
      "nonsense\n",
    ];
    const inside = ["{", '{"type":3}', "7"].map((text) => `"a"\n"${channelOf(mode)}"\n${text}`);
    for (const bundle of [...forged, ...inside]) {
      await fleet.ask(mode.isSharded ? "SPUBLISH" : "PUBLISH", "socket.io-bundle#/#", bundle);
    }
    await emit(one, 0, 1);
    await until(() => heard.length === 1);
    expect(errors.length).toBeGreaterThanOrEqual(forged.length);
    for (const error of errors) {
      expect(error).toMatchObject({ code: "ERR_MALFORMED_MESSAGE" });
    }
  });
});

function channelOf({ isSharded }: Mode): string {
  return isSharded ? "socket.io#/#" : "socket.io-request#/#";
}

describe("a bundle", () => {
  const route: BundleRoute = {
    uid: "me",
    isSharded: false,
    countChannel: "all",
    bundleChannel: "+",
  };
  const cases: [string, ChannelMessage[]][] = [
    [
      "texts of one channel",
      ["{}", '{"a":"é\\n"}', "[1]"].map((payload) => ({ channel: "x", payload })),
    ],
    [
      "texts of several channels",
      ["é", "b", "b", "c"].map((channel) => ({ channel, payload: '"ü"' })),
    ],
    [
      "texts and bytes",
      [
        { channel: "a", payload: new Uint8Array([0, 10, 255]) },
        { channel: "a", payload: "text" },
        { channel: "b", payload: new Uint8Array() },
      ],
    ],
  ];

  test.each(cases)("of %s is read as what was sent, but not by its sender", (_name, messages) => {
    const body = bundleCommand(route, messages).args[7] as string | Uint8Array;
    const read: ChannelMessage[] = [];
    const take = (payload: Buffer | string, channel: string) => read.push({ channel, payload });
    readBundle(Buffer.from(body as Uint8Array), "me", take);
    expect(read).toEqual([]);
    readBundle(Buffer.from(body as Uint8Array), "you", take);
    const inBytes = ({ channel, payload }: ChannelMessage) => ({
      channel,
      payload: Buffer.from(payload as Uint8Array),
    });
    expect(read.map(inBytes)).toEqual(messages.map(inBytes));
  });

  test.each(cases)("of %s is published one by one where others listen", async (_name, messages) => {
    const spy = fleet.connect();
    const heard: ChannelMessage[] = [];
    spy.on("messageBuffer", (channel: Buffer, payload: Buffer) => {
      heard.push({ channel: channel.toString(), payload });
    });
    await spy.subscribe("all", ...messages.map(({ channel }) => channel));
    const { args } = bundleCommand(route, messages);
    const pub = fleet.connect();
    await pub.script("LOAD", String(PROBE.args[1]));
    const [command = "", ...rest] = args.map((arg) =>
      arg instanceof Uint8Array ? Buffer.from(arg) : arg,
    );
    expect(await pub.call(String(command), ...rest)).toBe(0);
    await until(() => heard.length >= messages.length);
    expect(heard).toEqual(
      messages.map(({ channel, payload }) => ({
        channel,
        payload: Buffer.from(payload as Uint8Array),
      })),
    );
  });
});
