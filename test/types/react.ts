// The hooks know the events of a contract, or of maps.

import { useEmit, useSocket, useSocketEvent } from "bun-socket.io/react";
import { board } from "../react/contract.ts";
import { type Equal, expectType } from "./expect.ts";
import type { ClientToServer, ServerToClient } from "./programs/maps.ts";

export function Component(): null {
  const connection = useSocket("/board", { contract: board, auth: { token: "a" } });
  useSocketEvent(connection, "note", (text, at) => {
    expectType<Equal<[typeof text, typeof at], [string, Date]>>();
  });
  const [add, adding] = useEmit(connection, "add");
  void add("text");
  if (adding.status === "done") expectType<Equal<typeof adding.data, number>>();
  // @ts-expect-error: a text is wanted
  void add(1);
  // @ts-expect-error: the server sends no such event
  useSocketEvent(connection, "add", () => {});

  const typed = useSocket<ServerToClient, ClientToServer>("/");
  useSocketEvent(typed, "hello", (name) => expectType<Equal<typeof name, string>>());
  const [ask] = useEmit(typed, "withAck", { timeoutMs: 5 });
  void ask(1).then(({ data }) => expectType<Equal<typeof data, number | undefined>>());
  typed.socket?.emit("basic", 1, "a");

  const plain = useSocket("/");
  useSocketEvent(plain, "anything", (what) => what.ever);
  const [say] = useEmit(plain, "anything");
  void say(1, 2, 3);
  return null;
}
