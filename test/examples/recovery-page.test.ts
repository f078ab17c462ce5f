// The program of docs/recovery.md, as it stands there but for its port and the time.

import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { io as connectTo, type Socket } from "socket.io-client";
import { installManifest, type InstalledProject } from "../support/example-project.ts";
import { once } from "../support/clients.ts";
import { Program } from "../support/program.ts";
import { ROOT } from "../support/project.ts";

const INSTALL_MS = 120_000;
const RUN_MS = 30_000;

let project: InstalledProject;
let program: Program;
const open: Socket[] = [];

beforeAll(async () => {
  const { devDependencies } = await Bun.file(join(ROOT, "package.json")).json();
  project = await installManifest(
    {
      type: "module",
      dependencies: {
        "bun-socket.io": "^0.1.0",
        "@types/bun": devDependencies["@types/bun"],
      },
    },
    "express",
  );
  const page = await Bun.file(join(ROOT, "docs/recovery.md")).text();
  const [first = "", second = ""] = Array.from(
    page.matchAll(/^```ts\n(.*?)^```$/gms),
    ([, ts]) => ts,
  );
  await Bun.write(join(project.directory, "listing.ts"), `${first}\n${second}`);
}, INSTALL_MS);

afterEach(async () => {
  for (const client of open.splice(0)) client.disconnect();
  await program?.stop();
});
afterAll(() => project.remove());

/** Starts the program with another time in it. */
async function start(duration: string): Promise<void> {
  const source = await Bun.file(join(project.directory, "listing.ts")).text();
  const adapted = source
    .replace("new Server(3000", "new Server(0")
    .replace("60_000", duration)
    .concat("\nconst { port } = io.httpServer.address() as { port: number };")
    .concat('\nconsole.log("http://127.0.0.1:" + port);\n');
  await Bun.write(join(project.directory, "program.ts"), adapted);
  program = await Program.start(project.directory, "program.ts");
}

async function enter(name: string): Promise<Socket> {
  const client = connectTo(program.url, {
    auth: { name },
    forceNew: true,
    reconnectionDelay: 1,
    reconnectionDelayMax: 1,
  });
  open.push(client);
  // Added before it connects: the first event may come along with the connection.
  const [text] = await once<[string]>(client, "note");
  expect(text).toBe(`${name} came`);
  return client;
}

/** The next notes, without their offsets. */
function notes(client: Socket, count: number): Promise<string[]> {
  return new Promise((resolve) => {
    const heard: string[] = [];
    client.on("note", (text: string) => {
      if (heard.push(text) === count) {
        client.off("note");
        resolve(heard);
      }
    });
  });
}

test(
  "its program compiles",
  async () => {
    expect(await project.typeErrors()).toBe("");
  },
  INSTALL_MS,
);

test(
  "a client that comes back takes up its session, and gets what it missed",
  async () => {
    await start("60_000");
    const ada = await enter("Ada");
    const came = notes(ada, 1);
    const bob = await enter("Bob");
    expect(await came).toEqual(["Bob came"]);

    const { id } = bob;
    const [toAda, toBob] = [notes(ada, 2), notes(bob, 2)];
    bob.io.engine.close();
    expect(await toAda).toEqual(["Bob lost the connection", "Bob is back"]);
    expect(await toBob).toEqual(["Bob lost the connection", "Bob is back"]);
    expect([bob.id, bob.recovered]).toEqual([id, true]);

    const left = notes(ada, 1);
    bob.disconnect();
    expect(await left).toEqual(["Bob left"]);
  },
  RUN_MS,
);

test(
  "one that does not come back is gone for good when its session has expired",
  async () => {
    await start("20");
    const ada = await enter("Ada");
    const came = notes(ada, 1);
    const bob = await enter("Bob");
    await came;
    const told = notes(ada, 2);
    bob.io.reconnection(false);
    bob.io.engine.close();
    expect(await told).toEqual(["Bob lost the connection", "Bob did not come back"]);
  },
  RUN_MS,
);
