import type { Bundler } from "./bundler.ts";
import type { OutboxOwner } from "./outbox-drops.ts";
import type { Payload, RedisCommand, RedisReply } from "./port.ts";

/** Called with the reply to a command, or with why there is none. */
export type OnReply = (reply: RedisReply | Error) => void;

/** How an entry is sent. */
export const Kind = { PLAIN: 0, SHARDED: 1, COMMAND: 2 } as const;

/** What waits to be sent: a message for a channel, or a command. */
export interface Entry {
  /** They are numbered as they come. */
  readonly number: number;
  /** When it came, in ms. */
  readonly at: number;
  readonly bytes: number;
  readonly owner: OutboxOwner;
  readonly kind: (typeof Kind)[keyof typeof Kind];
  /** Of a command: its key, or nothing. */
  readonly channel: string;
  readonly payload: Payload;
  /** What may send it along with others. */
  readonly bundler: Bundler | undefined;
  readonly command: RedisCommand | undefined;
  readonly onReply: OnReply | undefined;
}

const SMALLEST_GAP = 1_024;

/** What an entry takes beside its payload, about. */
const ENTRY_BYTES = 128;

/** What an entry has whatever it is. */
type Place = Pick<Entry, "number" | "at" | "owner">;

/** A message that waits. */
export function messageOf(
  { number, at, owner }: Place,
  kind: Entry["kind"],
  channel: string,
  payload: Payload,
  bundler: Bundler | undefined,
): Entry {
  const bytes = payload.length + ENTRY_BYTES;
  const none = undefined;
  return {
    number,
    at,
    bytes,
    owner,
    kind,
    channel,
    payload,
    bundler,
    command: none,
    onReply: none,
  };
}

/** A command that waits. */
export function commandOf(
  { number, at, owner }: Place,
  command: RedisCommand,
  onReply: OnReply | undefined,
  bundler: Bundler | undefined,
): Entry {
  const bytes = sizeOf(command) + ENTRY_BYTES;
  const channel = command.key ?? "";
  const kind = Kind.COMMAND;
  return {
    number,
    at,
    bytes,
    owner,
    kind,
    channel,
    payload: "",
    bundler,
    command,
    onReply,
  };
}

function sizeOf(command: RedisCommand): number {
  return (
    command.bytes ??
    command.args.reduce<number>((sum, arg) => sum + (typeof arg === "number" ? 8 : arg.length), 0)
  );
}

/** Entries in their order, with their number and size known. */
export class OutboxQueue {
  #entries: (Entry | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get first(): Entry | undefined {
    return this.#entries[this.#head];
  }

  push(entry: Entry): void {
    this.#bytes += entry.bytes;
    this.#entries.push(entry);
  }

  shift(): Entry | undefined {
    const entry = this.#entries[this.#head];
    if (entry === undefined) {
      return undefined;
    }
    this.#bytes -= entry.bytes;
    this.#entries[this.#head] = undefined; // its place goes later, along with others
    this.#head++;
    if (this.#head === this.#entries.length) {
      this.#entries = [];
      this.#head = 0;
    } else if (this.#head >= SMALLEST_GAP && this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** Adds an entry at the place that its number gives it. */
  insert(entry: Entry): void {
    let place = this.#entries.length;
    while (place > this.#head && (this.#entries[place - 1]?.number ?? 0) > entry.number) {
      place--;
    }
    this.#bytes += entry.bytes;
    this.#entries.splice(place, 0, entry);
  }

  /** Puts all entries of another queue in front of these, and empties that one. */
  takeBack(other: OutboxQueue): void {
    const entries = other.#entries.slice(other.#head);
    this.#entries = entries.concat(this.#entries.slice(this.#head));
    this.#head = 0;
    this.#bytes += other.#bytes;
    other.#entries = [];
    other.#head = 0;
    other.#bytes = 0;
  }
}
