// The examples of frameworks as a user starts them: each with stock clients, and with the
// WebSocket route that is its own.

import { afterEach, describe, expect, test } from "bun:test";
import { withPages } from "../support/browser.ts";
import { Clients, once } from "../support/clients.ts";
import { TRANSPORTS } from "../support/hosts.ts";

const PAGES_MS = 60_000;

const clients = new Clients();
let running: Bun.Subprocess | null = null;
afterEach(async () => {
  clients.closeAll();
  running?.kill();
  await running?.exited;
});

/** Starts an example on a free port; returns its address. */
async function start(name: string): Promise<string> {
  const root = `${import.meta.dir}/../..`;
  const child = Bun.spawn([process.execPath, `examples/${name}/server.ts`], {
    cwd: root,
    env: { ...process.env, PORT: "0" },
    stdout: "pipe",
    stderr: "inherit",
  });
  running = child;
  let output = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += chunk;
    const [, url] = /at (http:\S+)\/\n/.exec(output) ?? [];
    if (url !== undefined) {
      return url;
    }
  }
  throw new Error(`examples/${name} ended, after: ${output}`);
}

const EXAMPLES = [
  { name: "bun-routes", title: "Bun routes and Socket.IO" },
  { name: "hono", title: "Hono and Socket.IO" },
  { name: "elysia", title: "Elysia and Socket.IO" },
];

describe.each(EXAMPLES)("examples/$name", ({ name, title }) => {
  test(
    "a wave in one page shows in the other",
    async () => {
      const url = await start(name);
      await withPages(async (open) => {
        const missing: string[] = [];
        const [ada, bob] = [await open(url), await open(url)];
        for (const page of [ada, bob]) {
          page.on("response", (response) => {
            if (response.status() === 404) missing.push(response.url());
          });
          await page.reload(); // now watched
        }
        await bob.getByText("connected over websocket").waitFor();
        await ada.getByRole("button", { name: "Wave" }).click();
        await bob.getByText("1 👋").waitFor();
        expect(missing).toEqual([]);
      });
    },
    PAGES_MS,
  );

  test("serves its page, its API, its WebSocket and Socket.IO on one port", async () => {
    const url = await start(name);
    const page = await fetch(url);
    expect(page.headers.get("content-type")).toStartWith("text/html");
    expect(await page.text()).toContain(`<title>${title}</title>`);
    expect((await fetch(`${url}/none`)).status).toBe(404);
    expect((await fetch(`${url}/socket.io/socket.io.js`)).status).toBe(200);

    const own = new WebSocket(`${url.replace("http", "ws")}/clock`);
    const answer = new Promise<string>((resolve, reject) => {
      own.onmessage = ({ data }) => resolve(data);
      own.onerror = () => reject(new Error("the WebSocket failed"));
      own.onopen = () => own.send("time");
    });
    expect(new Date(await answer).getTime()).toBeWithin(Date.now() - 60_000, Date.now() + 1);

    let waves = 0;
    for (const { transports } of TRANSPORTS) {
      const client = clients.make(url, { transports: [...transports] });
      expect(await once<[number]>(client, "waves")).toEqual([waves]);
      if (transports.length === 2) {
        const { engine } = client.io;
        if (engine.transport.name !== "websocket") {
          await new Promise<void>((resolve) => engine.once("upgrade", () => resolve()));
        }
      }
      const next = once<[number]>(client, "waves");
      client.emit("wave");
      waves++;
      expect(await next).toEqual([waves]);
      expect(client.io.engine.transport.name).toBe(transports.at(-1) ?? "");
    }
    expect(await (await fetch(`${url}/waves`)).json()).toEqual({ waves });

    const still = new Promise<string>((resolve) => {
      own.onmessage = ({ data }) => resolve(data);
    });
    own.send("time");
    expect(Date.parse(await still)).toBeGreaterThan(0);
    const closed = new Promise((resolve) => {
      own.onclose = resolve;
    });
    own.close();
    await closed;
  });
});
