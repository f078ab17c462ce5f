// A contract with all that a description has to cope with.

import { type } from "arktype";
import { binary, defineContract } from "bun-socket.io/contract";
import * as v from "valibot";
import * as z from "zod";

const Comment = z.object({
  text: z.string(),
  get replies() {
    return z.array(Comment);
  },
});

export const shop = defineContract({
  namespace: "/shops/:shopId/*",
  description: "A shop, */ and what is in it.",
  auth: z.object({ token: z.string() }),
  clientToServer: {
    "item:buy": {
      description: "Buys some of an item.",
      input: [
        v.object({
          item: v.pipe(v.string(), v.description("Its name.")),
          "how many": v.optional(v.number(), 1),
        }),
        type("string.date.iso.parse | undefined"),
      ],
      ack: z.union([z.object({ left: z.int() }), z.literal("sold out"), z.null()]),
    },
    "item.buy": { input: type({ kind: "'a' | 'b'", "size?": "number" }) },
    comment: { input: Comment, ack: Comment },
    photo: { input: [z.string(), binary(), z.number().optional()] },
    leave: {},
  },
  serverToClient: {
    prices: { input: z.record(z.string(), z.number()) },
    pair: { input: z.tuple([z.string(), z.number()]), ack: z.boolean() },
    when: { input: z.iso.datetime().transform((text) => new Date(text)) },
    strict: { input: z.strictObject({}) },
    any: { input: z.instanceof(Map) },
  },
});

export const other = defineContract({ clientToServer: {}, serverToClient: { tick: {} } });
export const notAContract = { clientToServer: 1 };
