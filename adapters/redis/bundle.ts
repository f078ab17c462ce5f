import { malformedMessage } from "../../lib/errors.ts";
import { parsing } from "./codec.ts";
import type { ChannelMessage, RedisArgument, RedisCommand } from "./port.ts";

/**
 * Publishes a bundle where all nodes of the namespace hear bundles, and else its messages one by one: in
 * one step, so that a node of the reference misses nothing, whenever it comes.
 *
 * It goes along each time (EVAL): were it sent by its hash, a bundle that finds it forgotten would be
 * overtaken by what is under way behind it. That costs Redis no more than can be measured.
 *
 * ARGV: NUMSUB or SHARDNUMSUB, PUBLISH or SPUBLISH, the channel that all nodes hear, the channel of
 * bundles, the bundle, where its messages begin, and their channel, or nothing for records.
 */
const SCRIPT = `local all = redis.call('PUBSUB', ARGV[1], ARGV[3], ARGV[4])
if all[2] == all[4] and all[2] > 0 then
  redis.call(ARGV[2], ARGV[4], ARGV[5])
  return 1
end
local bundle, at, channel = ARGV[5], tonumber(ARGV[6]), ARGV[7]
if channel ~= '' then
  while true do
    local to = string.find(bundle, '\\n', at, true)
    redis.call(ARGV[2], channel, string.sub(bundle, at, (to or 0) - 1))
    if not to then break end
    at = to + 1
  end
else
  while at <= #bundle do
    local size
    size, at = struct.unpack('>I2', bundle, at)
    if size > 0 then
      channel = string.sub(bundle, at, at + size - 1)
      at = at + size
    end
    size, at = struct.unpack('>I4', bundle, at)
    redis.call(ARGV[2], channel, string.sub(bundle, at, at + size - 1))
    at = at + size
  end
end
return 0`;

/** What a bundle of records begins with; one of lines begins with a quote. */
const RECORDS = 0;
/** Of a channel, and of what says how long it is; of a message likewise. */
const CHANNEL_HEAD = 2;
const MESSAGE_HEAD = 4;

/** Where the bundles of one node in one namespace go. */
export interface BundleRoute {
  readonly uid: string;
  readonly isSharded: boolean;
  /** What all nodes of the namespace listen to, those of the reference too. */
  readonly countChannel: string;
  /** What all nodes of this package listen to, along with it. */
  readonly bundleChannel: string;
}

/** The command that finds out whether Redis runs scripts: it publishes nothing. */
export const PROBE: RedisCommand = {
  key: undefined,
  args: ["EVAL", SCRIPT, 0, "NUMSUB", "", "", "", "", 1, ""],
};

/**
 * Makes the command that publishes messages as one. Redis answers it with 1, or with 0 where it had
 * to publish them one by one.
 */
export function bundleCommand(
  { uid, isSharded, countChannel, bundleChannel }: BundleRoute,
  messages: readonly ChannelMessage[],
): RedisCommand {
  const { body, at, channel } = encodeLines(uid, messages) ?? encodeRecords(uid, messages);
  const [count, publish] = isSharded ? ["SHARDNUMSUB", "SPUBLISH"] : ["NUMSUB", "PUBLISH"];
  const args = ["EVAL", SCRIPT, 0, count, publish, countChannel, bundleChannel];
  return { key: undefined, args: [...args, body, at, channel] };
}

interface Encoded {
  readonly body: RedisArgument;
  /** Where the first message begins, from 1 on. */
  readonly at: number;
  readonly channel: string;
}

/** Lines: the node and the channel as JSON, and the messages, which are JSON too. */
function encodeLines(uid: string, messages: readonly ChannelMessage[]): Encoded | undefined {
  const channel = messages[0]?.channel ?? "";
  const head = `${JSON.stringify(uid)}\n${JSON.stringify(channel)}`;
  let body = head;
  for (const message of messages) {
    if (typeof message.payload !== "string" || message.channel !== channel) {
      return undefined;
    }
    body += `\n${message.payload}`;
  }
  return { body, at: Buffer.byteLength(head) + 2, channel };
}

/**
 * Bytes: a zero, the node, and for each message its channel, or nothing for that of the one before it,
 * and what it says; before each of them, how long it is.
 */
function encodeRecords(uid: string, messages: readonly ChannelMessage[]): Encoded {
  let most = 2 + 3 * uid.length;
  let previous: string | undefined;
  for (const { channel, payload } of messages) {
    // No more than needed: what a large block costs is that the system has to map it.
    const channelMost = channel === previous ? 0 : 3 * channel.length;
    const payloadMost = typeof payload === "string" ? 3 * payload.length : payload.length;
    most += CHANNEL_HEAD + channelMost + MESSAGE_HEAD + payloadMost;
    previous = channel;
  }
  const bytes = Buffer.allocUnsafe(most);
  bytes[0] = RECORDS;
  const uidSize = bytes.write(uid, 2);
  let at = bytes.writeUInt8(uidSize, 1) + uidSize;
  const start = at + 1;
  let last: string | undefined;
  for (const { channel, payload } of messages) {
    const size = channel === last ? 0 : bytes.write(channel, at + CHANNEL_HEAD);
    at = bytes.writeUInt16BE(size, at) + size;
    last = channel;
    const from = at + MESSAGE_HEAD;
    let length = payload.length;
    if (typeof payload === "string") {
      length = bytes.write(payload, from);
    } else {
      bytes.set(payload, from);
    }
    at = bytes.writeUInt32BE(length, at) + length;
  }
  return { body: bytes.subarray(0, at), at: start, channel: "" };
}

/** What takes a message of a bundle. It does not throw. */
export type OnBundled = (payload: Buffer | string, channel: string) => void;

/**
 * Reads a bundle, unless it is of this node itself: each of its messages, in their order.
 *
 * @throws SocketIOError with `ERR_MALFORMED_MESSAGE`, perhaps behind some of the messages
 */
export function readBundle(bundle: Buffer, ownUid: string, onBundled: OnBundled): void {
  if (bundle[0] === RECORDS) {
    readRecords(bundle, ownUid, onBundled);
  } else {
    readLines(bundle, ownUid, onBundled);
  }
}

function readLines(bundle: Buffer, ownUid: string, onBundled: OnBundled): void {
  const own = JSON.stringify(ownUid);
  if (bundle.toString("latin1", 0, own.length) === own) {
    return;
  }
  const lines = bundle.toString().split("\n");
  const channel = parsing(() => JSON.parse(lines[1] ?? ""));
  if (typeof channel !== "string") {
    throw malformedMessage("a bundle without a channel");
  }
  for (let i = 2; i < lines.length; i++) {
    onBundled(lines[i] ?? "", channel);
  }
}

function readRecords(bundle: Buffer, ownUid: string, onBundled: OnBundled): void {
  let at = 2 + (bundle[1] ?? 0);
  if (bundle.toString("latin1", 2, at) === ownUid) {
    return;
  }
  let channel = "";
  while (at < bundle.length) {
    const channelEnd = endOf(bundle, at, CHANNEL_HEAD);
    if (channelEnd > at + CHANNEL_HEAD) {
      channel = bundle.toString("utf8", at + CHANNEL_HEAD, channelEnd);
    }
    at = endOf(bundle, channelEnd, MESSAGE_HEAD);
    onBundled(bundle.subarray(channelEnd + MESSAGE_HEAD, at), channel);
  }
}

/** Where that ends whose size stands at a place. */
function endOf(bundle: Buffer, at: number, head: number): number {
  const from = at + head;
  const end = from > bundle.length ? from : from + bundle.readUIntBE(at, head);
  if (end > bundle.length) {
    throw malformedMessage("a bundle that ends early");
  }
  return end;
}
