// Where the others point, and telling them where this one does.

import type { ClientEmitEvents, ClientListenEvents } from "bun-socket.io/contract";
import { type SocketState, useSocketEvent } from "bun-socket.io/react";
import { useCallback, useEffect, useRef, useState } from "react";
import type { board, Cursor, Person, Point } from "../contract.ts";

const EVERY_MS = 40;

export interface ShownCursor {
  person: Person;
  at: Cursor;
}

type Connection = SocketState<ClientListenEvents<typeof board>, ClientEmitEvents<typeof board>>;

export function useCursors(connection: Connection) {
  const { socket, status } = connection;
  const [cursors, setCursors] = useState<ReadonlyMap<string, ShownCursor>>(new Map());
  const waiting = useRef<{ cursor: Cursor | null } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);

  useSocketEvent(connection, "cursor", (id, person, at) => {
    setCursors((cursors) => {
      const copy = new Map(cursors);
      if (at === null) copy.delete(id);
      else copy.set(id, { person, at });
      return copy;
    });
  });

  // Nobody knows where they are by now.
  useEffect(() => {
    if (status !== "connected") setCursors(new Map());
  }, [status]);

  /** Tells the others, not more often than they can see. */
  const point = useCallback(
    (cursor: Cursor | null) => {
      waiting.current = { cursor };
      if (timer.current !== null) return;
      const send = (): void => {
        timer.current = null;
        // Where it was while nobody could be told is of no use later.
        if (waiting.current === null || !socket?.connected) return;
        socket.emit("cursor", waiting.current.cursor);
        waiting.current = null;
        timer.current = setTimeout(send, EVERY_MS);
      };
      send();
    },
    [socket],
  );

  /** Where the others hold notes. */
  const held = new Map<string, Point>();
  for (const { at } of cursors.values()) {
    if (at.note !== null) held.set(at.note.id, at.note);
  }
  return { cursors, held, point };
}
