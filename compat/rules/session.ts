// Sessions of Engine.IO without a client library: they answer no ping and poll only when asked to.

import assert from "node:assert/strict";
import { joinText, splitText } from "../../test/support/payload-v3.ts";
import type { RawResponse } from "../../test/support/raw.ts";
import { OPCODES, type RawWebSocket } from "../../test/support/raw-websocket.ts";
import type { Framing, Message } from "./framings.ts";
import type { HttpRequest, Sent } from "./manners.ts";

/** A packet as text, or the content of a binary message. */
export type Packet = string | Buffer<ArrayBuffer>;

/** The revision of Engine.IO. */
export type Revision = 3 | 4;

/** The content of an open packet. */
export interface OpenPacket {
  sid: string;
  upgrades: string[];
  pingInterval: number;
  pingTimeout: number;
  maxPayload?: number;
}

export const SEPARATOR = "\x1e";
const MESSAGE_V3 = Buffer.from([4]);
const BASE64: Record<Revision, string> = { 3: "b4", 4: "b" };

/** The body of a POST. */
export function encodePayload(packets: readonly Packet[], revision: Revision): string {
  const parts = packets.map((packet) =>
    typeof packet === "string" ? packet : BASE64[revision] + packet.toString("base64"),
  );
  return revision === 3 ? joinText(...parts) : parts.join(SEPARATOR);
}

/** The packets of the answer to a poll. */
export function decodePayload(body: string, revision: Revision): Packet[] {
  const prefix = BASE64[revision];
  return (revision === 3 ? splitText(body) : body.split(SEPARATOR)).map((part) =>
    part.startsWith(prefix) ? Buffer.from(part.slice(prefix.length), "base64") : part,
  );
}

/** The content of an open packet. */
export function readOpen(packet: Packet | undefined): OpenPacket {
  assert.ok(typeof packet === "string" && packet.startsWith("0{"), `no open packet: ${packet}`);
  return JSON.parse(packet.slice(1)) as OpenPacket;
}

/** One session. */
export abstract class Session {
  readonly open: OpenPacket;
  readonly revision: Revision;
  readonly #received: Packet[] = [];

  constructor(open: OpenPacket, revision: Revision) {
    this.open = open;
    this.revision = revision;
  }

  get sid(): string {
    return this.open.sid;
  }

  /** Sends packets, together where that is possible. */
  abstract send(...packets: Packet[]): Promise<void>;

  /** Waits for packets; null when the session has ended. */
  protected abstract receive(): Promise<Packet[] | null>;

  /** The next packet. */
  async next(): Promise<Packet> {
    for (;;) {
      const packet = this.#received.shift();
      if (packet !== undefined) {
        return packet;
      }
      const received = await this.receive();
      assert.ok(received !== null, "the session ended instead");
      this.#received.push(...received);
    }
  }

  /** The next packet, which has to be text. */
  async text(): Promise<string> {
    const packet = await this.next();
    assert.ok(typeof packet === "string", "bytes instead of text");
    return packet;
  }

  /** Reads the next packets, which have to be these. */
  async expect(...packets: Packet[]): Promise<void> {
    for (const packet of packets) {
      assert.deepEqual(await this.next(), packet);
    }
  }

  /** Reads on until the server has ended the session, and returns what came before. */
  async ended(): Promise<Packet[]> {
    const before = this.#received.splice(0);
    for (;;) {
      const received = await this.receive();
      if (received === null) {
        return before;
      }
      before.push(...received);
    }
  }

  /** Joins a namespace and returns the id of the socket there. */
  async join(namespace = "", auth = ""): Promise<string> {
    const prefix = namespace === "" ? "40" : `40${namespace},`;
    await this.send(prefix + auth);
    const answer = await this.text();
    assert.ok(answer.startsWith(`${prefix}{`), `not connected: ${answer}`);
    return (JSON.parse(answer.slice(prefix.length)) as { sid: string }).sid;
  }
}

/** A session over polling. */
export class PollingSession extends Session {
  /** Sends a request of this session. */
  readonly request: (method: string, init?: Omit<HttpRequest, "method" | "path">) => Promise<Sent>;

  constructor(open: OpenPacket, revision: Revision, request: PollingSession["request"]) {
    super(open, revision);
    this.request = request;
  }

  /** Sends a POST and waits for the answer. */
  async post(body: string): Promise<RawResponse> {
    const headers = { "Content-Type": "text/plain;charset=UTF-8" };
    return (await this.request("POST", { body, headers })).answer;
  }

  /** Sends a GET and waits for the answer. */
  async poll(): Promise<RawResponse> {
    return (await this.request("GET")).answer;
  }

  override async send(...packets: Packet[]): Promise<void> {
    const { status, body } = await this.post(encodePayload(packets, this.revision));
    assert.deepEqual([status, body], [200, "ok"]);
  }

  protected override async receive(): Promise<Packet[] | null> {
    const { status, body } = await this.poll();
    if (status === 400) {
      return null;
    }
    assert.equal(status, 200, body);
    const packets = decodePayload(body, this.revision);
    // A noop is there to end a poll, and a close packet to end the session.
    const rest = packets.filter((packet) => packet !== "6" && packet !== "1");
    return rest.length === 0 && packets.includes("1") ? null : rest;
  }
}

/** A session over WebSocket, or a WebSocket that an open session may move to. */
export class WebSocketSession extends Session {
  readonly webSocket: RawWebSocket;
  readonly #framing: Framing;

  constructor(open: OpenPacket, revision: Revision, webSocket: RawWebSocket, framing: Framing) {
    super(open, revision);
    this.webSocket = webSocket;
    this.#framing = framing;
  }

  override async send(...packets: Packet[]): Promise<void> {
    const messages: Message[] = packets.map((packet) =>
      typeof packet !== "string" && this.revision === 3
        ? Buffer.concat([MESSAGE_V3, packet])
        : packet,
    );
    await this.#framing(this.webSocket, messages);
  }

  protected override async receive(): Promise<Packet[] | null> {
    for (;;) {
      const frame = await this.webSocket.frame().catch(() => null); // the connection has ended
      if (frame === null || frame.opcode === OPCODES.close) {
        return null;
      }
      const payload = Buffer.from(frame.payload);
      if (frame.opcode === OPCODES.text) {
        return [`${payload}`];
      }
      if (frame.opcode === OPCODES.binary) {
        return [this.revision === 3 ? readBinaryV3(payload) : payload];
      }
      assert.equal(frame.opcode, OPCODES.pong); // the answer to a ping of the framing
    }
  }
}

function readBinaryV3(payload: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  assert.equal(payload[0], 4, "a binary message of revision 3 begins with its type");
  return payload.subarray(1);
}
