import { type PointerEvent, useCallback, useEffect, useRef, useState } from "react";
import { BOARD, COLOURS, type Colour, NOTE, type Point } from "../contract.ts";
import { Header } from "./header.tsx";
import { NoteView } from "./note.tsx";
import { useBoard } from "./use-board.ts";
import { type ShownCursor, useCursors } from "./use-cursors.ts";
import { useExport } from "./use-export.ts";

const TOAST_MS = 5_000;

interface BoardProps {
  boardId: string;
  token: string;
  onLogOut(problem?: string): void;
}

export function BoardView({ boardId, token, onLogOut }: BoardProps) {
  const [toast, setToast] = useState("");
  const board = useBoard(boardId, token, setToast);
  const { connection, you, people, notes, isOpen } = board;
  const { cursors, held, point } = useCursors(connection);
  const exportBoard = useExport(connection, setToast);
  const [colour, setColour] = useState<Colour>("sun");
  const [newNote, setNewNote] = useState("");
  const scroller = useRef<HTMLDivElement>(null);
  const surface = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const timer = toast === "" ? undefined : setTimeout(() => setToast(""), TOAST_MS);
    return () => clearTimeout(timer);
  }, [toast]);

  // A token that is no good, or no longer: back to the door, with the code that the server gave.
  const { status, error } = connection;
  const code: unknown = error?.data?.code;
  useEffect(() => {
    if (status === "disconnected")
      onLogOut(`You have to log in again (${code ?? "TOKEN_EXPIRED"})`);
  }, [status, code, onLogOut]);

  const pointOf = useCallback(
    ({ clientX, clientY }: { clientX: number; clientY: number }): Point => {
      const { left = 0, top = 0 } = surface.current?.getBoundingClientRect() ?? {};
      const clamp = (value: number, most: number) => Math.round(Math.min(Math.max(value, 0), most));
      return { x: clamp(clientX - left, BOARD.width), y: clamp(clientY - top, BOARD.height) };
    },
    [],
  );

  function addAt({ x, y }: Point): void {
    const id = crypto.randomUUID();
    setNewNote(id);
    void board.add({
      id,
      text: "",
      colour,
      x: Math.round(Math.min(Math.max(x - NOTE.width / 2, 0), BOARD.width - NOTE.width)),
      y: Math.round(Math.min(Math.max(y - NOTE.height / 2, 0), BOARD.height - NOTE.height)),
    });
  }

  /** In the middle of what shows, and not quite on the last one. */
  function addInSight(): void {
    const box = scroller.current?.getBoundingClientRect();
    if (box === undefined) return;
    const { x, y } = pointOf({
      clientX: box.left + box.width / 2,
      clientY: box.top + box.height / 2,
    });
    const shift = ((notes.length % 5) - 2) * 24;
    addAt({ x: x + shift, y: y + shift });
  }

  function onDrag(id: string, to: Point | null, event: PointerEvent): void {
    point({ ...pointOf(event), note: to === null ? null : { id, ...to } });
  }

  return (
    <main className="board">
      <Header
        boardId={boardId}
        connection={connection}
        people={people}
        you={you}
        onExport={exportBoard}
        onLogOut={() => onLogOut()}
      />
      <div className="scroller" ref={scroller}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the button below does the same */}
        <div
          className="surface"
          data-testid="surface"
          ref={surface}
          style={{ width: BOARD.width, height: BOARD.height }}
          onPointerMove={(event) => {
            if (event.buttons === 0) point({ ...pointOf(event), note: null });
          }}
          onPointerLeave={() => point(null)}
          onDoubleClick={(event) => addAt(pointOf(event))}
        >
          {notes.map((note) => (
            <NoteView
              key={note.id}
              note={note}
              held={held.get(note.id)}
              isNew={note.id === newNote}
              onChange={(change) => board.change(note.id, change)}
              onRemove={() => board.remove(note.id)}
              onDrag={(to, event) => onDrag(note.id, to, event)}
            />
          ))}
          {Array.from(cursors, ([id, cursor]) => (
            <CursorView key={id} cursor={cursor} />
          ))}
        </div>
      </div>
      {isOpen && notes.length === 0 && (
        <div className="empty">
          <div className="stack" aria-hidden="true">
            <i data-colour="sun" />
            <i data-colour="sky" />
            <i data-colour="rose" />
          </div>
          <h2>Nothing here yet</h2>
          <p>Add the first note below, or double-click anywhere.</p>
        </div>
      )}
      <div className="tools" role="toolbar" aria-label="New note">
        {COLOURS.map((each) => (
          <button
            key={each}
            type="button"
            className="swatch"
            data-colour={each}
            aria-label={`Colour: ${each}`}
            aria-pressed={each === colour}
            onClick={() => setColour(each)}
          />
        ))}
        <button type="button" className="primary" disabled={!isOpen} onClick={addInSight}>
          Add a note
        </button>
      </div>
      <p className="toast" role="alert" data-shown={toast !== ""}>
        {toast}
      </p>
    </main>
  );
}

function CursorView({ cursor: { person, at } }: { cursor: ShownCursor }) {
  return (
    <div
      className="cursor"
      data-testid="cursor"
      style={{ translate: `${at.x}px ${at.y}px`, "--hue": person.hue } as React.CSSProperties}
    >
      <svg viewBox="0 0 20 22" width="20" height="22" aria-hidden="true">
        <path d="M2 2 L18 10 L10.5 12.2 L7 19.5 Z" />
      </svg>
      <span className="cursor-name">{person.name}</span>
    </div>
  );
}
