import { defineContract } from "bun-socket.io/contract";
import { z } from "zod";

/** What the page and the server say to each other. */
export const counter = defineContract({
  clientToServer: { add: { input: z.number().int(), ack: z.number() } },
  serverToClient: { total: { input: z.number() } },
});
