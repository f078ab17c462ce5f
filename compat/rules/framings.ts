// The ways in which clients put WebSocket messages on the wire (RFC 6455, section 5).

import { writeByteWise } from "./manners.ts";
import { encodeFrame, OPCODES, type RawWebSocket } from "../../test/support/raw-websocket.ts";

/** Text, or bytes. */
export type Message = string | Uint8Array<ArrayBuffer>;

/** Writes messages. */
export type Framing = (webSocket: RawWebSocket, messages: readonly Message[]) => Promise<void>;

function opcodeOf(message: Message): number {
  return typeof message === "string" ? OPCODES.text : OPCODES.binary;
}

function whole(message: Message): Buffer<ArrayBuffer> {
  return encodeFrame({ opcode: opcodeOf(message), payload: Buffer.from(message as string) });
}

/** Three frames, and a ping between the first two, where control frames may be. */
function fragments(message: Message): Buffer<ArrayBuffer> {
  const payload = Buffer.from(message as string);
  const [first, second] = [Math.ceil(payload.length / 3), Math.ceil((payload.length * 2) / 3)];
  const { continuation, ping } = OPCODES;
  return Buffer.concat([
    encodeFrame({ opcode: opcodeOf(message), payload: payload.subarray(0, first), fin: false }),
    encodeFrame({ opcode: ping, payload: Buffer.from("between") }),
    encodeFrame({ opcode: continuation, payload: payload.subarray(first, second), fin: false }),
    encodeFrame({ opcode: continuation, payload: payload.subarray(second) }),
  ]);
}

export const FRAMINGS = {
  "a frame a write": async (webSocket, messages) => {
    for (const message of messages) {
      webSocket.connection.write(whole(message));
    }
  },
  "frames byte by byte": async (webSocket, messages) => {
    await writeByteWise(webSocket.connection, Buffer.concat(messages.map(whole)));
  },
  "fragmented messages": async (webSocket, messages) => {
    webSocket.connection.write(Buffer.concat(messages.map(fragments)));
  },
  "all frames in one write": async (webSocket, messages) => {
    webSocket.connection.write(Buffer.concat(messages.map(whole)));
  },
} satisfies Record<string, Framing>;
