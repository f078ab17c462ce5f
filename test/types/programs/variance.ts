// What may stand for what; the probes of `../probes.ts` ask this of many more pairs.
import type { EventEmitter } from "node:events";
import type { BroadcastOperator, Namespace, RemoteSocket, Server, Socket } from "socket.io";
import { type Equal, expectType } from "../expect.ts";
import type { ClientToServer, Data, ServerToClient, ServerToServer } from "./maps.ts";

type IO = Server<ClientToServer, ServerToClient, ServerToServer, Data>;
type TypedSocket = Socket<ClientToServer, ServerToClient, ServerToServer, Data>;
type TypedNamespace = Namespace<ClientToServer, ServerToClient, ServerToServer, Data>;

/** Whether a `From` may be given where a `To` is wanted. */
type Fits<From, To> = [From] extends [To] ? true : false;

export function withAny(io: IO, socket: TypedSocket, namespace: TypedNamespace): void {
  const server: Server<any, any, any, any> = io;
  const each: Socket<any, any, any, any> = socket;
  const channel: Namespace<any, any, any, any> = namespace;
  const room: BroadcastOperator<any, any> = io.to("room");
  const emitters: EventEmitter[] = [io, socket, namespace];
  const mine: IO = server;
  void [server, each, channel, room, emitters, mine];
}

type Remote = RemoteSocket<ServerToClient, Data>;

export function facts(): void {
  expectType<Equal<Fits<TypedSocket, Socket<any, any, any, any>>, true>>();
  expectType<Equal<Fits<TypedSocket, Socket>, true>>();
  expectType<Equal<Fits<IO, Server>, true>>();
  expectType<Equal<Fits<TypedNamespace, Namespace>, true>>();
  expectType<Equal<Fits<Remote, RemoteSocket<any, Data>>, true>>();
  expectType<Equal<Fits<Remote, RemoteSocket<ServerToClient, { user: string }>>, true>>();
  expectType<Equal<Fits<Remote, RemoteSocket<ServerToClient, { user: number }>>, false>>();
  expectType<Equal<Fits<EventEmitter, Socket>, false>>();
}
