// The programs of docs/hosting.md, as they stand there.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Clients, connected, once, upgraded } from "../support/clients.ts";
import { installManifest, type InstalledProject } from "../support/example-project.ts";
import { TRANSPORTS } from "../support/hosts.ts";
import { Program } from "../support/program.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

const ROOT = join(import.meta.dir, "../..");
const PEM = join(ROOT, "test/support/tls.pem");
const INSTALL_MS = 120_000;
const TYPES_MS = 60_000;
const RUN_MS = 30_000;
const UNIX = "app.sock";

interface Listing {
  title: string;
  source: string;
}

/** The complete programs of the page, by their headings. */
async function readListings(): Promise<Listing[]> {
  const page = await Bun.file(join(ROOT, "docs/hosting.md")).text();
  return page.split(/^### /m).flatMap((section) => {
    const source = /^```ts\n(.*?)^```$/ms.exec(section)?.[1];
    return source === undefined ? [] : [{ title: section.split("\n")[0] ?? "", source }];
  });
}

const listings = await readListings();
const clients = new Clients();
let project: InstalledProject;
let redis: RedisServer;
const programs: Program[] = [];

function directoryOf({ title }: Listing): string {
  return join(project.directory, title.replaceAll(/\W+/g, "-"));
}

/** Logs in where the program has a login, and answers the cookie. */
async function logIn({ source }: Listing, url: string): Promise<Record<string, string>> {
  if (!source.includes("/login")) return {};
  const body = new FormData();
  body.set("name", "Ada");
  const response = await fetch(`${url}/login`, { method: "POST", body });
  expect(await response.text()).toBe("logged in");
  const [cookie = ""] = (response.headers.get("set-cookie") ?? "").split(";");
  return { cookie };
}

function freePort(): number {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const { port = 0 } = server;
  void server.stop(true);
  return port;
}

/** Waits until the port is open, which may be after the program has printed its line. */
async function opened(url: string): Promise<void> {
  for (;;) {
    try {
      await (await fetch(url, { tls: { rejectUnauthorized: false } })).body?.cancel();
      return;
    } catch {
      await Bun.sleep(5); // refused until it listens
    }
  }
}

/** Starts a program of the page, with another port in it; answers its address. */
async function start(listing: Listing): Promise<string> {
  const protocol = /tls:|node:https|node:http2/.test(listing.source) ? "https" : "http";
  const url = `${protocol}://127.0.0.1:${freePort()}`;
  const source = listing.source.replace(/\b3000\b/, new URL(url).port);
  const directory = directoryOf(listing);
  await Bun.write(join(directory, "program.ts"), `${source}\nconsole.log("${url}");\n`);
  const started = await Program.start(directory, "program.ts", {
    PORT: new URL(url).port,
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
  });
  programs.push(started);
  if (!listing.source.includes(UNIX)) await opened(url);
  return url;
}

beforeAll(async () => {
  redis = await startRedis();
  const { devDependencies } = await Bun.file(join(ROOT, "package.json")).json();
  const names = [
    "@socket.io/redis-adapter",
    "@types/bun",
    "@types/express",
    "@types/express-session",
    "elysia",
    "express",
    "express-session",
    "hono",
    "ioredis",
  ];
  project = await installManifest(
    {
      type: "module",
      dependencies: {
        "bun-socket.io": "^0.1.0",
        ...Object.fromEntries(names.map((name) => [name, devDependencies[name]])),
        "@types/koa": "3.0.3",
        fastify: "5.12.8",
        koa: "3.3.0",
      },
    },
    "express",
  );
  for (const listing of listings) {
    const directory = directoryOf(listing);
    mkdirSync(directory);
    await Bun.write(join(directory, "listing.ts"), listing.source);
    copyFileSync(PEM, join(directory, "key.pem"));
    copyFileSync(PEM, join(directory, "cert.pem"));
  }
}, INSTALL_MS);

afterEach(async () => {
  clients.closeAll();
  await Promise.all(programs.splice(0).map((program) => program.stop()));
});
afterAll(async () => {
  project.remove();
  await redis.stop();
});

test("the page shows a program for each way of hosting", () => {
  expect(listings.map(({ title }) => title)).toEqual([
    "A port of its own",
    "Beside a fetch handler",
    "Bun's routes",
    "Hono",
    "Elysia",
    "TLS",
    "A unix socket",
    "node:http",
    "node:https",
    "node:http2",
    "A unix socket of node:http",
    "Express",
    "Koa",
    "Fastify",
    "Sessions of Express",
    "A login of your own",
    "With Redis",
  ]);
});

test(
  "its programs compile",
  async () => {
    expect(await project.typeErrors()).toBe("");
  },
  TYPES_MS,
);

describe.each(listings.filter(({ source }) => !source.includes(UNIX)))("$title", (listing) => {
  test(
    "clients connect over every transport, and other requests are the application's",
    async () => {
      const url = await start(listing);
      const extraHeaders = await logIn(listing, url);
      for (const { transports } of TRANSPORTS) {
        const client = clients.make(url, {
          transports: [...transports],
          rejectUnauthorized: false,
          extraHeaders,
        });
        expect((await once(client, "hello"))[0]).toBe("from Bun");
        if (transports.length > 1) {
          await upgraded(client);
        }
      }
      const response = await fetch(url, { tls: { rejectUnauthorized: false } });
      const page = listing.source.includes("my page") ? [200, "my page"] : [404, ""];
      expect([response.status, await response.text()]).toEqual(page);
    },
    RUN_MS,
  );
});

test.each(listings.filter(({ source }) => source.includes(UNIX)))(
  "$title: a handshake and a WebSocket come through",
  async (listing) => {
    await start(listing);
    const unix = join(directoryOf(listing), UNIX);
    const path = "/socket.io/?EIO=4&transport=";
    const handshake = await fetch(`http://localhost${path}polling`, { unix });
    expect(await handshake.text()).toStartWith('0{"sid":');

    const socket = new WebSocket(`ws+unix://${unix}:${path}websocket`);
    const opening = await new Promise((resolve, reject) => {
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = reject;
    });
    socket.close();
    expect(opening).toStartWith('0{"sid":');
  },
  RUN_MS,
);

function listingOf(title: string): Listing {
  const listing = listings.find((each) => each.title === title);
  if (listing === undefined) throw new Error(`the page has no ${title}`);
  return listing;
}

test(
  "A login of your own: without it nobody gets in, and a logout disconnects",
  async () => {
    const listing = listingOf("A login of your own");
    const url = await start(listing);
    const stranger = clients.make(url, { extraHeaders: { cookie: "session=guessed" } });
    await expect(connected(stranger)).rejects.toThrow("log in first");

    const headers = await logIn(listing, url);
    const client = clients.make(url, { extraHeaders: headers });
    expect(await once(client, "hello")).toEqual(["from Bun", "Ada"]);
    const gone = once(client, "disconnect");
    const response = await fetch(`${url}/logout`, { method: "POST", headers });
    expect(await response.text()).toBe("logged out");
    expect((await gone)[0]).toBe("io server disconnect");
    await expect(connected(clients.make(url, { extraHeaders: headers }))).rejects.toThrow(
      "log in first",
    );
  },
  RUN_MS,
);

test(
  "With Redis: what is said to a room reaches the clients of another process",
  async () => {
    const listing = listingOf("With Redis");
    const urls = [await start(listing), await start(listing)] as const;
    const [ada, bob] = [clients.make(urls[0]), clients.make(urls[1])];
    await Promise.all([once(ada, "hello"), once(bob, "hello")]);
    const heard = once(bob, "said");
    // Until the processes know of each other, a message may be lost.
    const saying = setInterval(() => ada.emit("say", "hello there"), 20);
    try {
      expect(await heard).toEqual(["hello there"]);
    } finally {
      clearInterval(saying);
    }
  },
  RUN_MS,
);
