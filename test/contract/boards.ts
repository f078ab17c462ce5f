// One contract, in the words of each library.

import { type } from "arktype";
import { binary, type Contract, defineContract } from "bun-socket.io/contract";
import * as v from "valibot";
import * as z from "zod";

const zod = defineContract({
  clientToServer: {
    add: {
      input: z.object({ text: z.string().trim().min(1) }),
      ack: z.object({ id: z.number() }),
    },
    move: { input: [z.string(), z.number(), z.number().optional()] },
    remind: { input: z.iso.datetime().transform((text) => new Date(text)), ack: z.string() },
    upload: { input: [z.string(), z.instanceof(Uint8Array)], ack: z.number() },
    leave: {},
  },
  serverToClient: {
    added: { input: z.object({ id: z.number(), text: z.string() }) },
    moved: { input: [z.string(), z.number(), z.number()] },
    due: { input: z.iso.datetime().transform((text) => new Date(text)) },
    picture: { input: [z.string(), binary()] },
    sure: { input: z.string(), ack: z.boolean() },
  },
});

const valibot = defineContract({
  clientToServer: {
    add: {
      input: v.object({ text: v.pipe(v.string(), v.trim(), v.minLength(1)) }),
      ack: v.object({ id: v.number() }),
    },
    move: { input: [v.string(), v.number(), v.optional(v.number())] },
    remind: {
      input: v.pipe(
        v.string(),
        v.isoTimestamp(),
        v.transform((text) => new Date(text)),
      ),
      ack: v.string(),
    },
    upload: { input: [v.string(), v.instance(Uint8Array)], ack: v.number() },
    leave: {},
  },
  serverToClient: {
    added: { input: v.object({ id: v.number(), text: v.string() }) },
    moved: { input: [v.string(), v.number(), v.number()] },
    due: {
      input: v.pipe(
        v.string(),
        v.isoTimestamp(),
        v.transform((text) => new Date(text)),
      ),
    },
    picture: { input: [v.string(), binary()] },
    sure: { input: v.string(), ack: v.boolean() },
  },
});

const arktype = defineContract({
  clientToServer: {
    add: { input: type({ text: "string.trim |> string > 0" }), ack: type({ id: "number" }) },
    move: { input: [type("string"), type("number"), type("number | undefined")] },
    remind: { input: type("string.date.iso.parse"), ack: type("string") },
    upload: { input: [type("string"), type("TypedArray.Uint8")], ack: type("number") },
    leave: {},
  },
  serverToClient: {
    added: { input: type({ id: "number", text: "string" }) },
    moved: { input: [type("string"), type("number"), type("number")] },
    due: { input: type("string.date.iso.parse") },
    picture: { input: [type("string"), binary()] },
    sure: { input: type("string"), ack: type("boolean") },
  },
});

/** As it is used here: the types of all three are the same, see test/types/contracts.ts. */
export const board = zod;
export type Board = typeof zod;

export const BOARDS: readonly { name: string; contract: Board }[] = [
  { name: "zod", contract: zod },
  { name: "valibot", contract: valibot as Contract as Board },
  { name: "arktype", contract: arktype as Contract as Board },
];

export { arktype, valibot, zod };
