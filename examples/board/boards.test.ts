import { expect, test } from "bun:test";
import { createTestServer, type TestServer } from "bun-socket.io/testing";
import { setUpBoards } from "./boards.ts";
import { boards, MAX_TEXT } from "./contract.ts";
import { Tokens } from "./tokens.ts";

const tokens = new Tokens("a secret", 60_000);
const note = { id: crypto.randomUUID(), text: "milk", colour: "sun", x: 10, y: 20 };

function start() {
  return createTestServer((io) => setUpBoards(io, { tokens }), { connectionStateRecovery: {} });
}

function enter(server: TestServer, name: string, boardId = "home", token = tokens.make(name)) {
  return server.connect({ namespace: boards.toName({ boardId }), auth: { token } });
}

test("a note reaches the others of its board, and stays", async () => {
  await using server = await start();
  const [ada, bob] = [await enter(server, "Ada"), await enter(server, "Bob")];
  const eve = await enter(server, "Eve", "elsewhere");
  const added = { ...note, by: "Ada" };
  expect(await ada.ask("add", note)).toEqual({ note: added });
  expect(await ada.ask("add", note)).toEqual({ note: added }); // sent again, added once
  const [seen] = await bob.next("note");
  expect(seen).toEqual(added);
  expect(await bob.ask("change", note.id, { x: 300, text: "bread" })).toEqual({
    note: { ...added, x: 300, text: "bread" },
  });
  expect(await ada.ask("open")).toMatchObject({ notes: [{ x: 300, text: "bread", by: "Ada" }] });
  expect(await bob.ask("remove", note.id)).toBe(true);
  expect(await ada.ask("change", note.id, { x: 0 })).toEqual({ refused: "NO_SUCH_NOTE" });
  await eve.expectNone("note");
});

test("what the contract does not allow is refused, and changes nothing", async () => {
  await using server = await start();
  const ada = await enter(server, "Ada");
  await ada.ask("add", note);
  const refusal = await ada.ask("change", note.id, { text: "x".repeat(MAX_TEXT + 1) });
  expect(refusal).toMatchObject({ code: "INVALID_PAYLOAD", event: "change" });
  expect(await ada.ask("open")).toMatchObject({ notes: [{ text: "milk" }] });
});

test("who has no good token stays outside", async () => {
  await using server = await start();
  const [payload, signature] = tokens.make("Ada").split(".");
  for (const token of ["made.up", `${payload}x.${signature}`, new Tokens("?", 1).make("Ada")]) {
    const code = "TOKEN_INVALID";
    await expect(enter(server, "", "home", token)).rejects.toMatchObject({ data: { code } });
  }
  const old = new Tokens("a secret", -1).make("Ada");
  const code = "TOKEN_EXPIRED";
  await expect(enter(server, "", "home", old)).rejects.toMatchObject({ data: { code } });
  await expect(enter(server, "Ada", "x".repeat(41))).rejects.toMatchObject({
    data: { code: "NO_BOARD" },
  });
});

test("people come with their first tab, and go with their last one", async () => {
  await using server = await start();
  const ada = await enter(server, "Ada");
  const names = async () => {
    const [people] = (await ada.next("people")) as [{ name: string }[]];
    return people.map(({ name }) => name);
  };
  expect(await names()).toEqual(["Ada"]);
  const token = tokens.make("Bob");
  const tabs = [
    await enter(server, "Bob", "home", token),
    await enter(server, "Bob", "home", token),
  ];
  expect(await names()).toEqual(["Ada", "Bob"]);
  tabs[0]?.drop();
  await ada.next("cursor"); // the first of the tabs is gone
  await ada.expectNone("people");
  tabs[1]?.drop();
  expect(await names()).toEqual(["Ada"]);
});

test("who was cut off takes the session up again, and has what was missed", async () => {
  await using server = await start();
  const [ada, bob] = [await enter(server, "Ada"), await enter(server, "Bob")];
  await ada.ask("add", note);
  await bob.next("note");
  bob.drop();
  await ada.next("cursor");
  await ada.ask("change", note.id, { text: "bread" });
  expect(await bob.connect()).toBe(true);
  const [seen] = await bob.next("note");
  expect(seen).toMatchObject({ text: "bread" });
});
