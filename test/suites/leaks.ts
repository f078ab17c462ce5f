// Nothing stays behind when clients have gone.

import { expect, test } from "bun:test";
import { once } from "../support/clients.ts";
import type { Pair, World } from "../support/world.ts";

const CYCLES = 5;
const CLIENTS = 4;

const ways: [string, (pair: Pair) => void][] = [
  ["client.disconnect()", ({ client }) => client.disconnect()],
  ["a closed connection", ({ client }) => client.io.engine.close()],
  ["socket.disconnect()", ({ socket }) => socket.disconnect()],
  ["socket.disconnect(true)", ({ socket }) => socket.disconnect(true)],
  ["a closed session", ({ socket }) => socket.conn.close()],
];

export function leakSuite(world: World): void {
  test.each(ways)(
    "has no session, socket or room left after clients ended with %s",
    async (_, end) => {
      const io = world.start();
      const namespaces = [io.of("/"), io.of("/a")];
      for (let cycle = 0; cycle < CYCLES; cycle++) {
        const pairs: Pair[] = [];
        for (const main of await world.joinMany(CLIENTS)) {
          pairs.push(main, await world.joinOver(main.client, "/a"));
        }
        await Promise.all(
          pairs.map(async ({ client, socket }, index) => {
            await socket.join(["all", `room ${index}`]);
            client.on("question", (reply) => reply(index));
            socket.on("question", (reply) => reply(index));
            expect(await client.emitWithAck("question")).toBe(index);
            expect(await socket.timeout(5000).emitWithAck("question")).toBe(index);
          }),
        );
        expect(io.engine.clientsCount).toBe(CLIENTS);
        const gone = pairs.map(({ socket }) => once(socket, "disconnect"));
        const closed = pairs.map(({ socket }) => once(socket.conn, "close"));
        for (const pair of pairs) {
          end(pair);
        }
        await Promise.all([...gone, ...closed]);
      }
      expect(io.engine.clientsCount).toBe(0);
      expect(Object.keys(io.engine.clients)).toEqual([]);
      for (const { sockets, adapter } of namespaces) {
        expect([...sockets, ...adapter.rooms, ...adapter.sids]).toEqual([]);
      }
    },
  );

  test("owes no acknowledgement once all have come", async () => {
    const io = world.start();
    const { client, socket } = await world.join();
    client.on("question", (reply) => reply("answer"));
    await socket.emitWithAck("question");
    await socket.timeout(5000).emitWithAck("question");
    await io.timeout(5000).emitWithAck("question");
    await new Promise<void>((resolve) => {
      socket.timeout(1).emit("unanswered", () => resolve());
    });
    expect(socket.acks.size).toBe(0);
  });
}
