// What Redis answers to the commands of streams, in a form to work with.

import type { RedisReply } from "./port.ts";
import type { EntryFields } from "./streams-wire.ts";

/** An entry as it was read. */
export interface ReadEntry {
  readonly id: string;
  readonly fields: EntryFields;
}

/** What XINFO STREAM tells. */
export interface StreamInfo {
  readonly length: number;
  /** The id of the last entry that ever was. */
  readonly lastId: string;
  /** The id of the first entry that there still is. */
  readonly firstId: string | undefined;
  /** How many entries there ever were; undefined before Redis 7. */
  readonly added: number | undefined;
}

/** Returns what Redis answered, or throws the error that it answered with. */
export function succeed(reply: RedisReply | Error | undefined): RedisReply {
  if (reply instanceof Error) {
    throw reply;
  }
  return reply ?? null;
}

/** A reply that is text. */
export function textOf(reply: RedisReply | undefined): string {
  return typeof reply === "string" ? reply : String(reply ?? "");
}

/** The entries of XREAD of one stream; none if the time was over. */
export function entriesOfRead(reply: RedisReply): ReadEntry[] {
  const [stream, flat] = listOf(reply);
  const [, nested] = listOf(stream);
  return entriesOf(nested ?? flat); // a map, as RESP3 has it, may be a list of keys and values
}

/** The entries of XRANGE. */
export function entriesOf(reply: RedisReply | undefined): ReadEntry[] {
  return listOf(reply).map((entry) => {
    const [id, fields] = listOf(entry);
    return { id: textOf(id), fields: new ReplyFields(listOf(fields)) };
  });
}

/** The fields of an entry, each read when it is asked for. */
class ReplyFields implements EntryFields {
  readonly #list: readonly RedisReply[];

  /** @param list names and values in turns */
  constructor(list: readonly RedisReply[]) {
    this.#list = list;
  }

  /** The last field of that name, where there are several. */
  get(name: string): string | undefined {
    const list = this.#list;
    for (let i = list.length - (list.length % 2 === 0 ? 2 : 1); i >= 0; i -= 2) {
      if (isText(list[i], name)) {
        return textOf(list[i + 1]);
      }
    }
    return undefined;
  }
}

function isText(reply: RedisReply | undefined, text: string): boolean {
  if (!Buffer.isBuffer(reply)) {
    return textOf(reply) === text;
  }
  if (reply.length !== text.length) {
    return false; // it is asked for ASCII
  }
  for (let i = 0; i < text.length; i++) {
    if (reply[i] !== text.charCodeAt(i)) {
      return false;
    }
  }
  return true;
}

/** What XINFO STREAM says. */
export function infoOf(reply: RedisReply): StreamInfo {
  const info = pairsOf(reply, (value) => value);
  const [firstId] = listOf(info.get("first-entry"));
  const added = info.get("entries-added");
  return {
    length: Number(info.get("length") ?? 0),
    lastId: textOf(info.get("last-generated-id")),
    firstId: firstId === undefined ? undefined : textOf(firstId),
    added: added === undefined ? undefined : Number(added),
  };
}

function listOf(reply: RedisReply | undefined): RedisReply[] {
  return Array.isArray(reply) ? reply : [];
}

function pairsOf<Value>(
  reply: RedisReply | undefined,
  convert: (value: RedisReply | undefined) => Value,
): Map<string, Value> {
  const list = listOf(reply);
  const pairs = new Map<string, Value>();
  for (let i = 0; i < list.length; i += 2) {
    pairs.set(textOf(list[i]), convert(list[i + 1]));
  }
  return pairs;
}
