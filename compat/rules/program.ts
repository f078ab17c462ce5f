// The server that the rules speak to, written against the API that all servers have in common.

/** A function of a middleware. */
type Next = (error?: Error & { data?: unknown }) => void;
/** What a client sent; the last may be the function that acknowledges. */
type Args = unknown[];

/** The part of a socket that the program uses. */
interface ProgramSocket {
  id: string;
  handshake: { auth: unknown; query: unknown };
  conn: { close(): void };
  emit(event: string, ...args: unknown[]): unknown;
  on(event: string, listener: (...args: never[]) => void): unknown;
  disconnect(close?: boolean): unknown;
}

interface ProgramNamespace {
  on(event: "connection", listener: (socket: ProgramSocket) => void): unknown;
  use(middleware: (socket: ProgramSocket, next: Next) => void): unknown;
}

/** The part of a server that the program uses. */
export interface ProgramServer {
  of(name: string | RegExp): unknown;
}

/** Sets a server up. */
export function setUp(io: ProgramServer): void {
  const left = new Map<string, string>();
  const asked = new Map<string, (reason: string) => void>();
  const serve = (socket: ProgramSocket): void => {
    socket.on("message", (...args: Args) => socket.emit("message-back", ...args));
    socket.on("message-with-ack", (...args: Args) => {
      const ack = args.pop() as (...values: unknown[]) => void;
      ack(...args);
    });
    socket.on("7", (...args: Args) => socket.emit("message-back", ...args));
    // Asks the client back: whatever it acknowledges goes into an event.
    socket.on("ask", (...args: Args) => {
      socket.emit("question", ...args, (...answer: Args) => socket.emit("answered", ...answer));
    });
    socket.on("burst", (count: number) => {
      for (let index = 0; index < count; index++) {
        socket.emit("burst", index);
      }
    });
    // Of bytes it acknowledges numbers alone, and without any it acknowledges bytes.
    socket.on("sizes", (...args: Args) => {
      const ack = args.pop() as (...values: unknown[]) => void;
      ack(...args.map((value) => (value as Uint8Array).byteLength));
    });
    socket.on("bytes", (ack: (value: Uint8Array) => void) => ack(Buffer.from([1, 2, 3, 4])));
    socket.on("auth", (ack: (...values: unknown[]) => void) => ack(socket.handshake.auth));
    socket.on("query", (ack: (...values: unknown[]) => void) => ack(socket.handshake.query));
    socket.on("leave", () => socket.disconnect());
    socket.on("leave and close", () => socket.disconnect(true));
    socket.on("close the engine", () => socket.conn.close());
    socket.on("say and close", () => {
      socket.emit("last words");
      socket.disconnect(true);
    });
    // Acknowledges when the socket of the id has gone, with the reason.
    socket.on("why gone", (id: string, ack: (reason: string) => void) => {
      const reason = left.get(id);
      if (reason === undefined) {
        asked.set(id, ack);
      } else {
        ack(reason);
      }
    });
    socket.on("disconnect", (reason: string) => {
      left.set(socket.id, reason);
      asked.get(socket.id)?.(reason);
    });
  };
  const namespace = (name: string | RegExp): ProgramNamespace => io.of(name) as ProgramNamespace;
  namespace("/").on("connection", serve);
  namespace(/^\/dynamic-\d+$/).on("connection", serve);
  namespace("/custom").on("connection", (socket) => {
    socket.emit("auth", socket.handshake.auth);
    serve(socket);
  });
  namespace("/forbidden").use((_socket, next) => next(new Error("Not authorized")));
  namespace("/refused").use((_socket, next) => {
    next(Object.assign(new Error("not here"), { data: { why: "a rule" } }));
  });
}
