// What a session holds, and what the two ends may say to each other.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestHandler } from "express";
import type { Session, SessionData } from "express-session";

declare module "express-session" {
  interface SessionData {
    name: string;
    visits: number;
  }
}

// The same on the requests that Socket.IO hands out, as the middleware puts it there.
declare module "node:http" {
  interface IncomingMessage {
    session: Session & Partial<SessionData>;
  }
}

export interface ClientToServer {
  visit: (reply: (visits: number) => void) => void;
  say: (text: string, reply: (result: { ok: boolean }) => void) => void;
}

export interface ServerToClient {
  note: (text: string) => void;
  said: (message: { name: string; text: string }) => void;
}

/** The room with every socket of one session. */
export function roomOf({ id }: Session): string {
  return `session:${id}`;
}

/** Leaves out the later requests of a connection: `socket.request` is always that of its handshake. */
export function onlyForHandshakes(middleware: RequestHandler) {
  return (request: IncomingMessage, response: ServerResponse, next: (error?: Error) => void) => {
    const { searchParams } = new URL(request.url ?? "/", "http://localhost");
    if (searchParams.has("sid")) return next();
    // What a middleware of Express asks of them is what node:http gives.
    middleware(
      request as Parameters<RequestHandler>[0],
      response as Parameters<RequestHandler>[1],
      next as Parameters<RequestHandler>[2],
    );
  };
}
