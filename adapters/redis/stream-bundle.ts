// Several entries of a stream written as one: what is in it is read by nodes of this package alone.

import { malformedMessage } from "../../lib/errors.ts";
import { MessageType } from "../cluster/messages.ts";
import { isUid } from "../cluster/validation.ts";
import { decodeJson, parsing } from "./codec.ts";
import type { RedisCommand } from "./port.ts";
import { EntryCommand, type EntryContent } from "./stream-command.ts";
import { messageOfEvent } from "./stream-event.ts";
import type { EntryFields, StreamEntry } from "./streams-wire.ts";

/** The type of such an entry: none of `MessageType`. */
export const BUNDLE = 64;
/** So many messages in one entry, at most. */
export const LONGEST_BUNDLE = 256;

/** The text of a bundle, and what its entry has beside it. */
export interface Bundle {
  readonly uid: string;
  readonly nsp: string;
  readonly size: number;
  readonly data: string;
}

/**
 * Puts messages together, as JSON: a list for each with its sender, namespace, type, number and data; or, for an
 * event for everybody that is the next one of its sender behind the one before it, with the event alone. Line feeds
 * are around each data, and nowhere else: by these a script finds them.
 */
export function encodeBundle(commands: readonly EntryCommand[]): Bundle {
  let text = "";
  let head = "";
  let last: EntryContent | undefined;
  for (const command of commands) {
    const { content } = command;
    const { uid, nsp, type, seq = 0, event } = content;
    const isSame = last !== undefined && uid === last.uid && nsp === last.nsp;
    if (isSame && event !== undefined && seq - 1 === last?.seq) {
      text += `],[\n${event}\n`;
    } else {
      if (!isSame) {
        head = `],[${JSON.stringify(uid)},${JSON.stringify(nsp)},`;
      }
      text += `${head}${type},${seq},\n${asJson(command.data ?? "null")}\n`;
    }
    last = content;
  }
  const { uid = "", nsp = "" } = commands[0]?.content ?? {};
  return { uid, nsp, size: commands.length, data: `[${text.slice(2)}]]` };
}

/** Data is JSON of an object, or base64, which is a text in JSON. */
function asJson(data: string): string {
  return data.startsWith("{") ? data : `"${data}"`;
}

/** Makes one command of several, for the same stream. */
export function bundleEntries(commands: readonly EntryCommand[]): RedisCommand {
  const [first] = commands;
  if (first === undefined || commands.length === 1) {
    return first ?? { key: undefined, args: [] };
  }
  const stream = first.key;
  const { uid, nsp, size, data } = encodeBundle(commands);
  const args = ["XADD", stream, "MAXLEN", "~", first.entriesToKeep, "*", "uid", uid, "nsp", nsp];
  return { key: stream, args: [...args, "type", BUNDLE, "size", size, "data", data] };
}

/** Whether a command writes one message. */
export function isEntryCommand(command: RedisCommand | undefined): command is EntryCommand {
  return command instanceof EntryCommand;
}

/** Whether an entry has several messages in it. */
export function isBundle({ type }: StreamEntry): boolean {
  return type === BUNDLE;
}

/** How many messages a bundle says that it has, for who does not look into it. */
export function sizeOfBundle(fields: EntryFields): number {
  const size = Number(fields.get("size") ?? 1);
  return Number.isInteger(size) && size >= 1 && size <= LONGEST_BUNDLE ? size : 1;
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
  let last: StreamEntry | undefined;
  return list.map((part) => {
    last = toPart(part, last);
    return last;
  });
}

/** @param last the one before it */
function toPart(part: unknown, last: StreamEntry | undefined): StreamEntry {
  if (!Array.isArray(part)) {
    throw noMessage();
  }
  if (part.length === 1) {
    return toEvent(part[0], last);
  }
  const [uid, nsp, type, seq, data] = part;
  const isSound =
    isUid(uid) &&
    typeof nsp === "string" &&
    Number.isSafeInteger(type) &&
    Number.isSafeInteger(seq);
  if (!isSound || seq <= 0 || type === BUNDLE) {
    throw noMessage();
  }
  return { uid, nsp, type, seq, data: () => data };
}

function toEvent(event: unknown, last: StreamEntry | undefined): StreamEntry {
  if (!Array.isArray(event) || last?.seq === undefined) {
    throw noMessage();
  }
  const { uid, nsp, seq } = last;
  const data = (): object => messageOfEvent(event, nsp);
  return { uid, nsp, type: MessageType.BROADCAST, seq: seq + 1, data };
}

function noMessage(): Error {
  return malformedMessage("a bundle with something in it that is no message");
}
