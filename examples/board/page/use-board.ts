// What is on the board. A change shows at once; it stays when the server acknowledges it, and goes again
// when the server refuses it or does not answer.
import { ContractError } from "bun-socket.io/contract";
import { useEmit, useSocket, useSocketEvent } from "bun-socket.io/react";
import { useEffect, useRef, useState } from "react";
import { board, boards, type Change, type Note, type Outcome, type Person } from "../contract.ts";

const ACK_MS = 8_000;

const REFUSED = {
  NO_SUCH_NOTE: "Somebody has removed that note",
  BOARD_FULL: "This board is full",
} as const;

/** A note as it shows. */
export interface ShownNote extends Note {
  /** Whether the server has yet to acknowledge what shows. */
  isPending: boolean;
}

/** What is shown before the server has said so: the note with these changes, or none where it is null. */
interface Draft {
  call: number;
  note: Note | null;
}

type Notes = ReadonlyMap<string, Note>;
type Result<Data> = { status: string; data?: Data; error?: Error };

function withEntry<Value>(map: ReadonlyMap<string, Value>, id: string, value: Value | null) {
  const copy = new Map(map);
  if (value === null) copy.delete(id);
  else copy.set(id, value);
  return copy;
}

/** Why something was not done, for people. */
function reasonOf({ data, error }: Result<Outcome | boolean>): string | null {
  if (error instanceof ContractError) return error.issues[0]?.message ?? error.code;
  if (error !== undefined) return "The server does not answer";
  if (typeof data === "object" && "refused" in data) return REFUSED[data.refused];
  return null;
}

export type BoardState = ReturnType<typeof useBoard>;

export function useBoard(boardId: string, token: string, onRefused: (why: string) => void) {
  const connection = useSocket(boards.toName({ boardId }), {
    contract: board,
    auth: { token },
    reconnectionDelay: 300,
  });
  const { status, socket } = connection;
  const [you, setYou] = useState<Person | null>(null);
  const [people, setPeople] = useState<Person[]>([]);
  const [notes, setNotes] = useState<Notes>(new Map());
  const [drafts, setDrafts] = useState<ReadonlyMap<string, Draft>>(new Map());
  const calls = useRef(0);

  const options = { timeoutMs: ACK_MS };
  const [open] = useEmit(connection, "open", options);
  const [sendAdd] = useEmit(connection, "add", options);
  const [sendChange] = useEmit(connection, "change", options);
  const [sendRemove] = useEmit(connection, "remove", options);

  // A session that was taken up again has been sent what it missed.
  useEffect(() => {
    if (status !== "connected" || socket?.recovered) return;
    void open().then(({ data }) => {
      if (data === undefined) return;
      setYou(data.you);
      setPeople(data.people);
      setNotes(new Map(data.notes.map((note) => [note.id, note])));
    });
  }, [status, socket, open]);

  const store = (note: Note) => setNotes((notes) => withEntry(notes, note.id, note));
  useSocketEvent(connection, "people", setPeople);
  useSocketEvent(connection, "note", store);
  useSocketEvent(connection, "removed", (id) => setNotes((notes) => withEntry(notes, id, null)));

  /** Shows a note, or that it is gone, until the server has said what is so. Answers whether it agreed. */
  async function attempt<Data extends Outcome | boolean>(
    id: string,
    note: Note | null,
    send: () => Promise<Result<Data>>,
  ): Promise<boolean> {
    calls.current++;
    const call = calls.current;
    setDrafts((drafts) => withEntry(drafts, id, { call, note }));
    const result = await send();
    const reason = reasonOf(result);
    if (reason !== null) onRefused(reason);
    else if (note === null) setNotes((notes) => withEntry(notes, id, null));
    else if (typeof result.data === "object" && "note" in result.data) store(result.data.note);
    // A later change of the same note is still on its way: that one shows.
    setDrafts((drafts) => (drafts.get(id)?.call === call ? withEntry(drafts, id, null) : drafts));
    return reason === null;
  }

  const shown: ShownNote[] = [];
  for (const id of new Set([...notes.keys(), ...drafts.keys()])) {
    const draft = drafts.get(id);
    const note = draft === undefined ? notes.get(id) : draft.note;
    if (note) shown.push({ ...note, isPending: draft !== undefined });
  }

  const find = (id: string) => drafts.get(id)?.note ?? notes.get(id);

  return {
    connection,
    you,
    people,
    notes: shown,
    isOpen: you !== null,
    add(note: Omit<Note, "by">): Promise<boolean> {
      return attempt(note.id, { ...note, by: you?.name ?? "" }, () => sendAdd(note));
    },
    async change(id: string, change: Change): Promise<boolean> {
      const note = find(id);
      if (note === undefined) return false;
      return attempt(id, { ...note, ...change }, () => sendChange(id, change));
    },
    remove(id: string): Promise<boolean> {
      return attempt(id, null, () => sendRemove(id));
    },
  };
}
