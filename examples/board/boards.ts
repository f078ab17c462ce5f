// The Socket.IO part: what is tested is this function.
import type { Server } from "bun-socket.io";
import { tokenAuth } from "bun-socket.io/auth";
import { type ContractError, withContract } from "bun-socket.io/contract";
import { pipe } from "bun-socket.io/streams";
import { board, boards, type Note, type Person } from "./contract.ts";
import { Store } from "./store.ts";
import type { Tokens, User } from "./tokens.ts";

const MAX_ID = 40;
const IN_ROOM = "person:";

export interface BoardsOptions {
  tokens: Tokens;
  /** Hears of what clients sent and the contract refused. */
  onInvalid?: (error: ContractError, name: string) => void;
}

/** Sets up a namespace for each board. */
export function setUpBoards(io: Server, { tokens, onInvalid }: BoardsOptions): void {
  const auth = tokenAuth<User>({
    verify: (token) => tokens.read(token),
    expiresAt: (user) => user.expires,
  });
  const store = new Store();

  const rooms = withContract(auth.guard(io.of(boards)), board, {
    onInvalid: (error, socket) => onInvalid?.(error, socket?.data.user.name ?? "nobody"),
  });

  rooms.use(({ nsp, params }, next) => {
    // One spelling for each board, and none that is as long as a novel.
    const isFine = params.boardId.length <= MAX_ID && nsp.name === boards.toName(params);
    next(
      isFine
        ? undefined
        : Object.assign(new Error("no such board"), { data: { code: "NO_BOARD" } }),
    );
  });

  type Namespace = (typeof rooms.children extends Set<infer Child> ? Child : never) & object;
  const watched = new WeakSet<object>();

  /** Tells who is here when the first tab of somebody has come, and when the last one has gone. */
  function watchPeople(nsp: Namespace): void {
    if (watched.has(nsp)) return;
    watched.add(nsp);
    const tell = (room: string) => {
      if (room.startsWith(IN_ROOM)) setImmediate(() => nsp.emit("people", peopleOf(nsp)));
    };
    nsp.adapter.on("occupied", tell);
    nsp.adapter.on("vacated", tell);
  }

  rooms.on("connection", async (socket) => {
    const { nsp } = socket;
    const { boardId } = socket.params;
    const you = personOf(socket.data.user);
    watchPeople(nsp);

    socket.on("open", (reply) => {
      reply({ you, people: peopleOf(nsp), notes: store.open(boardId).notes });
    });

    socket.on("add", (added, reply) => {
      const outcome = store.open(boardId).add({ ...added, by: you.name });
      if ("note" in outcome) socket.broadcast.emit("note", outcome.note);
      reply(outcome);
    });

    socket.on("change", (id, change, reply) => {
      const outcome = store.open(boardId).change(id, change);
      if ("note" in outcome) socket.broadcast.emit("note", outcome.note);
      reply(outcome);
    });

    socket.on("remove", (id, reply) => {
      const isRemoved = store.open(boardId).remove(id);
      if (isRemoved) socket.broadcast.emit("removed", id);
      reply(isRemoved);
    });

    // A cursor is stale when the next one is there: whoever is slow may miss one. Not so the last one, and
    // the end of a drag.
    let isHolding = false;
    socket.on("cursor", (cursor) => {
      const isEnd = cursor === null || (isHolding && cursor.note === null);
      isHolding = cursor !== null && cursor.note !== null;
      const others = isEnd ? socket.broadcast : socket.volatile.broadcast;
      others.emit("cursor", socket.id, you, cursor);
    });

    socket.on("export", async (reply) => {
      const { notes } = store.open(boardId);
      reply(notes.length);
      // A note at a time, as fast as the reader reads.
      const lines = linesOf(boardId, notes);
      const file = new ReadableStream<string>({
        pull(controller) {
          const { done, value } = lines.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      });
      await pipe(file, socket, "file", { info: { name: `${boardId}.md` } }).catch((error) => {
        // A reader who goes away ends the stream; anything else is a mistake.
        if (!socket.signal.aborted) console.warn(`${boardId} was not exported:`, error);
      });
    });

    socket.on("disconnect", () => socket.broadcast.emit("cursor", socket.id, you, null));

    await socket.join(IN_ROOM + you.id);
  });
}

function personOf({ id, name, hue }: User): Person {
  return { id, name, hue };
}

function peopleOf({
  sockets,
}: {
  sockets: ReadonlyMap<string, { data: { user: User } }>;
}): Person[] {
  const people = new Map<string, Person>();
  for (const { data } of sockets.values()) people.set(data.user.id, personOf(data.user));
  return [...people.values()];
}

/** The board as Markdown. */
function* linesOf(boardId: string, notes: readonly Note[]): Generator<string, void> {
  yield `# ${boardId}\n`;
  for (const { text, by } of notes.toSorted((a, b) => a.y - b.y || a.x - b.x)) {
    yield `\n- ${text.trim().replaceAll("\n", "\n  ")} (${by})`;
  }
  yield "\n";
}
