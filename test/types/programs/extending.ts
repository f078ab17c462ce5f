// Classes and interfaces of one's own on top of the package's.
import { Namespace, Server, type ServerOptions, Socket } from "socket.io";
import type { BroadcastOperator, DefaultEventsMap, RemoteSocket } from "socket.io";
import { type Equal, expectType } from "../expect.ts";
import type { ClientToServer, Data, ServerToClient, ServerToServer } from "./maps.ts";

export class MyServer extends Server<ClientToServer, ServerToClient, ServerToServer, Data> {
  readonly started = Date.now();

  constructor(port: number, options?: Partial<ServerOptions>) {
    super(port, options);
    this.on("connection", (socket) => this.welcome(socket));
    this.use((socket, next) => {
      socket.data.user = "alice";
      next();
    });
  }

  private welcome(socket: Socket<ClientToServer, ServerToClient, ServerToServer, Data>): void {
    socket.emit("hello", socket.data.user);
    this.to("room").emit("hello", "name");
  }

  override async close(): Promise<void> {
    await super.close();
  }
}

export class PlainServer extends Server {
  announce(text: string): this {
    this.emit("announcement", text);
    this.on("connection", (socket) => socket.emit("announcement", text));
    return this;
  }
}

export class Generic<Events extends Record<string, (...args: any[]) => void>> {
  constructor(private readonly io: Server<DefaultEventsMap, Events>) {}

  room(name: string): BroadcastOperator<any, any> {
    return this.io.to(name);
  }

  listen(): void {
    this.io.on("connection", (socket) => {
      socket.on("whatever", (...args) => args);
    });
  }
}

export interface AuthenticatedSocket extends Socket {
  user: { id: string };
}

export interface TypedAuthenticated
  extends Socket<ClientToServer, ServerToClient, ServerToServer, Data> {
  user: { id: string };
}

export function withInterfaces(io: Server): void {
  io.use((socket, next) => {
    (socket as AuthenticatedSocket).user = { id: "1" };
    next();
  });
  io.on("connection", (socket) => {
    const { user } = socket as AuthenticatedSocket;
    user.id.toUpperCase();
  });
  // @ts-expect-error the property is not there yet
  io.on("connection", (socket: AuthenticatedSocket) => socket.user);
}

export type IO = Server<ClientToServer, ServerToClient, ServerToServer, Data>;
export type IOSocket = Parameters<Parameters<IO["use"]>[0]>[0];
export type Next = Parameters<Parameters<IO["use"]>[0]>[1];
export type OneOf = Awaited<ReturnType<IO["fetchSockets"]>>[number];
export type Conn = Socket["conn"];
export type Handshake = Socket["handshake"];

export function withUtilities(
  socket: IOSocket,
  next: Next,
  one: OneOf,
  handshake: Handshake,
): void {
  expectType<Equal<IOSocket, Socket<ClientToServer, ServerToClient, ServerToServer, Data>>>();
  expectType<Equal<OneOf, RemoteSocket<ServerToClient, Data>>>();
  expectType<
    Equal<ReturnType<IO["of"]>, Namespace<ClientToServer, ServerToClient, ServerToServer, Data>>
  >();
  expectType<Equal<ReturnType<IO["close"]>, Promise<void>>>();
  socket.emit("hello", one.data.user);
  handshake.auth.token;
  next();
}

export function withClasses(value: unknown): string {
  if (value instanceof Server) return value.path();
  if (value instanceof Namespace) return value.name;
  if (value instanceof Socket) return value.id;
  return "";
}

export type Handler = (io: Server, socket: Socket) => void;
export type Handlers = { [Name in keyof ClientToServer]?: ClientToServer[Name] };

export function register(socket: IOSocket, handlers: Handlers): void {
  if (handlers.basic) socket.on("basic", handlers.basic);
  if (handlers.withAck) socket.on("withAck", handlers.withAck);
}

export function make<Kind extends Server>(
  kind: new (port: number) => Kind,
): InstanceType<typeof Server> {
  return new kind(3000);
}
