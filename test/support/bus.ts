// Several nodes in one process: a cluster adapter as an author would write it, over a small bus.

import { deserialize, serialize } from "node:v8";
import {
  ClusterAdapter,
  ClusterAdapterWithHeartbeat,
  type ClusterMessage,
  type ClusterResponse,
  type Survivors,
} from "bun-socket.io/adapter";
import {
  ClusterAdapter as ReferenceAdapter,
  ClusterAdapterWithHeartbeat as ReferenceWithHeartbeat,
} from "socket.io-adapter";
import type { Untyped } from "../../lib/events.ts";

/** A node on the bus. */
interface Member {
  readonly uid: string;
  readonly nsp: string;
  onMessage(message: Untyped, offset: string): void;
  onResponse(response: Untyped): void;
}

/** Carries bytes between nodes, in order, each in a later turn. */
export class Bus {
  readonly members = new Set<Member>();
  /** The types of all messages that were sent, in order. */
  readonly types: number[] = [];
  bytes = 0;
  /** Whether messages get offsets. */
  hasOffsets = false;
  /** Whether it can be told which nodes there are. */
  knowsSurvivors = false;
  /** What is thrown instead of counting. */
  failure: Error | null = null;
  /** How many messages have an offset. */
  #offset = 1_000;
  /** Dead nodes hear and say nothing. */
  readonly dead = new Set<string>();
  /** Messages that are lost: asked for each. */
  loses: (message: ClusterMessage | ClusterResponse) => boolean = () => false;

  async publish(message: ClusterMessage): Promise<string> {
    const bytes = this.#encode(message);
    const offset = this.hasOffsets ? String(this.#offset++) : "";
    await this.#later();
    if (bytes !== null) {
      for (const member of [...this.members]) {
        if (this.#hears(member, message.nsp)) {
          member.onMessage(deserialize(bytes), offset);
        }
      }
    }
    return offset;
  }

  async respond(uid: string, response: ClusterResponse): Promise<void> {
    const bytes = this.#encode(response);
    await this.#later();
    for (const member of [...this.members]) {
      if (bytes !== null && member.uid === uid && this.#hears(member, response.nsp)) {
        member.onResponse(deserialize(bytes));
      }
    }
  }

  #encode(message: ClusterMessage | ClusterResponse): Buffer | null {
    const bytes = serialize(message);
    this.types.push(message.type);
    this.bytes += bytes.length;
    return this.dead.has(message.uid) || this.loses(message) ? null : bytes;
  }

  #later(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  #hears(member: Member, nsp: string): boolean {
    return !this.dead.has(member.uid) && member.nsp === nsp;
  }

  /** Hands a message to every node, as if it came from another. */
  inject(message: unknown): void {
    for (const member of [...this.members]) {
      member.onMessage(message, "");
    }
  }

  /** The same with a response. */
  injectResponse(response: unknown): void {
    for (const member of [...this.members]) {
      member.onResponse(response);
    }
  }

  alive(nsp: string): string[] {
    return [...this.members].filter((each) => this.#hears(each, nsp)).map(({ uid }) => uid);
  }
}

/** Makes an adapter of a base class that has the contract of socket.io-adapter. */
function over(
  bus: Bus,
  Base: abstract new (...args: Untyped[]) => ClusterAdapter,
  options: object,
) {
  return class BusAdapter extends Base {
    readonly #member: Member;

    constructor(nsp: Untyped) {
      super(nsp, options);
      this.#member = {
        uid: this.uid,
        nsp: nsp.name,
        onMessage: (message, offset) => this.onMessage(message, offset),
        onResponse: (response) => this.onResponse(response),
      };
      bus.members.add(this.#member);
    }

    get name(): string {
      return this.uid;
    }

    override close(): Promise<void> | void {
      const closed = super.close();
      bus.members.delete(this.#member);
      return closed;
    }

    override serverCount(): Promise<number> {
      return bus.failure === null
        ? Promise.resolve(bus.alive(this.nsp.name).length)
        : Promise.reject(bus.failure);
    }

    protected override doPublish(message: ClusterMessage): Promise<string> {
      return bus.publish(message);
    }

    protected override doPublishResponse(uid: string, response: ClusterResponse): Promise<void> {
      return bus.respond(uid, response);
    }
  };
}

/** The kinds of adapters that can be on a bus, together as well. */
export const BUS_ADAPTERS = {
  own: (bus: Bus) =>
    class extends over(bus, ClusterAdapter, {}) {
      protected override requestsTimeout = 2_000;

      protected override survivors(uids: readonly string[]): Promise<Survivors | null> {
        if (!bus.knowsSurvivors) {
          return super.survivors(uids);
        }
        const alive = bus.alive(this.nsp.name);
        return Promise.resolve({ count: alive.length, alive: new Set(alive) });
      }
    },
  "own, with heartbeats": (bus: Bus) => withHeartbeat(bus, ClusterAdapterWithHeartbeat),
  reference: (bus: Bus) => over(bus, asOwn(ReferenceAdapter), {}),
  "reference, with heartbeats": (bus: Bus) => withHeartbeat(bus, asOwn(ReferenceWithHeartbeat)),
};

export type BusAdapterKind = keyof typeof BUS_ADAPTERS;

function withHeartbeat(bus: Bus, Base: abstract new (...args: Untyped[]) => ClusterAdapter) {
  const { serverCount } = Base.prototype;
  const options = { heartbeatInterval: 50, heartbeatTimeout: 1_000 };
  return class extends over(bus, Base, options) {
    override serverCount(): Promise<number> {
      return serverCount.call(this); // it counts by itself
    }
  };
}

/** What is written for one has to run on the other. */
function asOwn(Base: unknown): abstract new (...args: Untyped[]) => ClusterAdapter {
  return Base as abstract new (
    ...args: Untyped[]
  ) => ClusterAdapter;
}
