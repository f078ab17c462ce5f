// Emits of one socket, with and without acknowledgements.
import type { Server, Socket } from "socket.io";
import { type Equal, expectType } from "../expect.ts";
import {
  type Aliased,
  type ClientToServer,
  type Data,
  type Loose,
  type ServerToClient,
  type ServerToServer,
  SYMBOL,
  type Symbols,
} from "./maps.ts";

type TypedSocket = Socket<ClientToServer, ServerToClient, ServerToServer, Data>;

export function plainly(socket: TypedSocket): void {
  expectType<Equal<ReturnType<typeof socket.emit>, boolean>>();
  socket.emit("noArg");
  socket.emit("hello", "name");
  socket.emit("optional", 1);
  socket.emit("optional", 1, "text");
  socket.emit("rest");
  socket.emit("rest", "a", "b", "c");
  socket.emit("rest", ...["a", "b"]);
  socket.emit("union", "text");
  socket.emit("union", { n: 1 });
  socket.emit("bytes", Buffer.alloc(1));
  socket.emit("bytes", Buffer.alloc(1), new Uint8Array());
  socket.send("text").write("text");
  socket.volatile.emit("hello", "name");
  socket.compress(false).emit("hello", "name");
  socket.volatile.compress(true).timeout(1).volatile.emit("hello", "name");
  expectType<Equal<typeof socket.volatile, TypedSocket>>();

  // @ts-expect-error nothing belongs there
  socket.emit("noArg", 1);
  // @ts-expect-error a name is missing
  socket.emit("hello");
  // @ts-expect-error a name is a string
  socket.emit("hello", 1);
  // @ts-expect-error one argument only
  socket.emit("hello", "a", "b");
  // @ts-expect-error it is a string
  socket.emit("optional", 1, 2);
  // @ts-expect-error they are strings
  socket.emit("rest", "a", 1);
  // @ts-expect-error it is not of the union
  socket.emit("union", 1);
  // @ts-expect-error a property is wrong
  socket.emit("union", { n: "1" });
  // @ts-expect-error a string is no Buffer
  socket.emit("bytes", "text");
  // @ts-expect-error there is no such event
  socket.emit("unknown");
  // @ts-expect-error this is an event from the client, not to it
  socket.emit("basic", 1, "text");
  // @ts-expect-error the text is missing
  socket.send();
  // @ts-expect-error it is a string
  socket.write(1);
  // @ts-expect-error a socket's own events cannot be emitted
  socket.emit("disconnect", "ping timeout");
}

export function withCallbacks(socket: TypedSocket): void {
  socket.emit("ask", "why?", (answer) => expectType<Equal<typeof answer, string>>());
  socket.emit("ask", "why?", () => {});
  socket.emit("ask", "why?", async (answer) => {
    await answer;
  });
  socket.emit("askTwo", "why?", (answer, n) => {
    expectType<Equal<typeof answer, string>>();
    expectType<Equal<typeof n, number>>();
  });
  socket.emit("askNothing", () => {});
  socket.emit("askOptional", "why?");
  socket.emit("askOptional", "why?", (answer) => expectType<Equal<typeof answer, string>>());
  socket.emit("askError", "why?", (error, answer) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof answer, string>>();
  });
  // @ts-expect-error the acknowledgement is not optional
  socket.emit("ask", "why?");
  // @ts-expect-error the answer is a string
  socket.emit("ask", "why?", (answer: number) => answer);
  // @ts-expect-error without a timeout there is no error before it
  socket.emit("ask", "why?", (error, answer) => [error, answer]);
  // @ts-expect-error it takes nothing
  socket.emit("askNothing", (answer) => answer);
  // @ts-expect-error it is a function
  socket.emit("ask", "why?", "because");
}

export function withTimeout(socket: TypedSocket): void {
  const timed = socket.timeout(100);
  timed.emit("hello", "name");
  timed.emit("ask", "why?", (error, answer) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof answer, string>>();
  });
  timed.emit("askTwo", "why?", (error, answer, n) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof answer, string>>();
    expectType<Equal<typeof n, number>>();
  });
  timed.emit("askNothing", (error) => expectType<Equal<typeof error, Error>>());
  timed.emit("askError", "why?", (error, answer) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof answer, string>>();
  });
  timed.emit("askOptional", "why?");
  timed.emit("ask", "why?", (error: Error | null, answer: string) => [error, answer]);
  // @ts-expect-error there is one answer
  timed.emit("ask", "why?", (error, answer, more) => [error, answer, more]);
  // @ts-expect-error the error comes first
  timed.emit("ask", "why?", (answer: string) => answer);
  // @ts-expect-error a name is a string
  timed.emit("hello", 1);
  // @ts-expect-error a time is a number
  socket.timeout("100");
  // @ts-expect-error a time is missing
  socket.timeout();
  timed.timeout(5).emit("ask", "why?", (error, answer) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof answer, string>>();
  });
  timed.on("basic", (n) => n.toFixed());
  expectType<Equal<typeof timed.data, Data>>();
}

export async function withPromises(socket: TypedSocket): Promise<void> {
  const answer = await socket.emitWithAck("ask", "why?");
  expectType<Equal<typeof answer, string>>();
  const both = await socket.emitWithAck("askBoth", 1, true);
  expectType<Equal<typeof both, { a: number; b: boolean }>>();
  const first = await socket.emitWithAck("askTwo", "why?");
  expectType<Equal<typeof first, string>>();
  const afterError = await socket.emitWithAck("askError", "why?");
  expectType<Equal<typeof afterError, string>>();
  const inTime = await socket.timeout(100).emitWithAck("ask", "why?");
  expectType<Equal<typeof inTime, string>>();
  const inTimeAfterError = await socket.timeout(100).emitWithAck("askError", "why?");
  expectType<Equal<typeof inTimeAfterError, string>>();
  const promise: Promise<string> = socket.emitWithAck("ask", "why?");
  await promise;
  // @ts-expect-error it asks for no acknowledgement
  await socket.emitWithAck("hello", "name");
  // @ts-expect-error its acknowledgement carries nothing
  await socket.emitWithAck("askNothing");
  // @ts-expect-error the question is missing
  await socket.emitWithAck("ask");
  // @ts-expect-error a question is a string
  await socket.emitWithAck("ask", 1);
  // @ts-expect-error the promise stands for the callback
  await socket.emitWithAck("ask", "why?", () => {});
  // @ts-expect-error there is no such event
  await socket.emitWithAck("unknown");
  // @ts-expect-error an answer is a string
  const wrong: number = await socket.emitWithAck("ask", "why?");
  void wrong;
}

export async function ofOtherMaps(
  symbols: Socket<Symbols>,
  aliased: Socket<Aliased>,
  either: Socket<Aliased, Aliased & { extra: (n: number) => void }>,
): Promise<void> {
  symbols.emit(SYMBOL, 1);
  // @ts-expect-error it is a number
  symbols.emit(SYMBOL, "1");
  // @ts-expect-error there is no such event
  symbols.emit("SYMBOL", 1);
  aliased.emit("a b", 1);
  aliased.emit("fn", 1);
  aliased.emit("acknowledged", 1, (text) => expectType<Equal<typeof text, string>>());
  const text = await aliased.emitWithAck("acknowledged", 1);
  expectType<Equal<typeof text, string>>();
  // @ts-expect-error there is no event of that name to send
  aliased.send("text");
  either.emit("extra", 1);
  either.emit("a b", 1);
  // @ts-expect-error it is a number
  either.emit("extra", "1");
}

export async function ofNoMap(io: Server, socket: Socket): Promise<void> {
  socket.emit("whatever", 1, "2", { three: 3 }, (answer: string) => answer);
  socket.timeout(1).emit("whatever", (error: Error, answer: string) => [error, answer]);
  const answer = await socket.emitWithAck("whatever", 1);
  expectType<Equal<typeof answer, any>>();
  const inTime = await socket.timeout(1).emitWithAck("whatever");
  expectType<Equal<typeof inTime, any>>();
  socket.send(1, 2, 3).write({});
  const name: string = `${io.path()}!`;
  socket.emit(name, name);
  // @ts-expect-error a name is no number
  socket.emit(1);
}

export async function ofLooseMap(io: Server<Loose>, socket: Socket<Loose>): Promise<void> {
  socket.emit("loose", 1, "2", { three: 3 });
  socket.emit("args", 1, "2", { three: 3 });
  socket.emit("hello", "name");
  const loose = await socket.emitWithAck("loose", 1, 2);
  expectType<Equal<typeof loose, any>>();
  const args = await socket.emitWithAck("args", 1, 2);
  expectType<Equal<typeof args, any>>();
  const answer = await socket.emitWithAck("ask", "why?");
  expectType<Equal<typeof answer, string>>();
  io.emit("ask", "why?", () => {});
  io.emit("loose", 1);
  io.timeout(1).emit("ask", "why?", (error, answers) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof answers, string[]>>();
  });
  const answers = await io.timeout(1).emitWithAck("ask", "why?");
  expectType<Equal<typeof answers, string[]>>();
  const looseAnswers = await io.timeout(1).emitWithAck("loose", "why?");
  expectType<Equal<typeof looseAnswers, any>>();
  // @ts-expect-error a name is a string
  socket.emit("hello", 1);
  // @ts-expect-error there is no such event
  socket.emit("unknown", 1);
}

export async function ofAnyMaps(socket: Socket<any, any, any, any>): Promise<void> {
  socket.emit("whatever", 1, 2, () => {});
  const answer = await socket.emitWithAck("whatever", 1);
  expectType<Equal<typeof answer, any>>();
  socket.data.whatever = 1;
}

type Names = keyof ServerToClient & ("hello" | "message");

export function byName(socket: TypedSocket, name: Names): void {
  socket.emit(name, "text");
  // @ts-expect-error both are strings
  socket.emit(name, 1);
}

export function generic<Name extends "hello" | "message">(socket: TypedSocket, name: Name): void {
  const args = ["text"] as Parameters<ServerToClient[Name]>;
  socket.emit(name, ...args);
}
