import type { Anything, Scenario } from "../scenario.ts";
import { answerPings, WS } from "./protocol-support.ts";

type Reply = (...answer: unknown[]) => void;

export const acknowledgementScenarios: Scenario[] = [
  {
    name: "an acknowledgement carries none, one and several arguments, both ways",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        socket.on("none", (reply: Reply) => reply());
        socket.on("some", (reply: Reply) => reply(1, "two", null, [3], { four: true }, undefined));
        socket.on("bytes", (reply: Reply) => reply(Buffer.from("é"), { deep: Buffer.alloc(0) }));
        socket.on("start", () => {
          socket.emit("none", (...answer: unknown[]) => {
            logOf(socket, "answer: none", ...answer);
            socket.emit("some", "x", (...values: unknown[]) => {
              logOf(socket, "answer: some", ...values);
              socket.emit("end");
            });
          });
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      ann.on("none", (reply) => reply());
      ann.on("some", (_value, reply) => reply(1, Buffer.from("two"), { three: undefined }));
      for (const event of ["none", "some", "bytes"]) {
        await ann.ask(event);
      }
      ann.emit("start");
      await ann.next("end");
    },
  },
  {
    name: "an acknowledgement that is called twice is sent once",
    server(io) {
      answerPings(io);
      io.on("connection", (socket) => {
        socket.on("twice", (reply: Reply) => {
          reply("first");
          reply("second");
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("twice");
      await ann.ask("ping");
    },
  },
  {
    name: "an acknowledgement that nobody calls keeps nobody from anything",
    server(io, { log }) {
      answerPings(io);
      io.on("connection", (socket) => {
        socket.on("never", (_reply: Reply) => {});
        socket.emit("never back", () => log("must not be heard"));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.next("never back");
      ann.socket.emit("never", () => ann.log("must not be heard"));
      ann.socket.emit("nobody listens", () => ann.log("must not be heard"));
      await ann.ask("ping");
    },
  },
  {
    name: "acknowledgements come back in the order in which they are called",
    server(io) {
      io.on("connection", (socket) => {
        const replies: Reply[] = [];
        socket.on("ask", (reply: Reply) => {
          replies.push(reply);
          if (replies.length === 3) {
            for (const [index, late] of replies.reverse().entries()) {
              late(index);
            }
          }
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const answers: unknown[] = [];
      await new Promise<void>((resolve) => {
        for (const name of ["first", "second", "third"]) {
          ann.socket.emit("ask", (index: number) => {
            answers.push([name, index]);
            if (answers.length === 3) {
              resolve();
            }
          });
        }
      });
      t.log("answers", answers);
    },
  },
  {
    name: "an acknowledgement called after its client has left does nothing",
    server(io, { command }) {
      let late: Reply = () => {};
      io.on("connection", (socket) => {
        socket.on("ask", (reply: Reply) => {
          late = reply;
        });
      });
      answerPings(io);
      command("size", () => io.sockets.sockets.size);
      command("answer", () => String(late("late")));
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      ann.socket.emit("ask", () => ann.log("must not be heard"));
      await ann.ask("ping");
      ann.disconnect();
      await t.until(async () => (await t.command("size")) === 0);
      t.log("answer", await t.command("answer"));
    },
  },
  {
    name: "acknowledgements of one connection's namespaces are counted apart",
    server(io) {
      answerPings(io);
      answerPings(io.of("/a"));
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const other = ann.of("/a");
      await other.connected();
      for (let times = 0; times < 3; times++) {
        await ann.ask("ping");
        await other.ask("ping");
      }
    },
  },
  {
    name: "socket.timeout hands over the answer, or an error, on the server",
    server(io, { command }) {
      const found = new Promise<Anything>((resolve) => io.on("connection", resolve));
      command("ask", async (event: string, ms: number) => {
        const socket = await found;
        return new Promise((resolve) => {
          socket
            .timeout(ms)
            .emit(event, (error: Error | null, ...answer: unknown[]) =>
              resolve([error?.message ?? null, answer]),
            );
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      ann.on("answered", (reply) => reply(1, 2));
      t.log("answered", await t.command("ask", "answered", 3000));
      t.log("not answered", await t.command("ask", "not answered", 50));
    },
  },
  {
    name: "an answer behind the timeout is forgotten",
    server(io, { command }) {
      const found = new Promise<Anything>((resolve) => io.on("connection", resolve));
      answerPings(io);
      command("ask", async () => {
        const socket = await found;
        const calls: unknown[] = [];
        return new Promise((resolve) => {
          socket.timeout(30).emit("late", (error: Error | null) => {
            calls.push(error?.message);
            socket.emit("answer now");
            socket.once("answered", () => resolve(calls));
          });
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      let late: Reply = () => {};
      ann.on("late", (reply) => {
        late = reply;
      });
      ann.on("answer now", () => {
        late("late");
        ann.emit("answered");
      });
      t.log("calls", await t.command("ask"));
      await ann.ask("ping");
    },
  },
  {
    name: "emitWithAck resolves with the first argument of the answer, or rejects with a timeout",
    server(io, { command }) {
      const found = new Promise<Anything>((resolve) => io.on("connection", resolve));
      command("ask", async (event: string) => (await found).emitWithAck(event, "x"));
      command("within", async (ms: number, event: string) =>
        (await found)
          .timeout(ms)
          .emitWithAck(event, "x")
          .catch((error: Error) => [error instanceof Error, error.message]),
      );
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      ann.on("question", (value, reply) => reply([value, 1], "second"));
      ann.on("empty", (_value, reply) => reply());
      t.log("answer", await t.command("ask", "question"));
      t.log("answer without anything", (await t.command("ask", "empty")) ?? "nothing");
      t.log("answer within", await t.command("within", 3000, "question"));
      t.log("no answer", await t.command("within", 50, "nobody listens"));
    },
  },
  {
    name: "an acknowledgement that is owed when the client leaves is not failed before its timeout",
    server(io, { logOf, command }) {
      let without = "never called";
      const answered = new Promise<unknown>((resolve) => {
        io.on("connection", (socket) => {
          socket.emit("a", () => {
            without = "called";
          });
          socket.timeout(10_000).emit("b", (error: Error | null) => {
            resolve(error?.message ?? "no error");
          });
          socket.on("disconnect", () => logOf(socket, "left"));
        });
      });
      command("first", () =>
        Promise.race([answered, new Promise((r) => setTimeout(r, 300, "waits"))]),
      );
      command("without", () => without);
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.next("b");
      ann.disconnect();
      t.log("with a timeout", await t.command("first"));
      t.log("without", await t.command("without"));
    },
  },
  {
    name: "the client's timeouts and promises of answers are kept",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("answered", (value: unknown, reply: Reply) => reply(value, "second"));
        socket.on("not answered", () => {});
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.askWithin(3000, "answered", { value: 1 });
      await ann.askWithin(50, "not answered");
      t.log("promise", await ann.socket.emitWithAck("answered", Buffer.from("x")));
      const failed = ann.socket.timeout(50).emitWithAck("not answered");
      t.log("promise", await failed.catch((error: Error) => error.message));
    },
  },
];
