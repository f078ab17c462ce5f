// Events between servers.
import type { Namespace, Server } from "socket.io";
import { type Equal, expectType } from "../expect.ts";
import type { ClientToServer, Data, ServerToClient, ServerToServer } from "./maps.ts";

type IO = Server<ClientToServer, ServerToClient, ServerToServer, Data>;

export async function typed(
  io: IO,
  namespace: Namespace<ClientToServer, ServerToClient, ServerToServer, Data>,
): Promise<void> {
  expectType<Equal<ReturnType<typeof io.serverSideEmit>, boolean>>();
  io.serverSideEmit("sync", 1);
  io.serverSideEmit("plain");
  namespace.serverSideEmit("sync", 1);
  io.serverSideEmit("count", (error, counts) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof counts, number[]>>();
  });
  namespace.serverSideEmit("sum", 1, 2, (error, sums) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof sums, number[]>>();
  });
  const counts = await io.serverSideEmitWithAck("count");
  expectType<Equal<typeof counts, number[]>>();
  const sums = await namespace.serverSideEmitWithAck("sum", 1, 2);
  expectType<Equal<typeof sums, number[]>>();
  // @ts-expect-error it is a number
  io.serverSideEmit("sync", "1");
  // @ts-expect-error a number is missing
  io.serverSideEmit("sync");
  // @ts-expect-error there is no such event between servers
  io.serverSideEmit("hello", "name");
  // @ts-expect-error the counts are numbers
  io.serverSideEmit("count", (error, texts: string[]) => [error, texts]);
  // @ts-expect-error there is one list
  io.serverSideEmit("sum", 1, 2, (error, sums, more) => [error, sums, more]);
  // @ts-expect-error it asks for no acknowledgement
  await io.serverSideEmitWithAck("sync", 1);
  // @ts-expect-error two numbers are missing
  await io.serverSideEmitWithAck("sum");
}

export async function untyped(io: Server): Promise<void> {
  io.serverSideEmit("whatever", 1, (error: Error, responses: any[]) => [error, responses]);
  const responses = await io.serverSideEmitWithAck("whatever", 1);
  expectType<Equal<typeof responses, any[]>>();
  io.of("/a").serverSideEmit("whatever");
}
