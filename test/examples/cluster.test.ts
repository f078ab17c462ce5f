// examples/cluster: several processes on one port, and behind nginx with the configuration there.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Socket } from "socket.io-client";
import { keepScreenshot, withPages } from "../support/browser.ts";
import { Clients, connected, once, upgraded } from "../support/clients.ts";
import { type Nginx, startNginx } from "../support/nginx.ts";
import { Program } from "../support/program.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

const ROOT = join(import.meta.dir, "../..");
const RUN_MS = 60_000;
const CLIENTS = 24; // all on one of two processes: once in eight million runs
const ADAPTERS = ["classic", "sharded", "streams"] as const;

interface Entered {
  client: Socket;
  /** The process it is on. */
  node: string;
  pid: number;
}

interface Counts {
  all: number;
  here: number;
  node: string;
}

const clients = new Clients();
let redis: RedisServer;
let program: Program | undefined;
let nginx: Nginx | undefined;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(async () => {
  clients.closeAll();
  await program?.stop(); // before nginx, through which it hears that its clients are gone
  program = undefined;
  await nginx?.stop();
  nginx = undefined;
}, RUN_MS);

async function start(env: Record<string, string>): Promise<Program> {
  const url = `redis://127.0.0.1:${redis.port}`;
  program = await Program.start(ROOT, "examples/cluster", {
    REDIS_URL: url,
    PROCESSES: "2",
    ...env,
  });
  return program;
}

/** Connects a client, and answers the process it is on. */
async function enter(url: string, options: Parameters<Clients["make"]>[1]): Promise<Entered> {
  const client = clients.make(url, options);
  const [welcome] = await once<[{ node: string; pid: number }]>(client, "welcome");
  return { client, ...welcome };
}

function joinMany(url: string, options: Parameters<Clients["make"]>[1]) {
  return Promise.all(Array.from({ length: CLIENTS }, () => enter(url, options)));
}

/** One says something, and all hear it, each once and in order. */
async function expectAllHear(all: readonly { client: Socket }[]): Promise<void> {
  const texts = ["one", "two", "three"];
  const heard = all.map(
    ({ client }) =>
      new Promise<string[]>((resolve) => {
        const said: string[] = [];
        client.on("said", ({ text }: { text: string }) => {
          if (said.push(text) === texts.length) resolve(said);
        });
      }),
  );
  for (const text of texts) all[0]?.client.emit("say", text);
  expect(await Promise.all(heard)).toEqual(all.map(() => texts));
}

/** Tells the process of the first client to end: its clients come back on another one, all of them. */
async function expectDrained(all: readonly Entered[]): Promise<void> {
  const [first] = all;
  const theirs = all.filter(({ node }) => node === first?.node);
  const reasons = theirs.map(({ client }) => once(client, "disconnect"));
  const back = theirs.map(({ client }) => once<[{ node: string }]>(client, "welcome"));
  process.kill(first?.pid ?? 0, "SIGTERM");
  for (const [reason] of await Promise.all(reasons)) expect(reason).toBe("transport close");
  for (const [{ node }] of await Promise.all(back)) expect(node).not.toBe(first?.node ?? "");
  const told = `process ${first?.node} sent ${theirs.length} sessions elsewhere, and cut 0`;
  while (!program?.output.includes(told)) await Bun.sleep(10);
  await expectAllHear(all);
}

/** Asks until the processes have told each other. */
async function countUntil(client: Socket, count: number): Promise<Counts> {
  for (;;) {
    const counts: Counts = await client.emitWithAck("count");
    if (counts.all === count) return counts;
  }
}

describe.each(ADAPTERS)("several processes on one port, adapter %s", (adapter) => {
  const options = { transports: ["websocket"] };

  test(
    "have the clients among them, tell them all, and count them all",
    async () => {
      const { url } = await start({ ADAPTER: adapter });
      const all = await joinMany(url, options);
      expect(new Set(all.map(({ node }) => node))).toEqual(new Set(["1", "2"]));
      await expectAllHear(all);
      for (const { client, node } of all.slice(0, 4)) {
        const counts = await countUntil(client, CLIENTS);
        expect(counts).toEqual({
          all: CLIENTS,
          here: all.filter((each) => each.node === node).length,
          node,
        });
      }
    },
    RUN_MS,
  );

  test(
    "go on when one of them ends: its clients come back, and it does",
    async () => {
      const { url } = await start({ ADAPTER: adapter });
      const all = await joinMany(url, { ...options, reconnection: true, reconnectionDelay: 50 });
      const [first] = all;
      const theirs = all.filter(({ node }) => node === first?.node);
      const back = theirs.map(({ client }) => once(client, "welcome"));
      first?.client.emit("crash");
      await Promise.all(back);
      await expectAllHear(all);
      await countUntil(all[0]?.client as Socket, CLIENTS);
      while (program?.output.match(/listens on port/g)?.length !== 3) await Bun.sleep(10);
    },
    RUN_MS,
  );

  test(
    "send their clients elsewhere when one of them is told to end",
    async () => {
      const { url } = await start({ ADAPTER: adapter });
      const all = await joinMany(url, { ...options, reconnection: true, reconnectionDelay: 50 });
      await expectDrained(all);
    },
    RUN_MS,
  );

  test(
    "end together, without a complaint",
    async () => {
      const running = await start({ ADAPTER: adapter });
      const all = await joinMany(running.url, options);
      const gone = all.map(({ client }) => once(client, "disconnect"));
      expect(await running.stop()).toBe(0);
      await Promise.all(gone);
      expect(running.output).not.toMatch(/error|warning/i);
    },
    RUN_MS,
  );
});

const PORTS = 3;
const FIRST_PORT = 20_000; // below those that the system gives to who asks for any
const LAST_PORT = 32_000;

/** A port such that the two behind it are free as well; another run that starts now is given others. */
function freePorts(): number {
  const blocks = Math.floor((LAST_PORT - FIRST_PORT) / PORTS);
  for (let tries = 0; tries < blocks; tries++) {
    const port = FIRST_PORT + ((process.pid + tries) % blocks) * PORTS;
    const probes: { stop(force: boolean): void }[] = [];
    try {
      for (let offset = 0; offset < PORTS; offset++) {
        const taken = { hostname: "127.0.0.1", port: port + offset, socket: { data() {} } };
        probes.push(Bun.listen(taken));
      }
      return port;
    } catch {
      // one of them is in use: the next block may not be
    } finally {
      for (const each of probes) each.stop(true);
    }
  }
  throw new Error("no three ports in a row are free");
}

describe("behind nginx, with the configuration of the example", () => {
  const TRANSPORTS = [["polling"], ["polling", "websocket"], ["websocket"]];

  async function startAll(): Promise<string> {
    const port = freePorts();
    await start({ PORT: `${port}`, OWN_PORTS: "1" });
    const site = await Bun.file(join(ROOT, "examples/cluster/nginx.conf")).text();
    const shifted = site.replaceAll(/(?<=127\.0\.0\.1:)300(\d)/g, (_all, digit: string) =>
      String(port + Number(digit)),
    );
    nginx = await startNginx(() => shifted, port);
    return `http://127.0.0.1:${port}`;
  }

  test.each(TRANSPORTS.map((transports) => [transports.join(" to "), transports] as const))(
    "each client stays with its process over %s",
    async (_name, transports) => {
      const url = await startAll();
      const all = await joinMany(url, { transports: [...transports] });
      expect(new Set(all.map(({ node }) => node))).toEqual(new Set(["1", "2"]));
      if (transports.length === 2) await Promise.all(all.map(({ client }) => upgraded(client)));
      // Each acknowledgement is a request or two of its own, where they are polling.
      for (let round = 0; round < 5; round++) {
        await Promise.all(
          all.map(async ({ client, node }) => {
            expect((await client.emitWithAck("count")).node).toBe(node);
          }),
        );
      }
      await expectAllHear(all);
      expect(all.filter(({ client }) => !client.connected)).toEqual([]);
    },
    RUN_MS,
  );

  test.each(TRANSPORTS.map((transports) => [transports.join(" to "), transports] as const))(
    "clients whose process is told to end come back on another over %s",
    async (_name, transports) => {
      const url = await startAll();
      const options = { transports: [...transports], reconnection: true, reconnectionDelay: 50 };
      const all = await joinMany(url, options);
      if (transports.length === 2) await Promise.all(all.map(({ client }) => upgraded(client)));
      await expectDrained(all);
    },
    RUN_MS,
  );

  test(
    "clients whose process has ended come back on another",
    async () => {
      const url = await startAll();
      const options = { transports: ["polling"], reconnection: true, reconnectionDelay: 50 };
      const [one, other] = [await enter(url, options), await enter(url, options)];
      const back = once(one.client, "welcome");
      one.client.emit("crash");
      await back;
      await connected(one.client);
      await connected(other.client);
      await expectAllHear([one, other]);
    },
    RUN_MS,
  );
});

test(
  "the page shows the processes, and what is said on another one",
  () =>
    withPages(async (open) => {
      const { url } = await start({});
      const page = await open(url);
      const where = page.getByTestId("where");
      await page.waitForFunction("document.querySelectorAll('#nodes li').length === 2");
      const here = (await where.textContent())?.match(/process (\d)/)?.[1];
      let there = await enter(url, { transports: ["websocket"] });
      while (there.node === here) there = await enter(url, { transports: ["websocket"] });
      there.client.emit("say", "hello from elsewhere");
      const line = page.locator("#log li", { hasText: "hello from elsewhere" });
      await line.waitFor();
      expect(await line.textContent()).toContain(`process ${there.node}`);
      await keepScreenshot(page, "cluster");
    }),
  RUN_MS,
);
