import { useEmit, useSocket, useSocketEvent } from "bun-socket.io/react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { counter } from "./contract.ts";

declare const document: { getElementById(id: string): Element | null };

function Status() {
  const { status, error, attempts } = useSocket("/"); // the same connection as below
  return (
    <p>
      {status} {attempts > 0 && `(attempt ${attempts})`} {error?.message}
    </p>
  );
}

function Counter() {
  const connection = useSocket("/", { contract: counter });
  const [total, setTotal] = useState(0);
  const [add, adding] = useEmit(connection, "add");
  useSocketEvent(connection, "total", setTotal);
  return (
    <section>
      <output>{total}</output>
      <button type="button" disabled={adding.status === "pending"} onClick={() => add(1)}>
        Add
      </button>
      {adding.error && <p>{adding.error.message}</p>}
    </section>
  );
}

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <h1>One counter for everybody</h1>
      <Counter />
      <Status />
    </StrictMode>,
  );
}
