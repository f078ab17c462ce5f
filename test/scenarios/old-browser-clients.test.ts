/// <reference path="../support/old-client-modules.d.ts" />
// Client 2 in a browser, where it polls with bytes, or by scripts and forms.

import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { Server } from "bun-socket.io";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";

const TIMEOUT_MS = 60_000;
const BUNDLE = `${import.meta.dir}/../../node_modules/socket.io-client-v2/dist/socket.io.js`;
const NASTY = "quotes \" ' \\ \\n \\\\n \n \u2028 \u2029 </script> € 🦊 & = + % 4:4x";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
}, TIMEOUT_MS);
afterAll(() => browser.close());

let page: Page;
let io: Server;
let stop: () => Promise<unknown>;
const bodies: string[] = [];

async function start(): Promise<string> {
  io = new Server({ allowEIO3: true });
  io.engine.use((req, res, next) => {
    res.setHeader("X-Content-Type-Options", "nosniff"); // as helmet does
    bodies.push(`${req.method} ${req.headers["content-type"] ?? ""}`);
    next();
  });
  io.on("connection", (socket) => {
    socket.on("echo", (...args) => {
      const reply = args.pop();
      socket.emit("back", ...args);
      reply(...args);
    });
  });
  const pageOf = () => new Response("<!doctype html><script src=/client.js></script>", HTML);
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    ...io.handler({
      fetch: ({ url }) => (url.endsWith("/client.js") ? new Response(Bun.file(BUNDLE)) : pageOf()),
    }),
  });
  stop = async () => {
    await io.close();
    await server.stop(true);
  };
  return `http://127.0.0.1:${server.port}`;
}

const HTML = { headers: { "content-type": "text/html" } };

afterEach(async () => {
  await page.context().close();
  await stop();
  bodies.length = 0;
}, TIMEOUT_MS);

interface Echo {
  transport: string;
  back: unknown[];
  ack: unknown[];
}

/** Connects in the page, and has a text and some bytes sent back as an event and in an answer. */
function echo(options: Record<string, unknown>): Promise<Echo> {
  return page.evaluate(
    ([settings, text]) =>
      new Promise<Echo>((resolve, reject) => {
        const { io: connect } = globalThis as unknown as {
          io: (url: string, options: unknown) => OldClientSocket;
        };
        const plain = (values: unknown[]) =>
          values.map((value) =>
            value instanceof ArrayBuffer ? [...new Uint8Array(value)] : (value as string),
          );
        const client = connect("/", { reconnection: false, ...(settings as object) });
        for (const event of ["error", "connect_error", "disconnect"]) {
          client.on(event, (reason: unknown) => reject(new Error(`${event}: ${reason}`)));
        }
        let back: unknown[] = [];
        client.on("back", (...args: unknown[]) => {
          back = plain(args);
        });
        client.on("connect", () => {
          const bytes = Uint8Array.of(0, 1, 254, 255).buffer;
          client.emit("echo", text, bytes, (...args: unknown[]) => {
            const transport = client.io.engine.transport.name;
            resolve({ transport, back, ack: plain(args) });
          });
        });
      }),
    [options, NASTY] as const,
  );
}

const expected = [NASTY, [0, 1, 254, 255]];

test.each([
  ["polls with bytes", { transports: ["polling"] }, "polling", "POST application/octet-stream"],
  [
    "polls with base64",
    { transports: ["polling"], forceBase64: true },
    "polling",
    "POST text/plain;charset=UTF-8",
  ],
  [
    "polls by scripts and forms",
    { transports: ["polling"], forceJSONP: true },
    "polling",
    "POST application/x-www-form-urlencoded",
  ],
  ["speaks over WebSocket", { transports: ["websocket"] }, "websocket", "GET "],
])(
  "client 2 in a browser %s",
  async (_name, options, transport, body) => {
    const url = await start();
    const context = await browser.newContext();
    page = await context.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(url);
    expect(await echo(options)).toEqual({ transport, back: expected, ack: expected });
    expect(bodies).toContain(body);
    expect(errors).toEqual([]);
    expect(io.engine.clientsCount).toBe(1);
  },
  TIMEOUT_MS,
);
