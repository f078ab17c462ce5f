// Nodes with a replay each, and between them a network that loses, repeats and delays as Redis and
// its clients do: what happens next is drawn from a seed.

import type { Link, ReplayAnswer, ReplayRequest } from "../../adapters/cluster/messages.ts";
import { type Loss, Replay, type ReplayOptions } from "../../adapters/redis/replay.ts";

/** A source of numbers that look random, from 0 to 1. */
export type Draw = () => number;

/** Mulberry32: the same numbers for the same seed. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What one message of a user says: which one of its sender it is. */
interface Said {
  readonly uid: string;
  readonly channel: string;
  readonly index: number;
}

type Parcel = { readonly from: string; readonly channel: string; readonly size: number } & (
  | { readonly link: Link; readonly payload: string }
  | { readonly request: ReplayRequest }
  | { readonly answer: ReplayAnswer }
);

const SHARED = "#";

/** How many servers Redis has, and how the nodes are connected to them. */
export interface WorldOptions extends ReplayOptions {
  readonly shards?: number;
}

/** The network, and the nodes in it. */
export class World {
  readonly draw: Draw;
  readonly shards: number;
  readonly nodes = new Map<string, WorldNode>();
  readonly options: ReplayOptions;
  /** The pipes of nodes that are gone. */
  readonly #remains: Pipe[] = [];

  constructor(seed: number, { shards = 1, ...options }: WorldOptions = {}) {
    this.draw = drawFrom(seed);
    this.shards = shards;
    this.options = shards > 1 ? { slackMs: 10_000, ...options } : options;
  }

  add(uid: string, rooms: readonly string[]): WorldNode {
    const node = new WorldNode(this, uid, rooms);
    this.nodes.set(uid, node);
    node.replay.start();
    return node;
  }

  pick<T>(values: Iterable<T>): T {
    const list = [...values];
    const value = list[Math.floor(this.draw() * list.length)];
    if (value === undefined) {
      throw new Error("nothing to pick from");
    }
    return value;
  }

  shardOf(channel: string): number {
    return [...channel].reduce((sum, char) => sum + char.charCodeAt(0), 0) % this.shards;
  }

  /** What a server of Redis does with a message. */
  publish(parcel: Parcel): void {
    for (const node of this.nodes.values()) {
      node.receive(parcel);
    }
  }

  /** Lets the network carry a message, somewhere. Returns false if there is none. */
  step(): boolean {
    const ready = this.#readyPipes;
    if (ready.length === 0) {
      return false;
    }
    this.pick(ready).carry();
    return true;
  }

  get #readyPipes(): Pipe[] {
    const pipes = [...this.nodes.values()].flatMap((node) => node.pipes);
    return [...pipes, ...this.#remains].filter((pipe) => pipe.isReady);
  }

  /** Ends all faults, and lets the network carry all there is. */
  async settle(): Promise<void> {
    for (const node of this.nodes.values()) {
      node.recover();
    }
    for (;;) {
      while (this.step()) {}
      await new Promise<void>((resolve) => setImmediate(resolve));
      const nodes = [...this.nodes.values()];
      const isIdle = this.#readyPipes.length === 0;
      if (isIdle && nodes.every(({ replay }) => replay.stats.unanswered === 0)) {
        return;
      }
      if (isIdle) {
        await Bun.sleep(5); // for someone to ask again
      }
    }
  }

  /** A node ends, without a word; what is under way to others stays so. */
  kill(node: WorldNode): void {
    node.replay.close();
    this.nodes.delete(node.uid);
    this.#remains.push(...node.outgoing);
  }

  close(): void {
    for (const { replay } of this.nodes.values()) {
      replay.close();
    }
  }
}

/** A connection, in one direction. */
class Pipe {
  readonly queue: Parcel[] = [];
  isUp = true;
  readonly #carry: (parcel: Parcel) => void;

  constructor(carry: (parcel: Parcel) => void) {
    this.#carry = carry;
  }

  get isReady(): boolean {
    return this.isUp && this.queue.length > 0;
  }

  carry(): void {
    const parcel = this.queue.shift();
    if (parcel !== undefined) {
      this.#carry(parcel);
    }
  }

  /** Carries some of what is under way, without an end to it. */
  carryButKeep(count: number): void {
    for (const parcel of this.queue.slice(0, count)) {
      this.#carry(parcel);
    }
  }
}

/** A node: its connections to each server, and what was delivered to it. */
export class WorldNode {
  readonly uid: string;
  readonly rooms: Set<string>;
  readonly delivered: Said[] = [];
  readonly sent: Said[] = [];
  readonly losses: Loss[] = [];
  readonly replay: Replay<Said>;
  readonly #world: World;
  readonly #out: Pipe[];
  readonly #in: Pipe[];

  constructor(world: World, uid: string, rooms: readonly string[]) {
    this.#world = world;
    this.uid = uid;
    this.rooms = new Set(rooms);
    this.#out = Array.from({ length: world.shards }, () => new Pipe((it) => world.publish(it)));
    this.#in = Array.from({ length: world.shards }, () => new Pipe((it) => this.#take(it)));
    this.replay = new Replay<Said>(uid, world.options, {
      deliver: (said) => {
        this.delivered.push(said);
      },
      decode: (channel, payload) =>
        this.#hears(channel) ? JSON.parse(payload.toString()) : undefined,
      ask: (request) => this.#send({ from: uid, channel: SHARED, size: 0, request }),
      answer: (to, answer) => this.#send({ from: uid, channel: to, size: 0, answer }),
      onLoss: (loss) => {
        this.losses.push(loss);
      },
      onForged: (uid) => {
        throw new Error(`nothing of ${uid} is forged`);
      },
      isCongested: () => false,
      sendDelayMs: () => (world.shards > 1 ? 10_000 : 0),
    });
  }

  /** Hears a room from now on, or no more. */
  setRoom(room: string, isHeld: boolean): void {
    if (isHeld) {
      this.rooms.add(room);
    } else {
      this.rooms.delete(room);
      this.replay.forget(room);
    }
  }

  get outgoing(): readonly Pipe[] {
    return this.#out;
  }

  get pipes(): readonly Pipe[] {
    return [...this.#out, ...this.#in];
  }

  /** Sends the next message of this node. */
  say(channel: string): void {
    const said = { uid: this.uid, channel, index: this.sent.length };
    this.sent.push(said);
    const payload = JSON.stringify(said);
    const link = this.replay.next(channel);
    this.replay.sent(link, channel, payload);
    this.#send({ from: this.uid, channel, size: payload.length, link, payload });
  }

  /** Takes a message from a server, on its way here. */
  receive(parcel: Parcel): void {
    const pipe = this.#in[this.#world.shardOf(parcel.channel)];
    if (parcel.from !== this.uid && this.#hears(parcel.channel) && pipe?.isUp) {
      pipe.queue.push(parcel);
    }
  }

  /** Loses one of the connections on which it listens, with what is under way. */
  loseSubscriber(): void {
    const pipe = this.#world.pick(this.#in);
    const count = Math.floor(this.#world.draw() * (pipe.queue.length + 1));
    for (let carried = 0; carried < count; carried++) {
      pipe.carry();
    }
    pipe.queue.length = 0;
    pipe.isUp = false;
    this.replay.onInterrupted();
  }

  /** Has all connections again on which it listens. */
  regainSubscriber(): void {
    if (this.#in.some(({ isUp }) => !isUp)) {
      for (const pipe of this.#in) {
        pipe.isUp = true;
      }
      this.replay.onResubscribed();
    }
  }

  /** Loses a connection on which it sends, with the replies to what it has sent. */
  losePublisher(): void {
    const pipe = this.#world.pick(this.#out);
    if (pipe.isUp) {
      pipe.carryButKeep(Math.floor(this.#world.draw() * (pipe.queue.length + 1)));
      pipe.isUp = false;
    }
  }

  regainPublisher(): void {
    for (const pipe of this.#out) {
      pipe.isUp = true;
    }
  }

  recover(): void {
    this.regainPublisher();
    this.regainSubscriber();
  }

  /** Loses a message on its way here, unnoticed. */
  loseOne(): void {
    this.#world.pick(this.#in).queue.shift();
  }

  /** What it got from a node, as the places in what that node has sent. */
  heard(uid: string, channel?: string): number[] {
    return this.delivered
      .filter((said) => said.uid === uid && (channel === undefined || said.channel === channel))
      .map(({ index }) => index);
  }

  /** What it has sent, as places. */
  said(channel?: string): number[] {
    return this.sent
      .filter((said) => channel === undefined || said.channel === channel)
      .map(({ index }) => index);
  }

  #hears(channel: string): boolean {
    return channel === SHARED || channel === this.uid || this.rooms.has(channel);
  }

  #send(parcel: Parcel): void {
    this.#out[this.#world.shardOf(parcel.channel)]?.queue.push(parcel);
  }

  #take(parcel: Parcel): void {
    if (!this.#hears(parcel.channel)) {
      return; // of a room that it has left meanwhile
    }
    if ("link" in parcel) {
      const said: Said = JSON.parse(parcel.payload);
      this.replay.accept(parcel.from, parcel.link, parcel.channel, said, parcel.size);
    } else if ("request" in parcel) {
      this.replay.onRequest(parcel.from, structuredClone(parcel.request));
    } else {
      this.replay.onAnswer(parcel.from, structuredClone(parcel.answer));
    }
  }
}
