// Messages of WebSocket, as they lie on a tape.

import { constants, inflateRawSync } from "node:zlib";

const WINDOW = 32_768;
const CONTINUATION = 0;
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);

/** A message, or a control frame. */
export interface WebSocketMessage {
  /** 1: text, 2: binary, 8: close, 9: ping, 10: pong */
  opcode: number;
  /** Whether it was compressed (RSV1). */
  isCompressed: boolean;
  /** In how many frames it came. */
  frames: number;
  payload: Buffer;
  /** Where it ends on the tape. */
  end: number;
}

interface Frame {
  fin: boolean;
  rsv1: boolean;
  opcode: number;
  payload: Buffer;
  end: number;
}

/** Reads all complete messages from an offset on. */
export function readMessages(bytes: Buffer, start: number): WebSocketMessage[] {
  const messages: WebSocketMessage[] = [];
  let open: WebSocketMessage | null = null;
  let window: Buffer = Buffer.alloc(0);
  for (let frame = readFrame(bytes, start); frame !== null; frame = readFrame(bytes, frame.end)) {
    const { opcode, payload, end } = frame;
    if (opcode >= 8) {
      messages.push({ opcode, isCompressed: false, frames: 1, payload, end });
      continue;
    }
    if (opcode === CONTINUATION && open !== null) {
      open.payload = Buffer.concat([open.payload, payload]);
      open.frames++;
      open.end = end;
    } else {
      open = { opcode, isCompressed: frame.rsv1, frames: 1, payload, end };
    }
    if (frame.fin) {
      if (open.isCompressed) {
        open.payload = inflate(open.payload, window);
        window = Buffer.concat([window, open.payload]).subarray(-WINDOW);
      }
      messages.push(open);
      open = null;
    }
  }
  return messages;
}

/** The window is what came before, which a message may refer to (context takeover). */
function inflate(payload: Buffer, window: Buffer): Buffer {
  const options = { finishFlush: constants.Z_SYNC_FLUSH };
  const whole = Buffer.concat([payload, TAIL]);
  return inflateRawSync(whole, window.length > 0 ? { ...options, dictionary: window } : options);
}

function readFrame(bytes: Buffer, offset: number): Frame | null {
  const [first, second] = [bytes[offset], bytes[offset + 1]];
  if (first === undefined || second === undefined) {
    return null;
  }
  let at = offset + 2;
  let length = second & 0x7f;
  const extra = length === 126 ? 2 : length === 127 ? 8 : 0;
  if (bytes.length < at + extra) {
    return null;
  }
  if (extra > 0) {
    length = extra === 2 ? bytes.readUInt16BE(at) : Number(bytes.readBigUInt64BE(at));
    at += extra;
  }
  const isMasked = (second & 0x80) !== 0;
  const maskAt = at;
  at += isMasked ? 4 : 0;
  if (bytes.length < at + length) {
    return null;
  }
  const payload = Buffer.from(bytes.subarray(at, at + length));
  if (isMasked) {
    for (let index = 0; index < length; index++) {
      payload[index] = (payload[index] ?? 0) ^ (bytes[maskAt + (index & 3)] ?? 0);
    }
  }
  return {
    fin: (first & 0x80) !== 0,
    rsv1: (first & 0x40) !== 0,
    opcode: first & 0x0f,
    payload,
    end: at + length,
  };
}
