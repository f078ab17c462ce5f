// Whether messages may be one entry of a stream is decided where they are written, in the same step.

import { MessageType } from "../cluster/messages.ts";
import type { RedisCommand, RedisReply } from "./port.ts";
import { BUNDLE, encodeBundle } from "./stream-bundle.ts";
import type { EntryCommand } from "./stream-command.ts";
import { EVENT_HEAD, EVENT_NSP, EVENT_TAIL } from "./stream-event.ts";
import { textOf } from "./stream-replies.ts";

/** For how long it is remembered what was seen: where nobody has looked for longer, nothing is known. */
const REMEMBERED_MS = 10_000;
/** A node may read a stream for a while before it listens to channels again. */
const GRACE_MS = 5_000;

/**
 * Writes a bundle as one entry where all nodes hear bundles, and none of the reference may come back to
 * read it; else its messages one by one.
 *
 * A node of the reference that is cut off goes on reading where it was. So it is kept in Redis what was
 * seen last: `others`; or, when they are gone, the entry behind which none of them can have read, with
 * some time to spare; or `ours`, once that entry and all before it are cut off the stream, so that who was
 * so far back would miss something whatever was written. Nothing is kept where nobody has looked for a
 * while, or Redis has forgotten it: then others may have been there.
 *
 * KEYS: the stream, and what was seen. ARGV: NUMSUB or SHARDNUMSUB, the channel that all nodes hear, that
 * of bundles, how many entries to keep, the fields of the bundle: uid, nsp, size, data. Without data
 * nothing is written, and it is found out whether all that is needed is there.
 */
const SCRIPT = `local all = redis.call('PUBSUB', ARGV[1], ARGV[2], ARGV[3])
local seen, bundle, isOurs = redis.call('GET', KEYS[2]), ARGV[8], all[2] == all[4]
local mayBundle = isOurs and all[2] > 0 and bundle ~= ''
if mayBundle and seen and seen ~= 'others' then
  if seen ~= 'ours' and #redis.call('XRANGE', KEYS[1], '-', seen, 'COUNT', 1) == 0 then
    seen = 'ours'
    redis.call('SET', KEYS[2], seen, 'PX', ${REMEMBERED_MS})
  end
  if seen == 'ours' then
    return redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], '*', 'uid', ARGV[5],
      'nsp', ARGV[6], 'type', '${BUNDLE}', 'size', ARGV[7], 'data', bundle)
  end
end
if not isOurs then seen = 'others' end
if seen then redis.call('SET', KEYS[2], seen, 'PX', ${REMEMBERED_MS}) end
if bundle == '' then return redis.call('XTRIM', KEYS[1], 'MINID', '~', '0-1') end
local ids, at, head, nsp = {}, 1
while true do
  local to = string.find(bundle, '\\n', at, true)
  if not to then break end
  local from = string.find(string.sub(bundle, at, to), '["', 1, true)
  local text = from and string.sub(bundle, at + from - 1, to - 2)
  at = string.find(bundle, '\\n', to + 1, true) + 1
  local data = string.sub(bundle, to + 1, at - 2)
  if text then
    head, nsp = cjson.decode(text .. ']'), string.match(text, '^%["[^"]*",(.*),%d+,%d+$')
    if string.byte(data) == 34 then data = string.sub(data, 2, -2) end
  else
    head[3], head[4] = ${MessageType.BROADCAST}, head[4] + 1
    data = '${EVENT_HEAD}' .. data .. '${EVENT_NSP}' .. nsp .. '${EVENT_TAIL}'
  end
  local id = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], '*', 'uid', head[1],
    'nsp', head[2], 'type', string.format('%.0f', head[3]), 'seq', string.format('%.0f', head[4]),
    'data', data)
  if type(id) == 'table' then
    ids[#ids + 1] = '-' .. id.err
    return ids
  end
  ids[#ids + 1] = id
end
if mayBundle and (not seen or seen == 'others') then
  local ms, number = string.match(ids[#ids], '^(%d+)%-(%d+)$')
  seen = string.format('%.0f', ms + ${GRACE_MS}) .. '-' .. number
  redis.call('SET', KEYS[2], seen, 'PX', ${REMEMBERED_MS})
end
return ids`;

/** What decides whether messages are bundled. */
export interface BundleRoute {
  readonly stream: string;
  readonly isSharded: boolean;
  /** What all nodes listen to, those of the reference too. */
  readonly countChannel: string;
  /** What all nodes of this package listen to, along with it. */
  readonly bundleChannel: string;
}

/** The command that writes messages, as one entry or as many. */
export function bundleCommand(route: BundleRoute, commands: readonly EntryCommand[]): RedisCommand {
  const { uid, nsp, size, data } = encodeBundle(commands);
  return commandOf(route, commands[0]?.entriesToKeep ?? 0, [uid, nsp, size, data]);
}

/**
 * The command that looks who is there, and writes nothing. Redis refuses it where it does not run such
 * scripts, or cannot cut a stream at an entry.
 */
export function lookCommand(route: BundleRoute): RedisCommand {
  return commandOf(route, 0, ["", "", 0, ""]);
}

function commandOf(
  { stream, isSharded, countChannel, bundleChannel }: BundleRoute,
  keep: number,
  bundle: readonly (string | number)[],
): RedisCommand {
  const count = isSharded ? "SHARDNUMSUB" : "NUMSUB";
  const keys = [stream, `${stream}:nodes`];
  const args = ["EVAL", SCRIPT, keys.length, ...keys, count, countChannel, bundleChannel, keep];
  return { key: stream, args: [...args, ...bundle] };
}

/**
 * What Redis answered for each of so many messages: the id of its entry, or why there is none.
 *
 * @param reply to what {@link bundleCommand} has made
 */
export function repliesOf(reply: RedisReply, messages: number): (RedisReply | Error)[] {
  if (!Array.isArray(reply)) {
    return new Array(messages).fill(reply);
  }
  const replies = reply.map(toReply);
  // Behind the first one that it cannot take, it does not try.
  const last = replies.at(-1) ?? new Error("Redis has written nothing");
  return Array.from({ length: messages }, (_, i) => replies[i] ?? last);
}

function toReply(reply: RedisReply): RedisReply | Error {
  const text = textOf(reply);
  return text.startsWith("-") ? new Error(text.slice(1)) : text;
}
