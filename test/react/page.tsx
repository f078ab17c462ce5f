// A page that uses the hooks: what test/react/react.test.ts drives.

import { StrictMode, useState, version } from "react";
import { createRoot } from "react-dom/client";
import { useEmit, useSocket, useSocketEvent } from "bun-socket.io/react";
import { board } from "./contract.ts";

declare const document: { getElementById(id: string): Element | null };

const options = { reconnectionDelay: 20, reconnectionDelayMax: 40 };

function Status({ id, url }: { id: string; url: string }) {
  const { status, error, attempts } = useSocket(url, options);
  return (
    <p id={id}>
      {status} {attempts > 0 ? "again" : "at once"} {error?.message}
    </p>
  );
}

/** Two of them share a connection, and only one of them knows who is there. */
function Mixed({ user }: { user: string }) {
  useSocket("/mixed", { ...options, auth: { user } });
  return null;
}

/** Its `auth` is another function each time, and the same to everybody who is not React. */
function Inline() {
  const [renders, setRenders] = useState(1);
  const { status } = useSocket("/inline", {
    ...options,
    auth: (send: (auth: object) => void) => send({ renders }),
  });
  return (
    <p id="inline">
      {status}
      <button type="button" onClick={() => setRenders(renders + 1)}>
        Render
      </button>
    </p>
  );
}

function Board() {
  const connection = useSocket("/", { ...options, contract: board });
  const [notes, setNotes] = useState<string[]>([]);
  const [add, adding] = useEmit(connection, "add", { timeoutMs: 2_000 });
  const [times, setTimes] = useState(1);
  useSocketEvent(connection, "note", (text, at) => {
    setNotes([...notes, `${text} x${times} ${at.getUTCFullYear()}`]);
  });
  return (
    <section>
      <ul id="notes">
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
      <button type="button" onClick={() => add("hello")}>
        Add
      </button>
      <button type="button" onClick={() => add("too much")}>
        Add too much
      </button>
      <button type="button" onClick={() => setTimes(times + 1)}>
        More
      </button>
      <p id="adding">
        {adding.status} {adding.data} {adding.error?.message}
      </p>
    </section>
  );
}

function Page() {
  const [isShown, setShown] = useState(true);
  return (
    <main>
      <button type="button" onClick={() => setShown(!isShown)}>
        Toggle
      </button>
      <p id="react">React {version}</p>
      {isShown && (
        <>
          <Status id="one" url="/" />
          <Status id="two" url="/" />
          <Status id="other" url="/other" />
          <Status id="closed" url="/closed" />
          <Mixed user="ada" />
          <Mixed user="bob" />
          <Inline />
          <Board />
        </>
      )}
    </main>
  );
}

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Page />
    </StrictMode>,
  );
}
