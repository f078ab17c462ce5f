// What the server and the page say to each other. Both import it.
import { defineContract } from "bun-socket.io/contract";
import { path } from "bun-socket.io/path";
import type { StreamPart } from "bun-socket.io/streams";
import { z } from "zod";

/** A namespace for each board. */
export const boards = path("/boards/:boardId");

/** How large a board is, in px: the same for everybody, whatever their window. */
export const BOARD = { width: 1600, height: 1000 };
export const NOTE = { width: 200, height: 160 };
export const COLOURS = ["sun", "rose", "lilac", "sky", "mint"] as const;
export const MAX_TEXT = 240;

const Colour = z.enum(COLOURS);
const Text = z.string().max(MAX_TEXT, `A note takes ${MAX_TEXT} letters at most`);
const Point = z.object({
  x: z.number().min(0).max(BOARD.width),
  y: z.number().min(0).max(BOARD.height),
});

const Person = z.object({ id: z.string(), name: z.string(), hue: z.number() });

const Note = Point.extend({
  id: z.uuid(),
  text: Text,
  colour: Colour,
  by: z.string(),
});

const Change = Point.extend({ text: Text, colour: Colour }).partial();

/** Where somebody points, and the note that is being dragged there. */
const Cursor = Point.extend({ note: Point.extend({ id: z.string() }).nullable() });

/** What became of something that the sender shows already. */
const Outcome = z.union([
  z.object({ note: Note }),
  z.object({ refused: z.enum(["NO_SUCH_NOTE", "BOARD_FULL"]) }),
]);

export const board = defineContract({
  namespace: boards.pattern,
  description: "A board of notes, which several people look at and change.",
  clientToServer: {
    open: {
      ack: z.object({ you: Person, people: z.array(Person), notes: z.array(Note) }),
      description: "Asks for all that is on the board.",
    },
    add: { input: Note.omit({ by: true }), ack: Outcome, description: "Adds a note." },
    change: {
      input: [z.string(), Change],
      ack: Outcome,
      description: "Moves a note, or changes its text or its colour.",
    },
    remove: { input: z.string(), ack: z.boolean(), description: "Removes a note." },
    cursor: { input: Cursor.nullable(), description: "Tells where the pointer is; null: nowhere." },
    export: { ack: z.number(), description: "Asks for the board as the stream `file`." },
  },
  serverToClient: {
    people: { input: z.array(Person), description: "Who is here." },
    note: { input: Note, description: "A note is new, or another one by now." },
    removed: { input: z.string(), description: "A note is gone." },
    cursor: { input: [z.string(), Person, Cursor.nullable()], description: "Where others point." },
    // Events of other parts of the package are events like all others.
    file: {
      input: z.custom<StreamPart<string, { name: string }>>(),
      ack: z.custom<{ cancel: string } | null | undefined>(),
    },
    "auth:expired": { input: z.object({ code: z.string() }) },
  },
});

export type Note = z.output<typeof Note>;
export type Change = z.output<typeof Change>;
export type Person = z.output<typeof Person>;
export type Cursor = z.output<typeof Cursor>;
export type Point = z.output<typeof Point>;
export type Colour = z.output<typeof Colour>;
export type Outcome = z.output<typeof Outcome>;
