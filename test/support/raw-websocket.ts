// WebSockets at the level of their frames, over a plain TCP connection.

import { createHash, randomBytes } from "node:crypto";
import { constants, inflateRawSync } from "node:zlib";
import { Connection, type Parsed, type RawResponse } from "./raw.ts";

/** The opcodes of RFC 6455, section 5.2. */
export const OPCODES = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** A WebSocket frame. */
export interface Frame {
  opcode: number;
  payload: Buffer;
  /** Whether it ends its message. Default: true. */
  fin?: boolean;
  /** The reserved bits, RSV1 being 4. Default: 0. */
  rsv?: number;
}

function parseFrame(bytes: Buffer): Parsed<Required<Frame>> {
  if (bytes.length < 2) {
    return null;
  }
  const first = bytes.readUInt8(0);
  let length = bytes.readUInt8(1) & 0x7f;
  let start = 2;
  if (length >= 126) {
    start = length === 126 ? 4 : 10;
    if (bytes.length < start) {
      return null;
    }
    length = length === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  }
  if (bytes.length < start + length) {
    return null;
  }
  const payload = Buffer.from(bytes.subarray(start, start + length));
  const value = { opcode: first & 15, fin: first >= 128, rsv: (first >> 4) & 7, payload };
  return { value, length: start + length };
}

/** The bytes of a frame, masked as a client has to unless told otherwise. */
export function encodeFrame(
  { opcode, payload, fin = true, rsv = 0 }: Frame,
  masked = true,
): Buffer<ArrayBuffer> {
  const length = payload.length;
  const head = Buffer.alloc(length < 126 ? 2 : length < 0x10000 ? 4 : 10);
  head.writeUInt8((fin ? 0x80 : 0) | (rsv << 4) | opcode, 0);
  head.writeUInt8((masked ? 0x80 : 0) | (length < 126 ? length : length < 0x10000 ? 126 : 127), 1);
  if (head.length === 4) {
    head.writeUInt16BE(length, 2);
  } else if (head.length === 10) {
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  const mask = randomBytes(4);
  const body = Buffer.from(payload);
  for (let index = 0; masked && index < length; index++) {
    body[index] = (body[index] ?? 0) ^ (mask[index % 4] ?? 0);
  }
  return Buffer.concat(masked ? [head, mask, body] : [head, body]);
}

/** Undoes permessage-deflate, as far as messages do not build on each other. */
function inflateMessage(payload: Buffer): Buffer {
  const tail = Buffer.from([0, 0, 0xff, 0xff]); // RFC 7692, section 7.2.2
  return inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: constants.Z_SYNC_FLUSH });
}

/** A WebSocket at the level of its frames. */
export class RawWebSocket {
  readonly connection: Connection;
  /** The answer to the request for it. */
  readonly answer: RawResponse;

  constructor(connection: Connection, answer: RawResponse) {
    this.connection = connection;
    this.answer = answer;
  }

  /** Sends a frame, masked as a client has to unless told otherwise. */
  sendFrame(frame: Frame, masked = true): void {
    this.connection.write(encodeFrame(frame, masked));
  }

  send(text: string): void {
    this.sendFrame({ opcode: OPCODES.text, payload: Buffer.from(text) });
  }

  sendBytes(payload: Buffer): void {
    this.sendFrame({ opcode: OPCODES.binary, payload });
  }

  /** Sends a Close frame, without a code unless one is given. */
  sendClose(code?: number): void {
    const payload = Buffer.alloc(code === undefined ? 0 : 2);
    if (code !== undefined) {
      payload.writeUInt16BE(code);
    }
    this.sendFrame({ opcode: OPCODES.close, payload });
  }

  frame(): Promise<Required<Frame>> {
    return this.connection.read(parseFrame);
  }

  /** The next message, which must be text, and whether it came compressed. */
  async textFrame(): Promise<{ text: string; compressed: boolean }> {
    const { opcode, payload, rsv } = await this.frame();
    if (opcode !== OPCODES.text) {
      throw new Error(`a frame of opcode ${opcode} instead of text: ${payload.toString("hex")}`);
    }
    const compressed = rsv !== 0;
    return { text: `${compressed ? inflateMessage(payload) : payload}`, compressed };
  }

  /** The next message, which must be text. */
  async text(): Promise<string> {
    return (await this.textFrame()).text;
  }

  /** Reads on to the Close frame and returns its code (1005 for none), 1006 where none came. */
  async closeCode(): Promise<number> {
    for (;;) {
      let frame: Frame;
      try {
        frame = await this.frame();
      } catch {
        return 1006;
      }
      if (frame.opcode === OPCODES.close) {
        return frame.payload.length < 2 ? 1005 : frame.payload.readUInt16BE(0);
      }
    }
  }
}

/** Asks for a WebSocket and returns the answer, with the WebSocket where it is a 101. */
export async function requestWebSocket(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ answer: RawResponse; webSocket: RawWebSocket | null; connection: Connection }> {
  const connection = new Connection(port);
  const key = randomBytes(16).toString("base64");
  connection.request("GET", path, {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": key,
    ...headers,
  });
  const answer = await connection.response();
  if (answer.status !== 101) {
    connection.destroy();
    return { answer, webSocket: null, connection };
  }
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  if (answer.headers["sec-websocket-accept"] !== accept.digest("base64")) {
    throw new Error("the answer carries the wrong Sec-WebSocket-Accept");
  }
  return { answer, webSocket: new RawWebSocket(connection, answer), connection };
}
