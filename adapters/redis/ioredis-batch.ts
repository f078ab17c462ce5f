// Several commands of one ioredis client in one write, which its pipelines do at twice the cost.

import { toBuffer } from "./bytes.ts";
import {
  commandClassOf,
  type IoredisClient,
  type IoredisCommand,
  type IoredisCommandClass,
  type IoredisSocket,
} from "./ioredis-shape.ts";
import type { ChannelMessage, RedisArgument, RedisCommand } from "./port.ts";

/** Called with what Redis answered to one command of a batch. */
export type OnReply = (index: number, error: Error | null, reply: unknown) => void;

interface BatchCommand extends IoredisCommand {
  /** All bytes of the batch in its last command, and none in the others. */
  bytes: Buffer | undefined;
}

/** A command to write; without `keyPrefix`, its keys stay as they are. */
export interface BatchItem {
  args: readonly RedisArgument[];
  keyPrefix?: string | undefined;
}

type BatchCommandClass = new (
  index: number,
  count: number,
  onReply: OnReply,
  name: string,
  args: (string | Buffer | number)[],
  options?: { keyPrefix?: string },
) => BatchCommand & { encoded(socket: IoredisSocket): string | Buffer };

/** By the class of a client, as the packages of several versions may be in use. */
const classes = new WeakMap<object, BatchCommandClass>();

/** What a message has beside its channel and its payload, at most. */
const HEAD_BYTES = 64;

const NOWHERE: IoredisSocket = { write() {} };

/** Sends commands. None is sent a second time by the client if the connection is lost. */
export function sendBatch(
  client: IoredisClient,
  items: readonly BatchItem[],
  onReply: OnReply,
): void {
  const Command = batchCommandOf(client);
  const commands = items.map(({ args: [name, ...args], keyPrefix }, i) => {
    const options = keyPrefix === undefined ? {} : { keyPrefix };
    return new Command(i, 1, onReply, String(name).toLowerCase(), args.map(toArgument), options);
  });
  const parts = commands.map((command) => Buffer.from(command.encoded(NOWHERE)));
  write(client, commands, Buffer.concat(parts));
}

/** Publishes messages, likewise. */
export function publishBatch(
  client: IoredisClient,
  messages: readonly ChannelMessage[],
  isSharded: boolean,
  onReply: OnReply,
): void {
  const name = isSharded ? "spublish" : "publish";
  writeAlike(client, name, messages.length, encodeMessages(messages, isSharded), onReply);
}

/** Sends commands that all have one name, likewise, without the client's own copies of their arguments. */
export function sendAlike(
  client: IoredisClient,
  commands: readonly Pick<RedisCommand, "args">[],
  name: string,
  onReply: OnReply,
): void {
  const bytes = encodeCommands(commands);
  writeAlike(client, name.toLowerCase(), commands.length, bytes, onReply);
}

/** Replies come in order: one command in the client's queue that stands for all will do. */
function writeAlike(
  client: IoredisClient,
  name: string,
  count: number,
  bytes: Buffer,
  onReply: OnReply,
): void {
  const Command = batchCommandOf(client);
  const command = new Command(0, count, onReply, name, []);
  write(client, new Array<BatchCommand>(count).fill(command), bytes);
}

function write(client: IoredisClient, commands: readonly BatchCommand[], bytes: Buffer): void {
  const last = commands.at(-1);
  if (!last) return;
  // The last one, when all others are among those that wait for an answer: the connection may be lost
  // as it is written to, and what is sent after that would wait for the next one, and never be written.
  last.bytes = bytes;
  const stream = {
    isPipeline: true,
    destination: { redis: client },
    // The command has written its bytes by then.
    write() {},
  } as const;
  for (const command of commands) client.sendCommand(command, stream);
}

function batchCommandOf(client: IoredisClient): BatchCommandClass {
  const prototype: object = Object.getPrototypeOf(client);
  let known = classes.get(prototype);
  if (!known) {
    const Command = commandClassOf(client);
    if (!Command) throw new TypeError("the client makes no commands");
    known = define(Command);
    classes.set(prototype, known);
  }
  return known;
}

function define(Command: IoredisCommandClass): BatchCommandClass {
  return class extends Command implements BatchCommand {
    bytes: Buffer | undefined = undefined;
    /** Not reported to the diagnostics channels of version 5.11 and later: that costs too much here. */
    readonly isTraced = true;
    /** How often it has still to be sent. */
    #unsent: number;
    /** The place of the next reply. */
    #index: number;
    readonly #end: number;
    readonly #onReply: OnReply;
    #timer: ReturnType<typeof setTimeout> | undefined;

    /**
     * @param index its place in the batch
     * @param count for how many commands it stands, from there: it is sent as often
     */
    constructor(
      index: number,
      count: number,
      onReply: OnReply,
      name: string,
      args: (string | Buffer | number)[],
      options: { keyPrefix?: string } = {},
    ) {
      super(name, args, options);
      this.#unsent = count;
      this.#index = index;
      this.#end = index + count;
      this.#onReply = onReply;
      // Never the place that the client expects: what is unanswered when the connection is lost is
      // given back, and not sent again behind the back of whoever keeps the order of messages.
      this.pipelineIndex = -1;
      this.resolve = this.#resolve;
      this.reject = this.#reject;
    }

    override toWritable(socket: IoredisSocket): string | Buffer {
      this.#unsent--;
      const { bytes } = this;
      if (bytes && this.#unsent === 0) {
        this.bytes = undefined;
        socket.write(bytes);
      }
      return "";
    }

    /** Its own bytes. */
    encoded(socket: IoredisSocket): string | Buffer {
      return super.toWritable(socket);
    }

    override setTimeout(ms: number): void {
      this.#timer ??= setTimeout(() => {
        const error = new Error("Command timed out");
        while (this.#index < this.#end) this.#reject(error);
      }, ms);
    }

    #resolve(reply: unknown): void {
      let transformed: unknown;
      try {
        transformed = this.transformReply(reply);
      } catch (error) {
        this.#settle(error instanceof Error ? error : new Error(String(error)), undefined);
        return;
      }
      this.#settle(null, transformed);
    }

    #reject(error: Error): void {
      this.#settle(error, undefined);
    }

    #settle(error: Error | null, reply: unknown): void {
      if (this.#index === this.#end) return;
      const index = this.#index++;
      if (this.#index === this.#end) clearTimeout(this.#timer);
      this.#onReply(index, error, reply);
    }
  };
}

/** As the client takes it: of bytes, only Buffers. */
export function toArgument(argument: RedisArgument): string | Buffer | number {
  return argument instanceof Uint8Array ? toBuffer(argument) : argument;
}

function encodeMessages(messages: readonly ChannelMessage[], isSharded: boolean): Buffer {
  const start = isSharded ? "*3\r\n$8\r\nSPUBLISH\r\n$" : "*3\r\n$7\r\nPUBLISH\r\n$";
  return messages.every(({ payload }) => typeof payload === "string")
    ? encodeTexts(messages, start)
    : encodeBytes(messages, start);
}

function encodeCommands(commands: readonly Pick<RedisCommand, "args">[]): Buffer {
  const parts: Uint8Array[] = [];
  let text = "";
  for (const { args } of commands) {
    text += `*${args.length}\r\n`;
    for (const arg of args) {
      if (arg instanceof Uint8Array) {
        parts.push(Buffer.from(`${text}$${arg.length}\r\n`), arg);
        text = "\r\n";
      } else {
        const value = String(arg);
        text += `$${Buffer.byteLength(value)}\r\n${value}\r\n`;
      }
    }
  }
  const last = Buffer.from(text);
  return parts.length === 0 ? last : Buffer.concat([...parts, last]);
}

/** Of texts: one text is turned into bytes faster than many. */
function encodeTexts(messages: readonly ChannelMessage[], start: string): Buffer {
  let all = "";
  for (const { channel, payload } of messages) {
    all += `${headOf(start, channel)}${Buffer.byteLength(payload)}\r\n${payload}\r\n`;
  }
  return Buffer.from(all);
}

function encodeBytes(messages: readonly ChannelMessage[], start: string): Buffer {
  const payloads = messages.map(({ payload }) =>
    typeof payload === "string" ? Buffer.from(payload) : payload,
  );
  let most = 0;
  for (let i = 0; i < payloads.length; i++) {
    const { channel } = messages[i] as ChannelMessage;
    most += HEAD_BYTES + 3 * channel.length + (payloads[i] as Uint8Array).length;
  }
  const bytes = Buffer.allocUnsafe(most);
  let at = 0;
  let lastChannel: string | undefined;
  let head = Buffer.alloc(0);
  for (let i = 0; i < payloads.length; i++) {
    const { channel } = messages[i] as ChannelMessage;
    const payload = payloads[i] as Uint8Array;
    if (channel !== lastChannel) {
      lastChannel = channel;
      head = Buffer.from(headOf(start, channel));
    }
    bytes.set(head, at);
    at = writeLine(bytes, at + head.length, payload.length);
    bytes.set(payload, at);
    at += payload.length;
    bytes[at++] = 13;
    bytes[at++] = 10;
  }
  return bytes.subarray(0, at);
}

/** A message up to the length of its payload. */
function headOf(start: string, channel: string): string {
  return `${start}${Buffer.byteLength(channel)}\r\n${channel}\r\n$`;
}

/** Writes a whole number and the end of the line; returns where that ends. */
function writeLine(bytes: Buffer, from: number, value: number): number {
  let end = from + 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end++;
  let rest = value;
  for (let at = end - 1; at >= from; at--) {
    bytes[at] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  bytes[end] = 13;
  bytes[end + 1] = 10;
  return end + 2;
}
