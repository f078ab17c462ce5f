// Programs that put more on a socket: through a declaration of the module, or through a cast.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { NextFunction, Request, Response } from "express";
import { type DefaultEventsMap, type ExtendedError, Server, type Socket } from "socket.io";
import { type Equal, expectType } from "../expect.ts";

declare module "socket.io" {
  interface Socket {
    account?: { id: number; name: string };
  }
  interface Server {
    startedAt?: Date;
  }
  interface Namespace {
    label?: string;
  }
  interface RemoteSocket<EmitEvents, SocketData> {
    seen?: boolean;
  }
}

declare module "node:http" {
  interface IncomingMessage {
    account?: { id: number };
  }
}

interface User {
  id: number;
}

export function declared(io: Server): void {
  io.startedAt = new Date();
  io.of("/a").label = "a";
  io.use((socket, next) => {
    socket.account = { id: 1, name: "alice" };
    // @ts-expect-error an id is a number
    socket.account = { id: "1", name: "alice" };
    next();
  });
  io.on("connection", (socket) => {
    expectType<Equal<typeof socket.account, { id: number; name: string } | undefined>>();
  });
  const typed = new Server<{ a: () => void }>();
  typed.on("connection", (socket) => socket.account?.name.toUpperCase());
}

export function onRequest(io: Server): void {
  io.use((socket, next) => {
    socket.request.account = { id: 1 };
    const request: IncomingMessage = socket.request;
    request.account?.id.toFixed();
    next();
  });
  io.on("connection", ({ request }) => {
    const req = request as IncomingMessage & { session?: { user: User } };
    req.session?.user.id.toFixed();
  });
}

type ExpressMiddleware = (req: Request, res: Response, next: NextFunction) => void;

// The wrapper of the time before `io.engine.use()`.
export function wrap(middleware: ExpressMiddleware) {
  return (socket: Socket, next: (error?: ExtendedError) => void) =>
    middleware(socket.request as Request, {} as Response, next as NextFunction);
}

export function wrapped(io: Server, middleware: ExpressMiddleware): void {
  io.use(wrap(middleware));
  io.of("/a").use(wrap(middleware));
  io.engine.use(middleware);
  io.engine.use((req: Request, res: Response, next: NextFunction) => middleware(req, res, next));
  io.engine.use((req: IncomingMessage, res: ServerResponse, next: (error?: Error) => void) => {
    res.setHeader("x-a", "1");
    next(req.method === "GET" ? undefined : new Error("no"));
  });
}

interface SocketData {
  user: User;
}
type AuthServer = Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;

export function withData(io: AuthServer): void {
  io.use(async (socket, next) => {
    try {
      socket.data.user = await Promise.resolve({ id: socket.handshake.auth.id });
      next();
    } catch (cause) {
      const error: ExtendedError = new Error("unauthorized", { cause });
      error.data = { content: "Please retry later" };
      next(error);
    }
  });
  io.on("connection", (socket) => {
    socket.join(`user:${socket.data.user.id}`);
    // @ts-expect-error there is no such data
    socket.data.role;
  });
}

interface SocketWithUser extends Socket {
  user: User;
}

export function withCast(): Server {
  const io = new Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>();
  io.on("connection", (plain) => {
    const socket = plain as SocketWithUser;
    socket.user.id.toFixed();
    socket.data.user = socket.user;
  });
  return io;
}

// What many keep in a module of their own.
export class Sockets {
  private static io: Server | undefined;
  private readonly byUser = new Map<number, Socket>();

  static of(io: Server): Sockets {
    Sockets.io = io;
    return new Sockets();
  }

  add(socket: Socket, user: User): void {
    this.byUser.set(user.id, socket);
    socket.once("disconnect", () => this.byUser.delete(user.id));
    socket.conn.on("close", () => {});
  }

  notify<T>(user: User, event: string, payload: T): boolean {
    return this.byUser.get(user.id)?.emit(event, payload) ?? false;
  }

  all(event: string, ...args: unknown[]): void {
    Sockets.io?.emit(event, ...args);
    Sockets.io?.sockets.emit(event, ...args);
    for (const [id, socket] of Sockets.io?.of("/").sockets ?? []) socket.emit(event, id);
  }
}
