import { defineContract } from "bun-socket.io/contract";
import { z } from "zod";

const date = z.iso.datetime().transform((text) => new Date(text));

export const board = defineContract({
  clientToServer: { add: { input: z.string(), ack: z.number() } },
  serverToClient: { note: { input: [z.string(), date] } },
});
