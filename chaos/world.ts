// What a case happens in: Redis, the nodes, a client at each, and the count of what arrives.

import { Redis } from "ioredis";
import { type RedisServer, startRedis } from "../test/support/redis.ts";
import { type RedisCluster, startRedisCluster } from "../test/support/redis-cluster.ts";
import type { Answered, Case, Outcome } from "./fault.ts";
import { Flow, SILENCE_MS } from "./flow.ts";
import { type Listener, listen } from "./listener.ts";
import { NodeProcess } from "./node-process.ts";
import type { Question } from "./server/protocol.ts";

const QUIET_MS = 3000;
const BACK_WITHIN_MS = 12_000;
const LOOK_EVERY_MS = 20;
const AGREE_TRIES = 100;
const AGREE_WITHIN_MS = 5000;
const SERVER = `${import.meta.dir}/server/main.ts`;

/** What is the same for all cases of a run. */
export interface RunSettings {
  /** Broadcasts a second of each node. */
  rate: number;
  /** How long the timed outages last, instead of what they are named after. */
  seconds: number | undefined;
  /** The package of the Redis client. */
  client: string;
  /** How many cases run at a time; undefined: as many as the machine has room for. */
  lanes: number | undefined;
}

/** One case, while it runs. */
export class World {
  readonly settings: RunSettings;
  readonly case: Case;
  readonly #nodes = new Map<string, NodeProcess>();
  readonly #all: NodeProcess[] = [];
  readonly #listeners = new Map<string, Listener>();
  readonly #flows = new Map<string, Flow>();
  readonly #answers: Answered[] = [];
  readonly #notes: string[] = [];
  #redis: RedisServer | null = null;
  #cluster: RedisCluster | null = null;
  #control: Redis | null = null;
  #beganAt = 0;
  #healedAt = 0;
  #heldAt = 0;
  #isSending = false;

  constructor(settings: RunSettings, run: Case) {
    this.settings = settings;
    this.case = run;
  }

  /** The only redis-server. */
  get redis(): RedisServer {
    if (!this.#redis) throw new Error("this fault has a cluster");
    return this.#redis;
  }

  get cluster(): RedisCluster {
    if (!this.#cluster) throw new Error("this fault has no cluster");
    return this.#cluster;
  }

  /** A client of the runner's own. */
  get control(): Redis {
    this.#control ??= new Redis({ port: this.redis.port, host: "127.0.0.1" });
    this.#control.on("error", () => {}); // it goes along with whatever is done to Redis
    return this.#control;
  }

  /** The node of that name that runs now, or ran last. */
  node(slot: string): NodeProcess {
    const node = this.#nodes.get(slot);
    if (!node) throw new Error(`there is no node ${slot}`);
    return node;
  }

  /** Starts Redis, the nodes and their clients. */
  async start(): Promise<void> {
    const { redis, redisArgs = [], nodes = 2 } = this.case.fault;
    if (redis === "cluster") {
      this.#cluster = await startRedisCluster({
        masters: 3,
        replicasPerMaster: 1,
        args: redisArgs,
      });
    } else {
      this.#redis = await startRedis({ args: redisArgs });
      if (redis === "down") await this.#redis.stop();
    }
    const slots = ["a", "b", "c", "d"].slice(0, nodes);
    await Promise.all(slots.map((slot) => this.startNode(slot)));
    // What is sent before a node has started is not for it.
    if (redis !== "down") await this.agree();
  }

  /** Starts a node, or another one in place of one that has ended. */
  async startNode(slot: string): Promise<void> {
    const { fault, mode } = this.case;
    const isOurs = this.case.package === "bun-socket.io";
    const name = `${slot}.${this.#all.filter((node) => node.name.startsWith(slot)).length + 1}`;
    const node = new NodeProcess(
      {
        name,
        package: this.case.package,
        mode,
        redis: this.#cluster?.nodes ?? [{ host: "127.0.0.1", port: this.redis.port }],
        isCluster: this.#cluster !== null,
        client: this.settings.client,
        clientOptions: fault.clientOptions ?? {},
        adapterOptions: (isOurs ? fault.ourOptions?.(mode) : undefined) ?? {},
      },
      [process.execPath, SERVER],
    );
    this.#nodes.set(slot, node);
    this.#all.push(node);
    const port = await node.port;
    const listener = await listen(port, (sender, number, sentAt) => {
      this.#flow(sender, slot).arrived(number, sentAt, Date.now());
    });
    this.#listeners.get(slot)?.close();
    this.#listeners.set(slot, listener);
    node.watch();
    if (this.#isSending) node.send(1000 / this.settings.rate);
  }

  /** Ends nodes, whether they run or have ended, and starts others in their place. */
  async replace(...slots: string[]): Promise<void> {
    await Promise.all(slots.map((slot) => this.node(slot).kill()));
    await Promise.all(slots.map((slot) => this.startNode(slot)));
  }

  /** Waits until each node finds the sockets of all: they are subscribed. Not for ever. */
  async agree(): Promise<void> {
    const nodes = [...this.#nodes.values()];
    const finds = async (node: NodeProcess): Promise<void> => {
      for (let tries = 0; tries < AGREE_TRIES; tries++) {
        if ((await node.ask("fetchSockets")).count === nodes.length) return;
        await Bun.sleep(LOOK_EVERY_MS);
      }
    };
    await Promise.race([Promise.all(nodes.map(finds)), Bun.sleep(AGREE_WITHIN_MS)]);
  }

  /** Lets each node broadcast steadily, if they do not yet. */
  send(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    for (const node of this.#nodes.values()) node.send(1000 / this.settings.rate);
  }

  /** Waits until every node hears every other, at most so long. Answers whether they do. */
  async hear(withinMs: number = BACK_WITHIN_MS): Promise<boolean> {
    const now = Date.now();
    const nexts: Promise<void>[] = [];
    for (const [from, to] of this.#pairs()) {
      if (from !== to) nexts.push(this.#flow(this.node(from).name, to).next(now));
    }
    const heard = Promise.all(nexts).then(() => true);
    return Promise.race([heard, this.#death().then(() => false), timeout(withinMs)]);
  }

  /** The fault begins now. */
  began(): void {
    this.#beganAt = Date.now();
    for (const [from, to] of this.#pairs()) {
      this.#flow(this.node(from).name, to).watch(this.#beganAt);
    }
    for (const node of this.#nodes.values()) node.watch();
  }

  /** What was wrong is right again. */
  healed(): void {
    this.#healedAt = Date.now();
  }

  /** Waits so long, or until a process ends by itself. */
  async last(ms: number): Promise<void> {
    const all = Promise.all([...this.#nodes.values()].map(({ exited }) => exited));
    await Promise.race([Bun.sleep(ms), all]);
  }

  note(text: string): void {
    this.#notes.push(text);
  }

  /**
   * Asks a node about the cluster.
   *
   * @param expected how many answers are the whole
   */
  async ask(slot: string, question: Question, expected: number): Promise<Answered> {
    const start = performance.now();
    const answer = await this.node(slot).ask(question);
    const ms = performance.now() - start;
    const of = `${answer.count || answer.partial} of ${expected}`;
    const kind =
      answer.error !== null
        ? answer.partial > 0
          ? "partial"
          : "error"
        : answer.count === expected
          ? "whole"
          : "silent";
    const detail = answer.error === null ? of : `${of}, ${answer.error}`;
    const answered: Answered = { question, ms, kind, detail };
    this.#answers.push(answered);
    return answered;
  }

  /** Lets the nodes be silent, and waits for what is still under way. */
  async finish(): Promise<void> {
    this.#heldAt = Date.now();
    this.#isSending = false;
    await Promise.all([...this.#nodes.values()].map((node) => node.hold()));
    for (;;) {
      const lastAt = Math.max(this.#heldAt, ...[...this.#flows.values()].map((f) => f.lastAt));
      if (this.#isComplete() || Date.now() - lastAt > QUIET_MS) break;
      await Bun.sleep(LOOK_EVERY_MS);
    }
  }

  /** What came of it. */
  outcome(): Outcome {
    const outcome: Outcome = {
      sentAcross: 0,
      lostAcross: 0,
      sentLocal: 0,
      lostLocal: 0,
      duplicates: 0,
      disorder: 0,
      delayLocalMs: 0,
      delayAcrossMs: 0,
      crashes: this.#crashes(),
      recoveredMs: this.#recovered(),
      memoryBytes: Math.max(...[...this.#nodes.values()].map((node) => node.sample().bytes)),
      cpu: Math.max(...this.#all.map(({ peak }) => peak)),
      told: this.#all.reduce((sum, { dropped }) => sum + dropped, 0),
      answers: this.#answers,
      notes: this.#notes,
    };
    for (const sender of this.#all) {
      for (const slot of this.#nodes.keys()) {
        const flow = this.#flow(sender.name, slot);
        const isLocal = sender.name.startsWith(slot);
        const sent = Math.max(sender.sent, this.#highest(sender));
        const lost = flow.lost(sent);
        if (isLocal) {
          outcome.sentLocal += sent;
          // What a process that ended itself had not yet written is no loss of its adapter.
          outcome.lostLocal += sender.isAlive ? lost : 0;
          outcome.delayLocalMs = Math.max(outcome.delayLocalMs, flow.maxDelay);
        } else {
          outcome.sentAcross += sent;
          outcome.lostAcross += lost;
          outcome.delayAcrossMs = Math.max(outcome.delayAcrossMs, flow.maxDelay);
        }
        outcome.duplicates += flow.duplicates;
        outcome.disorder += flow.disorder;
      }
    }
    return outcome;
  }

  /** Ends all of it. */
  async stop(): Promise<void> {
    for (const listener of this.#listeners.values()) listener.close();
    this.#control?.disconnect();
    await Promise.all(this.#all.filter(({ isAlive }) => isAlive).map((node) => node.kill()));
    await this.#redis?.stop();
    await this.#cluster?.stop();
  }

  #flow(sender: string, slot: string): Flow {
    const key = `${sender}>${slot}`;
    const flow = this.#flows.get(key) ?? new Flow();
    this.#flows.set(key, flow);
    return flow;
  }

  *#pairs(): Generator<[from: string, to: string]> {
    for (const from of this.#nodes.keys()) {
      for (const to of this.#nodes.keys()) yield [from, to];
    }
  }

  /** Resolves when one of the nodes ends. */
  async #death(): Promise<void> {
    await Promise.race([...this.#nodes.values()].map(({ exited }) => exited));
  }

  #highest(sender: NodeProcess): number {
    const slots = [...this.#nodes.keys()];
    return Math.max(...slots.map((slot) => this.#flow(sender.name, slot).highest));
  }

  #isComplete(): boolean {
    return [...this.#pairs()].every(([from, to]) => {
      const sender = this.node(from);
      return !this.node(to).isAlive || this.#flow(sender.name, to).unique >= sender.sent;
    });
  }

  #crashes(): Outcome["crashes"] {
    return this.#all.flatMap(({ name, crash }) =>
      crash === null
        ? []
        : [{ node: name, afterMs: crash.at - this.#beganAt, reason: crash.reason }],
    );
  }

  #recovered(): number | null {
    let longest = 0;
    for (const [from, to] of this.#pairs()) {
      if (from === to) continue;
      const [sender, receiver] = [this.node(from), this.node(to)];
      const flow = this.#flow(sender.name, to);
      const isSilent = flow.lastAt < this.#heldAt - 2 * SILENCE_MS;
      if (!sender.isAlive || !receiver.isAlive || isSilent) return null;
      const { ms, until } = flow.silence;
      if (ms > SILENCE_MS) longest = Math.max(longest, until - this.#healedAt);
    }
    return longest;
  }
}

async function timeout(ms: number): Promise<false> {
  await Bun.sleep(ms);
  return false;
}
