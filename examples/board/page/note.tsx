import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { BOARD, type Change, COLOURS, NOTE, type Point } from "../contract.ts";
import type { ShownNote } from "./use-board.ts";

interface NoteProps {
  note: ShownNote;
  /** Where somebody else drags it just now. */
  held: Point | undefined;
  /** Whether it is new, and waits for its text. */
  isNew: boolean;
  onChange(change: Change): Promise<boolean>;
  onRemove(): void;
  /** It is dragged there; null: it is let go. */
  onDrag(to: Point | null, event: PointerEvent): void;
}

const STEP = 20;

const clamp = (value: number, most: number) => Math.round(Math.min(Math.max(value, 0), most));

function within({ x, y }: Point): Point {
  return { x: clamp(x, BOARD.width - NOTE.width), y: clamp(y, BOARD.height - NOTE.height) };
}

const KEYS: Record<string, Point> = {
  ArrowLeft: { x: -STEP, y: 0 },
  ArrowRight: { x: STEP, y: 0 },
  ArrowUp: { x: 0, y: -STEP },
  ArrowDown: { x: 0, y: STEP },
};

export function NoteView({ note, held, isNew, onChange, onRemove, onDrag }: NoteProps) {
  const [dragged, setDragged] = useState<Point | null>(null);
  const [draft, setDraft] = useState<string | null>(isNew ? "" : null);
  const grip = useRef<Point>({ x: 0, y: 0 });
  const area = useRef<HTMLTextAreaElement>(null);
  const isEditing = draft !== null;

  useEffect(() => {
    if (isEditing) area.current?.focus({ preventScroll: true });
  }, [isEditing]);

  function start(event: PointerEvent<HTMLElement>): void {
    const isControl = event.target instanceof Element && event.target.closest("button, textarea");
    if (event.button !== 0 || isControl) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    grip.current = { x: event.clientX - note.x, y: event.clientY - note.y };
    setDragged({ x: note.x, y: note.y });
  }

  function move(event: PointerEvent<HTMLElement>): void {
    if (dragged === null) return;
    const to = within({ x: event.clientX - grip.current.x, y: event.clientY - grip.current.y });
    setDragged(to);
    onDrag(to, event);
  }

  function drop(event: PointerEvent<HTMLElement>): void {
    if (dragged === null) return;
    if (dragged.x !== note.x || dragged.y !== note.y) void onChange(dragged);
    setDragged(null);
    onDrag(null, event);
  }

  async function save(): Promise<void> {
    if (draft === null) return;
    setDraft(null);
    // What was refused is not lost: it can be made shorter, or sent again.
    if (draft !== note.text && !(await onChange({ text: draft }))) setDraft(draft);
  }

  function onKey(event: KeyboardEvent): void {
    if (event.target !== event.currentTarget) return;
    const step = KEYS[event.key];
    if (event.key === "Enter") setDraft(note.text);
    else if (event.key === "Delete") onRemove();
    else if (step !== undefined) void onChange(within({ x: note.x + step.x, y: note.y + step.y }));
    else return;
    event.preventDefault();
  }

  const at = dragged ?? held ?? note;
  const nextColour = COLOURS[(COLOURS.indexOf(note.colour) + 1) % COLOURS.length];

  return (
    <article
      className="note"
      data-testid="note"
      data-colour={note.colour}
      data-state={note.isPending ? "pending" : "saved"}
      data-dragged={dragged !== null || held !== undefined || undefined}
      aria-label={`Note of ${note.by}: ${note.text}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows move it, Enter edits, Delete removes
      tabIndex={0}
      style={{ translate: `${at.x}px ${at.y}px` }}
      onPointerDown={start}
      onPointerMove={move}
      onPointerUp={drop}
      onPointerCancel={drop}
      onDoubleClick={(event) => {
        event.stopPropagation();
        setDraft((draft) => draft ?? note.text);
      }}
      onKeyDown={onKey}
    >
      {isEditing ? (
        <textarea
          ref={area}
          aria-label="Text of the note"
          value={draft}
          placeholder="Write something"
          onChange={(event) => setDraft(event.target.value)}
          onBlur={save}
          onKeyDown={(event) => {
            if (event.key === "Escape") setDraft(null);
            else if (event.key === "Enter" && !event.shiftKey) event.currentTarget.blur();
          }}
        />
      ) : (
        <p>{note.text || <span className="faint">Double-click to write</span>}</p>
      )}
      <footer>
        <span>{note.by}</span>
        <button type="button" aria-label="Edit" title="Edit" onClick={() => setDraft(note.text)}>
          ✎
        </button>
        <button
          type="button"
          aria-label="Another colour"
          title="Another colour"
          onClick={() => onChange({ colour: nextColour })}
        >
          ◐
        </button>
        <button type="button" aria-label="Remove" title="Remove" onClick={onRemove}>
          ✕
        </button>
      </footer>
    </article>
  );
}
