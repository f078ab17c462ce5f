// What socket.iterate() gives out is what a listener gets.

import type { DisconnectedError, EventIterator, SignalReason, Socket } from "bun-socket.io";
import { type Equal, expectType } from "./expect.ts";
import type { ClientToServer, ServerToClient } from "./programs/maps.ts";

declare const socket: Socket<ClientToServer, ServerToClient>;
declare const plain: Socket;

const asked = socket.iterate("withAck", { limit: 3, onFull: "drop-oldest" });
expectType<Equal<typeof asked, EventIterator<[n: number, reply: (sum: number) => void]>>>();
for await (const [n, reply] of asked) {
  reply(n * 2);
  // @ts-expect-error: a sum is a number
  reply("two");
}
for await (const [n, text] of socket.iterate("optional")) {
  expectType<Equal<[typeof n, typeof text], [number, string | undefined]>>();
}
for await (const [message] of plain.iterate("whatever")) message.whatever();

// @ts-expect-error: the client sends no such event
socket.iterate("hello");
// @ts-expect-error: no such policy
socket.iterate("basic", { onFull: "wait" });

expectType<Equal<typeof socket.signal, AbortSignal>>();
const { reason } = socket.signal.reason as DisconnectedError;
expectType<Equal<typeof reason, SignalReason>>();
