// Paths, contracts and tokens on one namespace, to the compiler.

import type { Server } from "bun-socket.io";
import { tokenAuth } from "bun-socket.io/auth";
import { defineContract, withContract } from "bun-socket.io/contract";
import { path } from "bun-socket.io/path";
import * as z from "zod";
import { type Equal, expectType } from "./expect.ts";

const board = defineContract({
  clientToServer: { add: { input: z.string(), ack: z.number() } },
  serverToClient: { added: { input: z.string() } },
});
const auth = tokenAuth({ verify: (token) => (token === "" ? null : { name: token }) });

export function together(io: Server): void {
  const rules = path("/boards/:boardId");
  auth.guard(withContract(io.of(rules), board)).on("connection", (socket) => {
    expectType<Equal<typeof socket.params, { readonly boardId: string }>>();
    expectType<Equal<typeof socket.data.user, { name: string }>>();
    socket.on("add", (text, reply) => reply(text.length));
    // @ts-expect-error it is text
    socket.emit("added", 1);
  });
  withContract(auth.guard(io.of(rules)), board).on("connection", (socket) => {
    expectType<Equal<typeof socket.params, { readonly boardId: string }>>();
    expectType<Equal<typeof socket.data.user, { name: string }>>();
    socket.on("add", (text, reply) => reply(text.length));
  });
}
