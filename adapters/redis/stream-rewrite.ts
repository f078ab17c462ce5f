// Writing entries of a stream once more, in their order and as near to their places as can be.

import { isRetriable } from "./outbox-errors.ts";
import type { RedisArgument, RedisCommand, RedisCommands, RedisReply } from "./port.ts";
import { ID_PLACE, withEntryId } from "./stream-command.ts";
import { textOf } from "./stream-replies.ts";

/**
 * Writes entries with their ids, and where one is too low by now, with the lowest that is not: in one
 * step, as another node may be doing the same. So those behind it can have their ids all the same. It
 * ends at the first error, which it answers as text.
 *
 * KEYS: the stream. ARGV: the place of the id among the arguments, and for each entry how many it has
 * and these, without the name of the command and the stream.
 */
const SCRIPT = `local place, at, replies = tonumber(ARGV[1]), 2, {}
local function isTooLow(reply)
  return type(reply) == 'table' and string.find(reply.err, 'equal or smaller', 1, true)
end
local function nextId()
  local last = redis.pcall('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
  local ms, number = string.match(last[1] and last[1][1] or '', '^(%d+)%-(%d+)$')
  return ms and ms .. '-' .. string.format('%.0f', number + 1) or '*'
end
while at <= #ARGV do
  local last = at + tonumber(ARGV[at])
  local args = {unpack(ARGV, at + 1, last)}
  local function add(id)
    args[place] = id
    return redis.pcall('XADD', KEYS[1], unpack(args))
  end
  local reply = add(args[place])
  if isTooLow(reply) then reply = add(nextId()) end
  if isTooLow(reply) then reply = add('*') end
  if type(reply) == 'table' then
    replies[#replies + 1] = '-' .. reply.err
    break
  end
  replies[#replies + 1] = reply
  at = last + 1
end
return replies`;

/** XADD and the stream are not among the arguments of an entry. */
const HEAD = 2;
/** So many entries are written at once. */
const CHUNK = 256;

/**
 * Writes entries that are in a stream no more, each with the id that it has, or with a higher one where
 * others have written meanwhile. They are in their order whatever other nodes write at the same time;
 * where Redis allows no scripts, unless another one writes between two commands.
 *
 * @param commands what `withEntryId` has made, all for this stream
 * @returns for each its id, or why it was not written
 */
export async function writeInOrder(
  redis: RedisCommands,
  stream: string,
  commands: readonly RedisCommand[],
): Promise<(RedisReply | Error)[]> {
  const replies: (RedisReply | Error)[] = [];
  while (replies.length < commands.length) {
    const chunk = commands.slice(replies.length, replies.length + CHUNK);
    replies.push(...(await writeChunk(redis, stream, chunk)));
    const last = replies.at(-1);
    if (last instanceof Error && isRetriable(last)) {
      // What is behind it must not be written before it.
      return commands.map((_, i) => replies[i] ?? last);
    }
  }
  return replies;
}

/** Writes at least one of them, and what is behind it up to the first error. */
async function writeChunk(
  redis: RedisCommands,
  stream: string,
  chunk: readonly RedisCommand[],
): Promise<(RedisReply | Error)[]> {
  const args: RedisArgument[] = ["EVAL", SCRIPT, 1, stream, ID_PLACE - HEAD + 1];
  for (const { args: all } of chunk) {
    args.push(all.length - HEAD, ...all.slice(HEAD));
  }
  const [reply = null] = await redis.send([{ key: stream, args }]);
  if (reply instanceof Error) {
    return isRetriable(reply) ? [reply] : writePlainly(redis, chunk);
  }
  return Array.isArray(reply) && reply.length > 0 ? reply.map(toReply) : [notWritten()];
}

/** The same where scripts are not allowed. */
async function writePlainly(
  redis: RedisCommands,
  chunk: readonly RedisCommand[],
): Promise<(RedisReply | Error)[]> {
  // Where the first id is too low, those behind it may not be: but then they would be before it.
  const [first = null] = await redis.send(chunk.slice(0, 1));
  if (isTooLow(first)) {
    return redis.send(chunk.map(toNewId));
  }
  if (first instanceof Error) {
    return [first];
  }
  const others = chunk.slice(1);
  const replies = await redis.send(others);
  const late = others.filter((_, i) => isTooLow(replies[i]));
  const written = await redis.send(late.map(toNewId));
  let next = 0;
  return [first, ...replies.map((it) => (isTooLow(it) ? (written[next++] ?? null) : it))];
}

function toNewId(command: RedisCommand): RedisCommand {
  return withEntryId(command, "*");
}

function isTooLow(reply: RedisReply | Error | undefined): boolean {
  return reply instanceof Error && /equal or smaller/i.test(reply.message);
}

/** What the script answers for one entry. */
function toReply(reply: RedisReply): RedisReply | Error {
  const text = textOf(reply);
  return text.startsWith("-") ? new Error(text.slice(1)) : text;
}

function notWritten(): Error {
  return new Error("Redis has written nothing");
}
