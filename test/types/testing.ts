// The clients of bun-socket.io/testing know the events of the server that they are for.

import type { DefaultEventsMap, Server } from "bun-socket.io";
import { createTestServer, type TestClient } from "bun-socket.io/testing";
import { type Equal, expectType } from "./expect.ts";

interface ToServer {
  add: (a: number, b: number, reply: (sum: number) => void) => void;
  say: (text: string) => void;
}
interface ToClient {
  hello: (name: string) => void;
  question: (n: number, reply: (answer: string) => void) => void;
}

const setup = (io: Server<ToServer, ToClient, DefaultEventsMap, { name: string }>): void => {
  io.on("connection", (socket) => socket.emit("hello", socket.data.name));
};

await using server = await createTestServer(setup);
const client = await server.connect({ namespace: "/", auth: { name: "Ada" } });
expectType<Equal<typeof client, TestClient<ToClient, ToServer>>>();
const sum = await client.ask("add", 1, 2);
expectType<Equal<typeof sum, number>>();
const [name] = await client.next("hello", { timeoutMs: 10 });
expectType<Equal<typeof name, string>>();
const [n, reply] = await client.next("question");
reply(String(n));
client.emit("say", "text").answer("question", (asked) => `${asked.toFixed()}`);
await client.expectNone("hello");
const data = server.socketOf(client).data;
expectType<Equal<typeof data, { name: string }>>();

const passed = server.advance(45_000);
expectType<Equal<typeof passed, Promise<void>>>();
const missed = client.missHeartbeats();
expectType<Equal<typeof missed, Promise<void>>>();

// @ts-expect-error: a time is a number
await server.advance("45s");
// @ts-expect-error: the server sends no such event
await client.next("say");
// @ts-expect-error: a text is no number
client.emit("say", 1);
// @ts-expect-error: nor is it two
await client.ask("add", 1);

const plain = await createTestServer((io) => {
  io.on("connection", (socket) => socket.emit("anything"));
});
const anyone = await plain.connect();
const [first] = await anyone.next("anything");
first.whatever;
