// The programs of docs/hosting.md, as they stand there.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Clients, once, upgraded } from "../support/clients.ts";
import { installManifest, type InstalledProject } from "../support/example-project.ts";
import { TRANSPORTS } from "../support/hosts.ts";
import { Program } from "../support/program.ts";

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
let program: Program | null = null;

function directoryOf({ title }: Listing): string {
  return join(project.directory, title.replaceAll(/\W+/g, "-"));
}

function freePort(): number {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const { port = 0 } = server;
  void server.stop(true);
  return port;
}

/** Starts a program of the page, with another port in it; answers its address. */
async function start(listing: Listing): Promise<string> {
  const protocol = /tls:|node:https|node:http2/.test(listing.source) ? "https" : "http";
  const url = `${protocol}://127.0.0.1:${freePort()}`;
  const source = listing.source.replace("3000", new URL(url).port);
  const directory = directoryOf(listing);
  await Bun.write(join(directory, "program.ts"), `${source}\nconsole.log("${url}");\n`);
  program = await Program.start(directory, "program.ts");
  return url;
}

beforeAll(async () => {
  const { devDependencies } = await Bun.file(join(ROOT, "package.json")).json();
  const names = ["@types/bun", "@types/express", "elysia", "express", "hono"];
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
  await program?.stop();
  program = null;
});
afterAll(() => project.remove());

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
      for (const { transports } of TRANSPORTS) {
        const client = clients.make(url, {
          transports: [...transports],
          rejectUnauthorized: false,
          // The port may be open only after the line was printed.
          reconnection: true,
          reconnectionDelay: 10,
        });
        expect(await once(client, "hello")).toEqual(["from Bun"]);
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
