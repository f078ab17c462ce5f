import type { ClientEmitEvents, ClientListenEvents } from "bun-socket.io/contract";
import { type SocketState, useEmit } from "bun-socket.io/react";
import { receive } from "bun-socket.io/streams";
import { useEffect } from "react";
import type { board } from "../contract.ts";

type Connection = SocketState<ClientListenEvents<typeof board>, ClientEmitEvents<typeof board>>;

/** Returns what asks for the board as a file, which comes as a stream and is saved. */
export function useExport(connection: Connection, onFailed: (why: string) => void) {
  const { socket } = connection;
  const [ask] = useEmit(connection, "export");

  useEffect(() => {
    if (socket === null) return;
    return receive<string, { name: string }>(socket, "file", async (stream, { name }) => {
      try {
        let text = "";
        for await (const part of partsOf(stream)) text += part;
        save(name, new Blob([text], { type: "text/markdown" }));
      } catch {
        onFailed("The export was cut off");
      }
    });
  }, [socket, onFailed]);

  return async () => {
    const { status } = await ask();
    if (status === "failed") onFailed("The server does not answer");
  };
}

// Not every browser has ReadableStream[Symbol.asyncIterator].
async function* partsOf(stream: ReadableStream<string>): AsyncGenerator<string, void> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function save(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
