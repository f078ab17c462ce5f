import { expect, test } from "bun:test";
import { createTestServer } from "bun-socket.io/testing";
import { rooms } from "./rooms.ts";

test("what one says reaches the room, and nobody else", async () => {
  await using server = await createTestServer(rooms);
  const [ada, bob, eve] = await Promise.all(
    ["Ada", "Bob", "Eve"].map((name) => server.connect({ auth: { name } })),
  );
  expect(await ada?.ask("join", "kitchen")).toBe(1);
  expect(await bob?.ask("join", "kitchen")).toBe(2);

  ada?.emit("say", "kitchen", "hello");
  expect(await bob?.next("said")).toEqual(["Ada", "hello"]);
  await eve?.expectNone("said");
  await ada?.expectNone("said");
});

test("a stranger is refused", async () => {
  await using server = await createTestServer(rooms);
  await expect(server.connect()).rejects.toMatchObject({ data: { code: "NO_NAME" } });
});

test("the others hear of a connection that is lost, and of one that answers no more", async () => {
  const heartbeat = { intervalMs: 20, timeoutMs: 20 };
  await using server = await createTestServer(rooms, { heartbeat });
  const ada = await server.connect({ auth: { name: "Ada" } });
  await ada.ask("join", "kitchen");
  for (const end of ["drop", "mute"] as const) {
    const bob = await server.connect({ auth: { name: "Bob" } });
    await bob.ask("join", "kitchen");
    bob[end]();
    expect(await ada.next("left", { timeoutMs: 5_000 })).toEqual(["Bob"]);
  }
});
