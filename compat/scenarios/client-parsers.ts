// Other ways of writing packets: MessagePack, JSONP, and a parser of one's own.

import * as msgpackParser from "socket.io-msgpack-parser";
import type { Anything, ClientTools, Scenario } from "../scenario.ts";
import { ALL, echo, UNMOVING } from "./client-support.ts";

const parser = { parser: msgpackParser };

/** A session by JSONP: the packets of polls as a call, those of posts as a form. */
async function jsonp(t: ClientTools, revision: 3 | 4): Promise<void> {
  const path = `/socket.io/?EIO=${revision}&transport=polling&j=0`;
  const { body } = await t.fetch("raw", path);
  const sid = /\\"sid\\":\\"([^"\\]+)/.exec(body)?.[1];
  t.check("the handshake is a call of a function", /^___eio\[0\]\("/.test(body), body);
  const poll = (index: number): Promise<Anything> =>
    t.fetch("raw", `/socket.io/?EIO=${revision}&transport=polling&j=${index}&sid=${sid}`);
  const post = (packet: string): Promise<Anything> =>
    t.fetch("raw", `${path}&sid=${sid}`, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: `d=${encodeURIComponent(revision === 3 ? `${packet.length}:${packet}` : packet)}`,
    });
  if (revision === 4) {
    await post("40");
  }
  await poll(1);
  await post('420["echo","line\\\\nend","\u2028"]');
  await poll(2);
  await post('42["bytes"]');
  await poll(3);
  await post("1");
}

export const clientParserScenarios: Scenario[] = [
  ...ALL.map(
    (transports): Scenario => ({
      name: `MessagePack carries events, bytes and answers both ways (${transports.join(" to ")})`,
      options: parser,
      server(io, { logOf }) {
        echo(io);
        io.on("connection", (socket) => {
          socket.on("go", () => {
            socket.emit("question", { bytes: Buffer.from([0, 255]) }, (...answer: unknown[]) => {
              logOf(socket, "answer", ...answer);
              socket.emit("done");
            });
          });
        });
      },
      async client(t) {
        const ann = await t.connect("ann", { ...parser, transports });
        ann.on("question", ({ bytes }, reply) => reply(bytes, "é€😀", [1.5, -1, null]));
        await ann.ask("echo", { deep: [Buffer.from("one"), { text: "two" }] }, true, 2 ** 40);
        ann.emit("go");
        await ann.next("done");
      },
    }),
  ),
  ...UNMOVING.map(
    (transports): Scenario => ({
      name: `MessagePack has namespaces, rooms, errors and disconnects (${transports})`,
      options: parser,
      server(io, { command }) {
        echo(io.of("/chat"));
        io.of("/chat").on("connection", (socket: Anything) => socket.join("room"));
        io.of("/closed").use((_socket: unknown, next: (error: Error) => void) =>
          next(Object.assign(new Error("no"), { data: { code: 7 } })),
        );
        command("say", () => void io.of("/chat").to("room").emit("said", Buffer.from("bytes")));
        command("kick", () => io.of("/chat").disconnectSockets());
      },
      async client(t) {
        const ann = await t.connect("ann", { ...parser, transports });
        const chat = ann.of("/chat", { auth: { token: "abc" } });
        await chat.connected();
        await chat.ask("echo", "hi");
        await t.command("say");
        await chat.next("said");
        await ann.of("/closed").next("connect_error");
        await ann.of("/nowhere").next("connect_error");
        await t.command("kick");
        await chat.next("disconnect");
      },
    }),
  ),
  {
    name: "a client with the parser of MessagePack does not get on with a server without it",
    async client(t) {
      const ann = t.client("ann", { ...parser, transports: ["websocket"] });
      await new Promise<void>((resolve) => ann.socket.io.once("close", () => resolve()));
    },
  },
  {
    name: "a client without the parser of MessagePack does not get on with a server that has it",
    options: parser,
    async client(t) {
      const ann = t.client("ann", { transports: ["websocket"] });
      await new Promise<void>((resolve) => ann.socket.io.once("close", () => resolve()));
    },
  },
  ...([4, 3] as const).map(
    (revision): Scenario => ({
      name: `JSONP carries packets both ways (revision ${revision})`,
      options: { allowEIO3: true },
      server(io) {
        echo(io);
        io.on("connection", (socket) => {
          socket.on("bytes", () => socket.emit("bytes", Buffer.from([0, 255]), "\u2028<script>"));
        });
      },
      client: (t) => jsonp(t, revision),
    }),
  ),
];
