// The limit on the acknowledgements that one client owes. The names of tests in
// test/support/reliability-rows/limits.ts make a page.

import { expect, test } from "bun:test";
import { once } from "../support/clients.ts";
import { overBothHosts, recordLimits } from "../support/limits.ts";
import { ADDRESS, ends, expected, openRaw } from "../support/limits-sessions.ts";

overBothHosts((world) => {
  test("a client that owes more than limits.pendingAcks loses its connection", async () => {
    const io = world.start({ limits: { pendingAcks: 2 } });
    const heard = recordLimits(io);
    const other = await world.join();
    const pair = await world.join();
    const end = ends(world, pair);
    for (let sent = 0; sent < 3; sent++) {
      pair.socket.emit("question", () => {});
      expect(pair.socket.connected).toBeTrue(); // it does not end in the midst of an emit()
    }
    expect(await end).toEqual(expected(world, "limit exceeded", "pendingAcks", 1008));
    expect(heard).toEqual([{ limit: "pendingAcks", value: 2, address: ADDRESS, namespace: "/" }]);
    other.client.on("question", (reply) => reply());
    for (let sent = 0; sent < 10; sent++) {
      await other.socket.emitWithAck("question"); // who answers owes nothing
    }
  });

  test("a client that leaves its namespace and joins it again owes what it owed before", async () => {
    const io = world.start({ limits: { pendingAcks: 5 } });
    const heard = recordLimits(io);
    let asked = 0;
    for (const name of ["/a", "/b"]) {
      io.of(name).on("connection", (socket) => {
        for (let count = 0; count < 2; count++) {
          socket.timeout(60_000).emit("question", () => {});
          asked++;
        }
      });
    }
    const raw = await openRaw(world);
    for (let round = 0; round < 50; round++) {
      await raw.send("40/a,", "41/a,", "40/b,", "41/b,");
    }
    await raw.closed;
    expect(heard).toEqual([
      expect.objectContaining({ limit: "pendingAcks", value: 5, address: ADDRESS }),
    ]);
    expect(asked).toBeLessThan(50);
  });

  test("what a client has answered, or owed without a timeout when it left, is not owed any more", async () => {
    const io = world.start({ limits: { pendingAcks: 2 } });
    const answered: unknown[] = [];
    io.of("/a").on("connection", (socket) => {
      socket.emit("unanswered", () => {});
      socket.timeout(60_000).emit("question", (_error: unknown, answer: unknown) => {
        answered.push(answer);
        socket.disconnect();
        socket.emit("unanswered", () => {}); // to nobody
      });
    });
    const { client } = await world.join();
    const again = client.io.socket("/a");
    again.on("question", (reply) => reply("answer"));
    await once(again, "disconnect");
    while (answered.length < 10) {
      again.connect();
      await once(again, "disconnect");
    }
    expect(answered).toEqual(Array(10).fill("answer"));
    expect(io.engine.refusals.pendingAcks).toBe(0);
  });

  test("an acknowledgement that is given up is not owed any more", async () => {
    const io = world.start({ limits: { pendingAcks: 1 } });
    const { socket } = await world.join();
    for (let round = 0; round < 3; round++) {
      const error = await socket
        .timeout(1)
        .emitWithAck("question")
        .catch((reason) => reason);
      expect(error).toMatchObject({ code: "ERR_ACK_TIMEOUT" });
    }
    expect(io.engine.refusals.pendingAcks).toBe(0);
  });

  test("limits.pendingAcks counts the acknowledgements of broadcasts", async () => {
    const io = world.start({ limits: { pendingAcks: 2 } });
    const pair = await world.join();
    const end = ends(world, pair);
    for (let sent = 0; sent < 3; sent++) {
      io.timeout(60_000).emit("question", () => {});
    }
    expect((await end).server).toEqual(["limit exceeded", "ERR_LIMIT_EXCEEDED", "pendingAcks"]);
  });
});
