// Contracts, to the compiler: the same types from every library, and what must not compile.

import { type } from "arktype";
import type { Namespace, Server, Socket } from "bun-socket.io";
import {
  type AuthInput,
  type AuthOutput,
  type ClientEmitEvents,
  type ClientListenEvents,
  type ClientSocket,
  type ContractError,
  type ContractNamespace,
  type ContractSocket,
  defineContract,
  type Refusal,
  type ServerEmitEvents,
  type ServerListenEvents,
  typedClient,
  type WireEmitEvents,
  type WireListenEvents,
  type WireSocket,
  withContract,
} from "bun-socket.io/contract";
import { path } from "bun-socket.io/path";
import { pipe, receive } from "bun-socket.io/streams";
import type { Socket as StockSocket } from "socket.io-client";
import * as v from "valibot";
import * as z from "zod";
import type { arktype, valibot, zod } from "../contract/boards.ts";
import { type Equal, expectType } from "./expect.ts";

type Zod = typeof zod;
type Valibot = typeof valibot;
type Arktype = typeof arktype;

type Same<A, B> = Equal<A, B>;
expectType<Same<ServerEmitEvents<Zod>, ServerEmitEvents<Valibot>>>();
expectType<Same<ServerEmitEvents<Zod>, ServerEmitEvents<Arktype>>>();
expectType<Same<ServerListenEvents<Zod>["add"], ServerListenEvents<Valibot>["add"]>>();
expectType<Same<ServerListenEvents<Zod>["add"], ServerListenEvents<Arktype>["add"]>>();
expectType<Same<ServerListenEvents<Zod>["move"], ServerListenEvents<Valibot>["move"]>>();
expectType<Same<ServerListenEvents<Zod>["move"], ServerListenEvents<Arktype>["move"]>>();
expectType<Same<ServerListenEvents<Zod>["remind"], ServerListenEvents<Valibot>["remind"]>>();
expectType<Same<ServerListenEvents<Zod>["remind"], ServerListenEvents<Arktype>["remind"]>>();

expectType<
  Equal<
    ServerListenEvents<Zod>["add"],
    (note: { text: string }, reply: (response: { id: number }) => void) => void
  >
>();
expectType<
  Equal<ServerListenEvents<Zod>["move"], (id: string, x: number, y?: number | undefined) => void>
>();
expectType<Equal<ServerListenEvents<Zod>["leave"], () => void>>();
// A transform: text on the wire, a date for listeners.
expectType<
  Equal<ServerListenEvents<Zod>["remind"], (at: Date, reply: (response: string) => void) => void>
>();
expectType<
  Equal<ClientEmitEvents<Zod>["remind"], (at: string, reply: (response: string) => void) => void>
>();
expectType<Equal<ServerEmitEvents<Zod>["due"], (at: string) => void>>();
expectType<Equal<ClientListenEvents<Zod>["due"], (at: Date) => void>>();
expectType<Equal<WireListenEvents<Zod>["due"], (at: string) => void>>();
expectType<Equal<ClientListenEvents<Zod>["error"], (refusal: Refusal) => void>>();
expectType<
  Equal<
    WireEmitEvents<Zod>["add"],
    (note: { text: string }, reply: (response: { id: number } | Refusal) => void) => void
  >
>();

const shop = defineContract({
  auth: z.object({ token: z.string(), age: z.coerce.number<string>() }),
  data: v.object({ user: v.string(), cart: v.optional(v.array(v.string()), []) }),
  clientToServer: {
    buy: { input: type({ item: "string", count: "string.integer.parse" }), ack: z.int() },
    maybe: { input: z.string().optional(), ack: z.string().optional() },
  },
  serverToClient: {
    sold: { input: [v.string(), type("number")] },
    confirm: { input: z.string(), ack: z.iso.date().transform((text) => new Date(text)) },
  },
});
type Shop = typeof shop;

expectType<Equal<AuthInput<Shop>, { token: string; age: string }>>();
expectType<Equal<AuthOutput<Shop>, { token: string; age: number }>>();

export function server(io: Server<never, never, { other: () => void }, { user: boolean }>): void {
  const plain = withContract(io.of("/plain"), {
    clientToServer: { a: {} },
    serverToClient: {},
  });
  plain.on("connection", (socket) => {
    // Without data of the contract, it is the server's.
    expectType<Equal<typeof socket.data, { user: boolean }>>();
  });

  const namespace = withContract(io.of("/shop"), shop, {
    onInvalid: (error, socket) => {
      expectType<Equal<typeof error, ContractError>>();
      socket?.emit("sold", "x", 1);
    },
    data: ({ auth, socket }) => {
      expectType<Equal<typeof auth, { token: string; age: number }>>();
      return { user: socket.id + auth.token };
    },
  });
  const same: ContractNamespace<Shop, { other: () => void }> = namespace;
  same.emit("sold", "x", 1);
  namespace.on("other", () => {});
  namespace.on("connection", (socket) => {
    const typed: ContractSocket<Shop, { other: () => void }> = socket;
    expectType<Equal<typeof typed.data, { user: string; cart: string[] }>>();
    expectType<Equal<typeof socket.data, { user: string; cart: string[] }>>();
    socket.on("buy", ({ item, count }, reply) => {
      expectType<Equal<typeof item, string>>();
      expectType<Equal<typeof count, number>>();
      reply(count);
      // @ts-expect-error it is a number
      reply(item);
      // @ts-expect-error it is missing
      reply();
    });
    socket.on("maybe", (text, reply) => {
      expectType<Equal<typeof text, string | undefined>>();
      reply();
      reply("x");
    });
    socket.emit("sold", "x", 1);
    socket.broadcast.emit("sold", "x", 1);
    socket.nsp.to("room").emit("sold", "x", 1);
    // @ts-expect-error a number is missing
    socket.emit("sold", "x");
    // @ts-expect-error it is a number
    socket.emit("sold", "x", "1");
    // @ts-expect-error one argument too many
    socket.emit("sold", "x", 1, 2);
    // @ts-expect-error it is an event of clients
    socket.emit("buy", { item: "x", count: "1" });
    // @ts-expect-error there is no such event
    socket.on("sell", () => {});
    // @ts-expect-error it is an event of the server
    socket.on("sold", () => {});
    // @ts-expect-error there is one argument and the reply
    socket.on("buy", (a, b, c) => [a, b, c]);
  });
  // @ts-expect-error it is a number
  namespace.emit("sold", "x", "1");

  withContract(io.of(path("/shops/:shopId")), shop).on("connection", (socket) => {
    expectType<Equal<typeof socket.params, { readonly shopId: string }>>();
    expectType<Equal<typeof socket.data.cart, string[]>>();
    socket.on("buy", ({ count }) => expectType<Equal<typeof count, number>>());
  });
  const root: Namespace = withContract(io, plainContract) as unknown as Namespace;
  root.emit("anything");

  // @ts-expect-error what it makes is not what data takes
  withContract(io.of("/a"), shop, { data: () => ({ name: "x" }) });
  // @ts-expect-error the contract has no data
  withContract(io.of("/b"), plainContract, { data: () => ({}) });
  // @ts-expect-error there is no such policy
  withContract(io.of("/c"), plainContract, { unknownEvents: "drop" });
  // @ts-expect-error it is no namespace
  withContract({}, plainContract);
}

const plainContract = defineContract({ clientToServer: { a: {} }, serverToClient: {} });

export async function acks(
  socket: Socket<ServerListenEvents<Shop>, ServerEmitEvents<Shop>>,
): Promise<void> {
  const date = await socket.emitWithAck("confirm", "x");
  expectType<Equal<typeof date, Date>>();
  socket.timeout(5).emit("confirm", "x", (error, at) => {
    expectType<Equal<typeof error, Error>>();
    expectType<Equal<typeof at, Date>>();
  });
  const dates = await socket.nsp.timeout(5).emitWithAck("confirm", "x");
  expectType<Equal<typeof dates, Date[]>>();
}

export async function client(stock: StockSocket): Promise<void> {
  const socket: ClientSocket<Shop> = typedClient(stock, shop);
  socket.on("sold", (item, count) => {
    expectType<Equal<typeof item, string>>();
    expectType<Equal<typeof count, number>>();
  });
  socket.on("confirm", (_text, reply) => {
    reply("2026-01-02");
    // @ts-expect-error on the wire it is text
    reply(new Date());
  });
  socket.on("connect_error", (error) => error.message);
  socket.on("error", ({ code }) => code === "INVALID_PAYLOAD");
  socket.emit("buy", { item: "x", count: "1" }, (sold) => {
    expectType<Equal<typeof sold, number>>();
  });
  const sold = await socket.emitWithAck("buy", { item: "x", count: "1" });
  expectType<Equal<typeof sold, number>>();
  socket.emit("maybe", undefined, () => {});
  // @ts-expect-error on the wire it is text
  socket.emit("buy", { item: "x", count: 1 }, () => {});
  // @ts-expect-error it is an event of the server
  socket.emit("sold", "x", 1);
  // @ts-expect-error there is no such event
  socket.on("bought", () => {});

  receive<string>(socket, "sold", (stream) => {
    expectType<Equal<typeof stream, ReadableStream<string>>>();
  });
  await pipe(new ReadableStream<string>(), socket, "buy");

  const wire: WireSocket<Shop> = typedClient<Shop>(stock);
  const answer = await wire.emitWithAck("buy", { item: "x", count: "1" });
  expectType<Equal<typeof answer, number | Refusal>>();
  wire.on("sold", (item) => expectType<Equal<typeof item, string>>());
}

// @ts-expect-error a schema is no event
defineContract({ clientToServer: { a: z.string() }, serverToClient: {} });
// @ts-expect-error text is no schema
defineContract({ clientToServer: { a: { input: "string" } }, serverToClient: {} });
// @ts-expect-error a direction is missing
defineContract({ clientToServer: {} });
