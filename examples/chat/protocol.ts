// What the browser and the server may say to each other, and the checks on what the browser says.
import type { Server, Socket } from "bun-socket.io";

export interface Message {
  /** Grows with every message: "give me what came after id 7" is all that catching up needs. */
  id: number;
  /** Made by the author's browser, the same in each retry: the server stores a message once. */
  clientId: string;
  room: string;
  author: string;
  text: string;
  time: number;
}

export interface OutgoingMessage {
  clientId: string;
  room: string;
  text: string;
}

export type Refusal = { ok: false; error: string };
export type SendReply = { ok: true; id: number; time: number } | Refusal;
export type JoinReply =
  | { ok: true; room: string; messages: Message[]; missedSome: boolean }
  | Refusal;

export interface ClientToServer {
  "room:join": (room: string, lastId: number | null, reply: (reply: JoinReply) => void) => void;
  "message:send": (message: OutgoingMessage, reply: (reply: SendReply) => void) => void;
  typing: (active: boolean) => void;
}

export interface ServerToClient {
  /** The list of rooms, with the number of people in each. */
  rooms: (rooms: { name: string; topic: string; people: number }[]) => void;
  /** Everyone who is in the room now. */
  people: (event: { room: string; names: string[] }) => void;
  note: (event: { room: string; name: string; kind: "joined" | "left"; time: number }) => void;
  message: (message: Message) => void;
  typing: (event: { room: string; name: string; active: boolean }) => void;
}

export interface SocketData {
  name: string;
  /** A secret of one browser tab: it lets the tab that owns a nickname come back for it. */
  key: string;
  room: string | null;
}

type NoEvents = Record<string, never>;
export type ChatServer = Server<ClientToServer, ServerToClient, NoEvents, SocketData>;
export type ChatSocket = Socket<ClientToServer, ServerToClient, NoEvents, SocketData>;

// The types above bind our own code only. A client can send anything at all, so what arrives is
// `unknown` until one of these functions has looked at it; they return null for what is not valid.

const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._'-]{1,19}$/u;
const TOKEN = /^[\w-]{8,64}$/;
const MAX_TEXT = 2000;

export function parseName(value: unknown): string | null {
  if (typeof value !== "string" || value.length > 100) return null;
  const name = value.normalize("NFKC").trim().replace(/\s+/g, " ");
  return NAME.test(name) ? name : null;
}

export function parseToken(value: unknown): string | null {
  return typeof value === "string" && TOKEN.test(value) ? value : null;
}

export function parseMessage(value: unknown): OutgoingMessage | null {
  if (typeof value !== "object" || value === null) return null;
  const { clientId, room, text } = value as Partial<Record<keyof OutgoingMessage, unknown>>;
  const token = parseToken(clientId);
  if (token === null || typeof room !== "string" || typeof text !== "string") return null;
  const trimmed = text.trim();
  if (trimmed.length === 0 || trimmed.length > MAX_TEXT) return null;
  return { clientId: token, room, text: trimmed };
}
