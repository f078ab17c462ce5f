// Requests to a server under siege, line by line.

import { type Connection, exchange } from "./raw.ts";
import { encodeFrame, type Frame, OPCODES } from "./raw-websocket.ts";
import type { Siege } from "./siege.ts";

export const PATH = "/socket.io/?EIO=4&transport=";
export const LIMIT = 1_000_000;
export const UPGRADE = [
  "Host: x",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/** Opens a session over polling, and returns its path. */
export async function openPolling(siege: Siege): Promise<string> {
  const { body } = await exchange(siege.port, "GET", `${PATH}polling`);
  return `${PATH}polling&sid=${JSON.parse(body.slice(1)).sid}`;
}

export function ask(siege: Siege, lines: string[], rest = ""): Connection {
  const connection = siege.connect();
  connection.write(`${lines.join("\r\n")}\r\n\r\n${rest}`);
  return connection;
}

/** A frame of text. */
export function text(payload: string, rest: Partial<Frame> = {}): Buffer {
  return encodeFrame({ opcode: OPCODES.text, payload: Buffer.from(payload), ...rest });
}
