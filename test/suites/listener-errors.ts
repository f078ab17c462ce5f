// What listeners throw or reject with, and who is told.

import { expect, test } from "bun:test";
import { EventEmitter } from "node:events";
import type { ListenerErrorContext, Namespace, Socket } from "bun-socket.io";
import { once } from "../support/clients.ts";
import { departed, type World } from "../support/world.ts";

interface Report {
  message: string;
  event: unknown;
  namespace: string;
  id: string | undefined;
}

interface ErrorTarget {
  on(
    event: "error",
    listener: (error: Error, context: ListenerErrorContext<Namespace, Socket>) => void,
  ): unknown;
}

/** Lists what the error listeners of a namespace, or of the server, are told. */
function recordErrors(target: ErrorTarget): Report[] {
  const reports: Report[] = [];
  target.on("error", (error, { event, namespace, socket }) => {
    reports.push({ message: error.message, event, namespace: namespace.name, id: socket?.id });
  });
  return reports;
}

async function settle(reports: readonly unknown[], count: number): Promise<void> {
  while (reports.length < count) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function listenerErrorSuite(world: World): void {
  test("tells error listeners of the server of listeners that throw or reject", async () => {
    const io = world.start();
    io.of("/a");
    const reports = recordErrors(io);
    io.of("/a").on("connection", () => {
      throw new Error("connection");
    });
    const pair = await world.join();
    const a = await world.joinOver(pair.client, "/a");
    const calls: string[] = [];
    pair.socket.on("throw", () => {
      throw new Error("thrown");
    });
    pair.socket.on("throw", () => calls.push("the next one"));
    pair.socket.once("reject", async () => {
      await Promise.resolve();
      throw new Error("rejected");
    });
    pair.socket.on("disconnect", () => {
      throw new Error("gone");
    });
    pair.client.emit("throw").emit("reject").emit("reject");
    await departed(pair);
    await settle(reports, 3);
    const { id } = pair.socket;
    pair.socket.disconnect();
    await departed(a);
    expect(reports).toEqual([
      { message: "connection", event: "connection", namespace: "/a", id: a.socket.id },
      { message: "thrown", event: "throw", namespace: "/", id },
      { message: "rejected", event: "reject", namespace: "/", id },
      { message: "gone", event: "disconnect", namespace: "/", id },
    ]);
    expect(calls).toEqual(["the next one"]);
    expect(a.socket.connected).toBeTrue();
  });

  test("tells error listeners of catch-all listeners, and calls the others", async () => {
    const io = world.start();
    const reports = recordErrors(io);
    const pair = await world.join();
    const { client, socket } = pair;
    const calls: string[] = [];
    socket.onAny((event) => {
      if (event === "in") {
        throw new Error("incoming");
      }
    });
    socket.onAny((event) => calls.push(event));
    socket.on("in", () => calls.push("its own"));
    socket.onAnyOutgoing(async (event) => {
      if (event === "out") {
        throw new Error("outgoing");
      }
    });
    client.emit("in");
    await departed(pair);
    const out = once(client, "out");
    io.emit("out");
    await out;
    await settle(reports, 2);
    expect(calls).toEqual(["in", "its own", "settled"]);
    expect(reports).toEqual([
      { message: "incoming", event: "in", namespace: "/", id: socket.id },
      { message: "outgoing", event: "out", namespace: "/", id: socket.id },
    ]);
  });

  test("tells the error listeners of a namespace of its own, and those of the server of the rest", async () => {
    const io = world.start();
    const ofServer = recordErrors(io);
    const ofA = recordErrors(io.of("/a"));
    io.of("/b");
    const pair = await world.join();
    const pairs = [pair, await world.joinOver(pair.client, "/a")];
    pairs.push(await world.joinOver(pair.client, "/b"));
    for (const { client, socket } of pairs) {
      socket.on("throw", () => {
        throw new Error(socket.nsp.name);
      });
      client.emit("throw");
    }
    await departed(...pairs);
    expect(ofServer.map(({ message }) => message)).toEqual(["/", "/b"]);
    expect(ofA.map(({ message }) => message)).toEqual(["/a"]);
  });

  test("hands a socket what its listeners reject with, where node:events captures that", async () => {
    EventEmitter.captureRejections = true;
    try {
      world.start();
      const pair = await world.join();
      const { client, socket } = pair;
      const failed = once<[Error]>(socket, "error");
      socket.on("reject", async (value) => {
        throw new Error(value);
      });
      client.emit("reject", "why");
      expect((await failed)[0].message).toBe("why");
      const answered = once(client, "hello");
      socket.emit("hello", 1);
      expect(await answered).toEqual([1]);
      await departed(pair);
      expect(socket.connected).toBeTrue();
    } finally {
      EventEmitter.captureRejections = false;
    }
  });
}
