// What the server and the page say to each other. Both import it.
import { defineContract } from "bun-socket.io/contract";
import { path } from "bun-socket.io/path";
import { z } from "zod";

/** A namespace for each list. */
export const lists = path("/lists/:listId");

const Item = z.object({
  id: z.string(),
  text: z.string().trim().min(1, "say what to buy").max(60),
  by: z.string(),
  // Text on the wire, a Date for listeners.
  at: z.iso.datetime().transform((text) => new Date(text)),
  done: z.boolean(),
});

export const shopping = defineContract({
  namespace: lists.pattern,
  description: "Shopping lists that several people write on.",
  auth: z.object({ name: z.string().trim().min(1).max(20) }),
  data: z.object({ name: z.string() }),
  clientToServer: {
    all: { ack: z.array(Item), description: "Asks for the items there are." },
    add: { input: Item.shape.text, ack: Item, description: "Adds an item." },
    check: { input: [z.string(), z.boolean()], description: "Marks an item as bought, or not." },
  },
  serverToClient: {
    item: { input: Item, description: "An item is new, or another one by now." },
    people: { input: z.array(z.string()), description: "Who is here." },
  },
});
