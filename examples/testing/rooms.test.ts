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

test("the others hear of a connection that is lost", async () => {
  await using server = await createTestServer(rooms);
  const [ada, bob] = [
    await server.connect({ auth: { name: "Ada" } }),
    await server.connect({ auth: { name: "Bob" } }),
  ];
  for (const client of [ada, bob]) await client.ask("join", "kitchen");
  bob.drop();
  expect(await ada.next("left")).toEqual(["Bob"]);
});

test("the others hear of one that answers no more, when the heartbeat tells", async () => {
  await using server = await createTestServer(rooms);
  const [ada, bob] = [
    await server.connect({ auth: { name: "Ada" } }),
    await server.connect({ auth: { name: "Bob" } }),
  ];
  for (const client of [ada, bob]) await client.ask("join", "kitchen");
  bob.mute();
  await server.advance(40_000); // of pingInterval and pingTimeout, 45 s together
  await ada.expectNone("left");
  await server.advance(5_000);
  expect(await ada.next("left")).toEqual(["Bob"]);
});
