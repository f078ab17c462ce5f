import type { ServerOptions } from "../../lib/index.ts";
import { startLocalNode } from "./local-node.ts";
import { Member, type MemberOptions } from "./member.ts";
import type { AdapterTestOptions, NodeRequest, TestNode } from "./options.ts";
import { until } from "./waiting.ts";

const DEFAULT_NODES = 3;
const DEFAULT_DEADLINE_MS = 5000;
const SETTLE_MS = 10;

let nextNode = 0;
let nextFleet = 0;
let nextName = 0;

/** What is special about the nodes of a fleet. */
export interface FleetSettings {
  /** Options of the servers. */
  serverOptions?: ServerOptions;
  /** Whether one of them is going to be killed. Default: false. */
  isMortal?: boolean;
  /** How long requests wait for other nodes, in ms. */
  requestsTimeoutMs?: number;
}

/** Nodes that know each other, and their clients. */
export class Fleet {
  readonly nodes: TestNode[] = [];
  readonly deadlineMs: number;
  readonly options: AdapterTestOptions;
  readonly #settings: FleetSettings;
  readonly #name = `fleet-${nextFleet++}`;
  #members: Member[] = [];
  /** Those that were closed or killed. */
  readonly #gone = new Set<TestNode>();
  readonly #killed = new Set<TestNode>();
  /** The namespaces in which events have come through between all nodes. */
  readonly #warm = new Set<string>();

  private constructor(options: AdapterTestOptions, settings: FleetSettings) {
    this.options = options;
    this.deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    this.#settings = settings;
  }

  /** How many nodes an adapter is tried with. */
  static sizeFor(options: AdapterTestOptions): number {
    return options.nodes ?? DEFAULT_NODES;
  }

  /** Starts the nodes, and waits until each knows of the others. */
  static async start(options: AdapterTestOptions, settings: FleetSettings = {}): Promise<Fleet> {
    const fleet = new Fleet(options, settings);
    try {
      const size = Fleet.sizeFor(options);
      await Promise.all(Array.from({ length: size }, (_, index) => fleet.#startNode(index)));
      await fleet.knowEachOther();
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  async #startNode(index: number): Promise<TestNode> {
    const { serverOptions = {}, isMortal = false, requestsTimeoutMs } = this.#settings;
    const request: NodeRequest = {
      id: nextNode++,
      index,
      fleet: this.#name,
      isMortal,
      requestsTimeoutMs: requestsTimeoutMs ?? this.deadlineMs,
      serverOptions,
    };
    const made = await this.options.createNode(request);
    const node = "adapter" in made ? startLocalNode(made, request) : made;
    this.nodes[index] = node;
    return node;
  }

  /** Starts one more node, and waits until all know of it. */
  async startLate(): Promise<TestNode> {
    this.#warm.clear();
    const node = await this.#startNode(this.nodes.length);
    await this.knowEachOther();
    return node;
  }

  /** The nodes that are neither closed nor killed. */
  get live(): TestNode[] {
    return this.nodes.filter((node) => !this.#gone.has(node));
  }

  /** Waits until every node counts all of them. */
  async knowEachOther(nsp = "/"): Promise<void> {
    const count = async (): Promise<number[]> =>
      Promise.all(this.live.map((node) => node.call("serverCount", nsp)));
    await until(
      async () => (await count()).every((each) => each === this.live.length),
      this.deadlineMs,
      async () => ({ nodes: this.live.length, counted: await count() }),
    );
  }

  /** A node by its place. */
  node(index: number): TestNode {
    const node = this.nodes[index];
    if (node === undefined) {
      throw new Error(`there is no node ${index}`);
    }
    return node;
  }

  /** A name that no other test uses: what still travels of another one disturbs nobody. */
  name(text: string): string {
    return `${text} ${nextName++}`;
  }

  /** A client of a node. */
  async connect(index: number, nsp = "/", options: MemberOptions = {}): Promise<Member> {
    const member = await Member.connect(this.node(index), index, nsp, this.deadlineMs, options);
    this.#members.push(member);
    return member;
  }

  /** A client of each node, between which events get through. */
  async connectEach(nsp = "/"): Promise<Member[]> {
    const members = await Promise.all(
      this.nodes.flatMap((node, index) => (this.#gone.has(node) ? [] : [this.connect(index, nsp)])),
    );
    if (!this.#warm.has(nsp)) {
      await this.settle([], members, nsp);
      this.#warm.add(nsp);
    }
    return members;
  }

  /**
   * Waits until an event of each node for the rooms reaches each of the clients: a node may have to
   * subscribe to a room before it hears of what is sent there.
   *
   * @param rooms none: everyone
   */
  async settle(
    rooms: readonly (string | number)[],
    members: readonly Member[],
    nsp = "/",
  ): Promise<void> {
    const event = this.name("settled");
    const missing = (index: number): Member[] =>
      members.filter((member) => !member.got(event).some(([from]) => from === index));
    await Promise.all(
      this.nodes.map(async (node, index) => {
        if (this.#gone.has(node)) {
          return;
        }
        let tries = 0;
        let nextTry = 0;
        await until(
          async () => {
            if (missing(index).length > 0 && performance.now() >= nextTry) {
              tries++;
              await node.call("emit", { nsp, rooms }, event, index);
              nextTry = performance.now() + SETTLE_MS * tries;
            }
            return missing(index).length === 0;
          },
          this.deadlineMs,
          () => ({
            rooms,
            sentBy: index,
            tries,
            notReceivedBy: missing(index).map((member) => member.index),
          }),
        );
      }),
    );
  }

  /** The same for the rooms that sockets have of their own. */
  async settleOwn(members: readonly Member[]): Promise<void> {
    await Promise.all(members.map((member) => this.settle([member.id], [member])));
  }

  /** Waits until the clients have got what a node has sent before now. */
  async fence(from: number, members: readonly Member[], nsp = "/"): Promise<void> {
    const event = this.name("fence");
    await this.node(from).call("emit", { nsp }, event);
    await Promise.all(members.map((member) => member.gets(event)));
  }

  /** Closes a node as one should. */
  async close(index: number): Promise<void> {
    const node = this.node(index);
    this.#gone.add(node);
    await node.close();
  }

  /** Ends a node as a crash does. */
  async kill(index: number): Promise<void> {
    const node = this.node(index);
    if (node.kill === undefined) {
      throw new Error('createNode() gives no kill(): add it, or supports: { deaths: "why not" }');
    }
    this.#gone.add(node);
    this.#killed.add(node);
    await node.kill();
  }

  /** Disconnects the clients, and waits until the nodes have noticed. */
  async reset(): Promise<void> {
    const members = this.#members;
    this.#members = [];
    for (const member of members) {
      member.end();
    }
    const counts = (): Promise<number[]> =>
      Promise.all(this.live.map((node) => node.call("socketCount", "/")));
    await until(
      async () => (await counts()).every((count) => count === 0),
      this.deadlineMs,
      async () => ({ socketsLeft: await counts() }),
    );
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    for (const member of this.#members) {
      member.end();
    }
    const nodes = this.nodes.filter((node) => node !== undefined);
    const ends = await Promise.allSettled(nodes.map((node) => node.stop()));
    for (const [index, end] of ends.entries()) {
      // A node that was cut off may well fail to say goodbye.
      if (end.status === "rejected" && !this.#killed.has(nodes[index] as TestNode)) {
        throw end.reason;
      }
    }
  }
}
