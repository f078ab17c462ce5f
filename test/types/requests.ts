// Code that was written against the reference compiles: requests and answers have node's types.

import type { IncomingMessage, ServerResponse } from "node:http";
import { Server, type Socket } from "bun-socket.io";
import cors from "cors";
import type { RequestHandler } from "express";
import session from "express-session";
import helmet from "helmet";
import { type Equal, expectType } from "./expect.ts";

declare module "express-session" {
  interface SessionData {
    visits: number;
  }
}

interface SessionRequest extends IncomingMessage {
  session: session.Session & Partial<session.SessionData>;
}

export function middlewares(io: Server, express: RequestHandler): void {
  io.engine.use(session({ secret: "cat", resave: false, saveUninitialized: true }));
  io.engine.use(helmet());
  io.engine.use(cors({ origin: "https://example.com" }));
  io.engine.use(express);
  io.engine.use((req: IncomingMessage, res: ServerResponse, next: (err?: Error) => void) => {
    res.setHeader("X-Url", req.url ?? "");
    res.once("finish", () => res.statusCode);
    next();
  });
  io.engine.use((req: SessionRequest, _res: ServerResponse, next: () => void) => {
    req.session.visits = 1;
    next();
  });
  io.engine.use((req, res, next) => {
    const { transport, sid } = req._query;
    expectType<Equal<typeof res, ServerResponse>>();
    if (transport === "polling" && sid === undefined) {
      res.writeHead(403, { "Content-Type": "text/plain" });
      res.end("no polling");
      return;
    }
    next(new Error(req.method));
  });
  // @ts-expect-error a middleware takes a request, not a number
  io.engine.use((_req: number) => {});
  // @ts-expect-error a middleware is a function
  io.engine.use("middleware");
}

export function onlyForHandshakes(io: Server): void {
  const handler = session({ secret: "cat", resave: false, saveUninitialized: true });
  const wrap =
    (middleware: RequestHandler) =>
    (socket: Socket, next: (err?: Error) => void): void => {
      // biome-ignore lint/suspicious/noExplicitAny: as the reference's guide has it
      middleware(socket.request as any, {} as any, next as any);
    };
  io.use(wrap(handler));
}

export function options(): Server {
  return new Server({
    allowRequest: (req: IncomingMessage, fn: (err: string | null, success: boolean) => void) => {
      const noOrigin = req.headers.origin === undefined;
      fn(req.socket.remoteAddress === "127.0.0.1" ? null : "not from here", noOrigin);
    },
  });
}

export function events(io: Server): void {
  io.engine.generateId = (req: IncomingMessage) => `${req.socket.remotePort}`;
  io.engine.on("initial_headers", (headers, req: IncomingMessage) => {
    headers["X-Test"] = req.headers.host ?? "";
    headers["set-cookie"] = ["a=1", "b=2"];
  });
  io.engine.on("headers", (headers: Record<string, string | string[]>, req: IncomingMessage) => {
    headers["X-Url"] = req.url ?? "";
  });
  io.engine.on("connection_error", (err) => {
    const req: IncomingMessage = err.req;
    return [req.method, err.code, err.message, err.context];
  });
  io.engine.on("connection", (rawSocket) => {
    const req: IncomingMessage = rawSocket.request;
    req.once("close", () => {});
  });
}

export function sockets(io: Server): void {
  io.use((socket, next) => {
    const req = socket.request;
    const cookie: string | undefined = req.headers.cookie;
    const { session } = req as SessionRequest;
    session.reload((error) => (error ? socket.disconnect() : session.save()));
    next(cookie === undefined ? new Error("no cookie") : undefined);
  });
  io.on("connection", (socket) => {
    const req: IncomingMessage = socket.request;
    expectType<Equal<typeof req.socket.remoteAddress, string | undefined>>();
    return [req.httpVersion, req.connection.remotePort, req.rawHeaders, socket.conn.request.url];
  });
}
