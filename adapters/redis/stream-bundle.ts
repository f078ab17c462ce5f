// Several entries of a stream written as one: what is in it is read by nodes of this package alone.

import { malformedMessage } from "../../lib/errors.ts";
import { isUid } from "../cluster/validation.ts";
import { type Bundled, type Bundler, LONGEST_BUNDLED } from "./bundler.ts";
import { decodeJson, parsing } from "./codec.ts";
import type { RedisArgument, RedisCommand, RedisCommands, RedisReply } from "./port.ts";
import type { StreamEntry } from "./streams-wire.ts";

/** The type of such an entry: none of `MessageType`. */
const BUNDLE = 64;
/** Where the fields of an entry begin among the arguments of XADD. */
const FIELDS_PLACE = 6;
/** So many in one entry, at most. */
const LONGEST_BUNDLE = 256;

/** Writes the entries of several messages as one. */
export class EntryBundler implements Bundler {
  isReady(): boolean {
    return true;
  }

  /** Whether a message may be in a bundle. */
  takes({ args }: RedisCommand): boolean {
    const data = args.at(-1);
    return typeof data === "string" && data.length <= LONGEST_BUNDLED;
  }

  async send(redis: RedisCommands, messages: readonly Bundled[]): Promise<(RedisReply | Error)[]> {
    const parts: RedisCommand[][] = [];
    for (let from = 0; from < messages.length; from += LONGEST_BUNDLE) {
      const part = messages.slice(from, from + LONGEST_BUNDLE);
      parts.push(part.flatMap(({ command }) => command ?? []));
    }
    const replies = await redis.send(parts.map(bundleEntries));
    return parts.flatMap((part, index) => part.map(() => replies[index] ?? null));
  }
}

/**
 * Makes one command of those that `encodeEntry` has made, for the same stream; with the id of the
 * first one.
 */
export function bundleEntries(commands: readonly RedisCommand[]): RedisCommand {
  const [first] = commands;
  if (first === undefined || commands.length === 1) {
    return first ?? { key: undefined, args: [] };
  }
  let data = "";
  let lastHead = "";
  let last: RedisArgument | undefined;
  for (const { args } of commands) {
    const fields = fieldsOf(args);
    if (fields.uid !== last) {
      last = fields.uid;
      lastHead = `[${JSON.stringify(fields.uid)},${JSON.stringify(fields.nsp)},`;
    }
    data += `${data === "" ? "[" : ","}${lastHead}${fields.type},${fields.seq}`;
    data += fields.data === undefined ? "]" : `,${asJson(`${fields.data}`)}]`;
  }
  const { uid = "", nsp = "" } = fieldsOf(first.args);
  const head = [...first.args.slice(0, FIELDS_PLACE), "uid", uid, "nsp", nsp];
  return {
    key: first.key,
    args: [...head, "type", BUNDLE.toString(), "data", `${data}]`],
  };
}

function fieldsOf(args: readonly RedisArgument[]): Partial<Record<string, RedisArgument>> {
  const fields: Record<string, RedisArgument> = {};
  for (let i = FIELDS_PLACE; i + 1 < args.length; i += 2) {
    fields[`${args[i]}`] = args[i + 1] ?? "";
  }
  return fields;
}

/** Data is JSON, or base64, which is a text in JSON. */
function asJson(data: string): string {
  return data.startsWith("{") ? data : `"${data}"`;
}

/** Whether an entry has several messages in it. */
export function isBundle({ type }: StreamEntry): boolean {
  return type === BUNDLE;
}

/**
 * The messages in an entry: itself, where it is no bundle.
 *
 * @throws SocketIOError with `ERR_MALFORMED_MESSAGE`
 */
export function partsOf(entry: StreamEntry): StreamEntry[] {
  if (!isBundle(entry)) {
    return [entry];
  }
  const text = entry.data();
  const list = typeof text === "string" ? parsing(() => decodeJson(text)) : undefined;
  if (!Array.isArray(list)) {
    throw malformedMessage("a bundle that is no list of messages");
  }
  return list.map(toPart);
}

function toPart(part: unknown): StreamEntry {
  const [uid, nsp, type, seq, data] = Array.isArray(part) ? part : [];
  const isSound =
    isUid(uid) &&
    typeof nsp === "string" &&
    Number.isSafeInteger(type) &&
    Number.isSafeInteger(seq);
  if (!isSound || seq <= 0 || type === BUNDLE) {
    throw malformedMessage("a bundle with something in it that is no message");
  }
  return { uid, nsp, type, seq, data: () => data };
}
