import type { ConnectionState } from "bun-socket.io/react";
import type { Person } from "../contract.ts";

interface HeaderProps {
  boardId: string;
  connection: ConnectionState;
  people: Person[];
  you: Person | null;
  onExport(): void;
  onLogOut(): void;
}

const WORDS = {
  connecting: "Connecting",
  connected: "Live",
  reconnecting: "Reconnecting",
  disconnected: "Not connected",
} as const;

export function Header({ boardId, connection, people, you, onExport, onLogOut }: HeaderProps) {
  const { status, attempts } = connection;
  return (
    <header>
      <div className="bar">
        <span className="logo" aria-hidden="true" />
        <h1>{boardId}</h1>
        <span className="status" role="status" data-testid="status" data-state={status}>
          {WORDS[status]}
          {attempts > 1 && ` (${attempts})`}
        </span>
      </div>
      <ul className="bar people" aria-label="Here now">
        {people.map(({ id, name, hue }) => (
          <li
            key={id}
            data-testid="person"
            title={name}
            style={{ "--hue": hue } as React.CSSProperties}
          >
            <i aria-hidden="true">{initialsOf(name)}</i>
            <span>
              {name}
              {id === you?.id && <small> you</small>}
            </span>
          </li>
        ))}
      </ul>
      <div className="bar">
        <button type="button" onClick={onExport}>
          Export
        </button>
        <button type="button" onClick={onLogOut}>
          Leave
        </button>
      </div>
    </header>
  );
}

function initialsOf(name: string): string {
  const words = name.split(/\s+/u);
  return words
    .slice(0, 2)
    .map((word) => Array.from(word)[0] ?? "")
    .join("")
    .toUpperCase();
}
