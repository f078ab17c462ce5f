// The parameters of paths, to the compiler.

import type { Namespace, ParentNamespace, Server } from "bun-socket.io";
import { type NamespacePath, path, type PathParams } from "bun-socket.io/path";
import { type Equal, expectType } from "./expect.ts";

expectType<Equal<PathParams<"/rooms/:roomId">, { readonly roomId: string }>>();
expectType<Equal<PathParams<"rooms/:roomId">, { readonly roomId: string }>>();
expectType<
  Equal<PathParams<"/:org/rooms/:roomId">, { readonly org: string; readonly roomId: string }>
>();
expectType<Equal<PathParams<"/:org/*">, { readonly org: string; readonly "*": string }>>();
expectType<Equal<PathParams<"/:org/*rest">, { readonly org: string; readonly rest: string }>>();
expectType<Equal<keyof PathParams<"/lobby">, never>>();
expectType<Equal<PathParams<string>, Readonly<Record<string, string>>>>();

interface ClientToServer {
  hello: (name: string) => void;
}
interface Data {
  user: string;
}

export function typed(io: Server<ClientToServer, ClientToServer, ClientToServer, Data>): void {
  const rooms = io.of(path("/rooms/:roomId"), (socket) => {
    expectType<Equal<typeof socket.params, { readonly roomId: string }>>();
  });
  rooms.use((socket, next) => {
    expectType<Equal<typeof socket.params.roomId, string>>();
    expectType<Equal<typeof socket.data, Data>>();
    // @ts-expect-error there is no such parameter
    next(socket.params.roomID);
  });
  rooms
    .on("connection", (socket) => {
      expectType<Equal<typeof socket.params, { readonly roomId: string }>>();
      socket.on("hello", (name) => expectType<Equal<typeof name, string>>());
      socket.emit("hello", socket.params.roomId);
      // @ts-expect-error they are read only
      socket.params.roomId = "x";
      // @ts-expect-error there is no such event
      socket.emit("nothing");
    })
    .on("connect", (socket) => {
      socket.params.roomId.length;
    })
    .on("hello", (name) => expectType<Equal<typeof name, string>>());
  const parent: ParentNamespace<ClientToServer, ClientToServer, ClientToServer, Data> = rooms;
  const namespace: Namespace<ClientToServer, ClientToServer, ClientToServer, Data> = rooms;
  namespace.emit("hello", parent.name);
  rooms.to("x").emit("hello", "y");

  io.of("/rooms/1").on("connection", (socket) => {
    // @ts-expect-error a namespace by name has no parameters
    socket.params;
  });

  const files = path("/files/*");
  expectType<Equal<typeof files, NamespacePath<{ readonly "*": string }>>>();
  files.toName({ "*": "a/b" });
  // @ts-expect-error it is missing
  files.toName({});
  // @ts-expect-error there is no such parameter
  files.toName({ "*": "a", other: "b" });
  path("/rooms/:roomId").toName({ roomId: 7 });

  const params = path("/a/:b").match("/a/x");
  expectType<Equal<typeof params, { readonly b: string } | null>>();
  const loose = path(String(1)).match("/a");
  expectType<Equal<typeof loose, Readonly<Record<string, string>> | null>>();
}
