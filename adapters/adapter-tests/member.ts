import { io as connect, type Socket } from "socket.io-client";
import type { TestNode } from "./options.ts";
import { until, within } from "./waiting.ts";

/** What a client says of itself when it connects, and how. */
export interface MemberOptions {
  auth?: Record<string, unknown>;
  query?: Record<string, string>;
  /** The session it takes up again. */
  session?: SessionTicket;
}

/** What a client shows when it comes back. */
export interface SessionTicket {
  pid: string;
  offset: string;
}

/** What a client keeps of its session; it tells nobody but the server. */
function sessionOf(client: Socket): { pid: unknown; offset: unknown } {
  return { pid: Reflect.get(client, "_pid"), offset: Reflect.get(client, "_lastOffset") };
}

/** A client of one node: the stock client, and all that it got. */
export class Member {
  readonly client: Socket;
  readonly node: TestNode;
  /** The place of its node. */
  readonly index: number;
  readonly #nsp: string;
  readonly #deadlineMs: number;
  readonly #events: [string, ...unknown[]][] = [];
  readonly #watchers = new Set<() => void>();
  #sibling: Socket | undefined;

  private constructor(client: Socket, node: TestNode, index: number, nsp: string, limit: number) {
    this.client = client;
    this.node = node;
    this.index = index;
    this.#nsp = nsp;
    this.#deadlineMs = limit;
    client.onAny((event: string, ...args: unknown[]) => {
      const values = args.filter((arg) => typeof arg !== "function");
      // With recovery there is an offset behind the arguments, but for volatile events; the suite
      // sends none of those that end with a text.
      if (sessionOf(client).pid !== undefined && typeof values.at(-1) === "string") {
        values.pop();
      }
      this.#events.push([event, ...values]);
      for (const onEvent of this.#watchers) {
        onEvent();
      }
    });
    // What clients are asked, and answer or do not.
    client.on("ask", (...args: unknown[]) => {
      const reply = args.pop() as (answer: unknown) => void;
      reply({ node: index, args });
    });
    client.on("ask unless", (silent: number, reply: (answer: unknown) => void) => {
      if (silent !== index) {
        reply({ node: index });
      }
    });
  }

  /** A client that is connected, and whose node knows it. */
  static async connect(
    node: TestNode,
    index: number,
    nsp: string,
    deadlineMs: number,
    { session, ...options }: MemberOptions = {},
  ): Promise<Member> {
    const client = connect(node.url + nsp, {
      forceNew: true,
      reconnection: false,
      transports: ["websocket"],
      autoConnect: false,
      ...options,
    });
    if (session !== undefined) {
      // Where the client keeps it; on its own it comes back to the same address only.
      Object.assign(client, { _pid: session.pid, _lastOffset: session.offset });
    }
    client.connect();
    const member = new Member(client, node, index, nsp, deadlineMs);
    try {
      await member.connected();
      // The answer of the server's own listeners: they are there.
      await member.request("set data", { node: index });
    } catch (error) {
      client.disconnect();
      throw error;
    }
    return member;
  }

  /** Waits until it is connected. */
  async connected(): Promise<void> {
    const { client } = this;
    if (!client.connected) {
      await within(
        new Promise<void>((resolve, reject) => {
          client.once("connect", resolve);
          client.once("connect_error", reject);
        }),
        this.#deadlineMs,
        () => "a client that connects",
      );
    }
  }

  /** The id of its socket. */
  get id(): string {
    if (this.client.id === undefined) {
      throw new Error("the client is not connected");
    }
    return this.client.id;
  }

  /** Its session, which it can take up again when it has lost its connection. */
  get session(): SessionTicket {
    const { pid, offset } = sessionOf(this.client);
    if (typeof pid !== "string" || typeof offset !== "string") {
      throw new Error(`the server keeps no session: pid ${pid}, offset ${offset}`);
    }
    return { pid, offset };
  }

  /** Has its server do something, and waits until that is done. */
  request(event: "join" | "leave" | "set data", value: unknown): Promise<unknown> {
    return this.client.timeout(this.#deadlineMs).emitWithAck(event, value);
  }

  /** Joins rooms. Other nodes may not know yet: see `Fleet.settle()`. */
  async join(...rooms: (string | number)[]): Promise<void> {
    await this.request("join", rooms);
  }

  /** Leaves a room. */
  async leave(room: string): Promise<void> {
    await this.request("leave", room);
  }

  /** Has its server emit an event to the others, as its own socket. */
  relay(rooms: readonly string[], event: string, ...args: unknown[]): void {
    this.client.emit("relay", rooms, event, ...args);
  }

  /** Connects to another namespace over the same connection, to see whether that lives. */
  async addSibling(): Promise<Socket> {
    const sibling = this.client.io.socket("/dynamic-sibling");
    this.#sibling = sibling;
    sibling.connect();
    await until(
      () => sibling.connected,
      this.#deadlineMs,
      () => "the second namespace is not connected",
    );
    return sibling;
  }

  /** Disconnects. */
  end(): void {
    this.client.disconnect();
    this.#sibling?.disconnect();
  }

  /** The arguments of each event of that name that came so far, without offsets. */
  got(event: string): unknown[][] {
    return this.#events.filter(([name]) => name === event).map(([, ...args]) => args);
  }

  /** Waits for events; returns the arguments of each so far. */
  async gets(event: string, count = 1): Promise<unknown[][]> {
    if (this.got(event).length < count) {
      let onEvent = (): void => {};
      const enough = new Promise<void>((resolve) => {
        onEvent = () => {
          if (this.got(event).length >= count) {
            resolve();
          }
        };
      });
      this.#watchers.add(onEvent);
      try {
        const describe = (): string => {
          const state = { client: this.index, waitsFor: { event, count }, has: this.#summary() };
          return Bun.inspect(state);
        };
        await within(enough, this.#deadlineMs, describe);
      } finally {
        this.#watchers.delete(onEvent);
      }
    }
    return this.got(event);
  }

  #summary(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const [name] of this.#events) {
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  /** Waits until its server has ended it. */
  async isGone(): Promise<string> {
    let reason: string | undefined;
    this.client.once("disconnect", (why) => {
      reason = why;
    });
    await until(
      () => !this.client.connected,
      this.#deadlineMs,
      () => `client ${this.index} is still connected`,
    );
    return reason ?? "";
  }

  /** The rooms of its socket, as its node knows them. */
  async rooms(): Promise<string[]> {
    return (await this.node.call("socketRooms", this.#nsp, this.id))?.sort() ?? [];
  }

  /** Waits until its socket is in exactly these rooms, beside its own. */
  async isIn(...rooms: string[]): Promise<void> {
    const wanted = [this.id, ...rooms].sort().join("\n");
    await until(
      async () => (await this.rooms()).join("\n") === wanted,
      this.#deadlineMs,
      async () => ({ client: this.index, isIn: await this.rooms(), wanted: rooms }),
    );
  }
}
