import type { Untyped } from "../events.ts";

/** A socket at either end: one of the server, or one of `socket.io-client`. */
export interface StreamSocket {
  /** Of the server's. */
  readonly signal?: AbortSignal;
  readonly connected: boolean;
  emit(event: string, ...args: Untyped[]): unknown;
  on(event: string, listener: (...args: Untyped[]) => void): unknown;
  off(event: Untyped, listener: (...args: Untyped[]) => void): unknown;
}

/** What the event of a stream carries: for the types of events. */
export type StreamPart<Chunk = unknown, Info = unknown> = {
  /** Tells the streams of one event apart. */
  id: string;
  /** 0, 1, 2 and so on within a stream. */
  seq: number;
  /** With the first part: what the sender has to say of the stream. */
  info?: Info;
} & (
  | { chunk: Chunk }
  /** The end; nothing follows. */
  | { done: true }
  /** The sender gave up; nothing follows. */
  | { error: string }
);

/** Acknowledges a part: asks for more, or for no more. */
export type StreamAck = (answer?: { cancel: string } | null) => void;
