// examples/chat as a process: what a signal does to its clients.

import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { Clients, once } from "../support/clients.ts";
import { TRANSPORTS } from "../support/hosts.ts";
import { Program } from "../support/program.ts";

const ROOT = join(import.meta.dir, "../..");
const RUN_MS = 60_000;

const clients = new Clients();
let program: Program | undefined;
afterEach(async () => {
  clients.closeAll();
  await program?.stop();
});

async function start(port: string): Promise<Program> {
  program = await Program.start(ROOT, "examples/chat/server.ts", { PORT: port });
  return program;
}

test(
  "on SIGTERM it sends its clients away, which come back when it is there again",
  async () => {
    const first = await start("0");
    const all = await Promise.all(
      TRANSPORTS.map(({ transports }, index) =>
        clients.connect(first.url, {
          transports: [...transports],
          reconnection: true,
          reconnectionDelay: 100,
          reconnectionDelayMax: 100,
          auth: { name: `client ${index}` },
        }),
      ),
    );
    const reasons = all.map((client) => once<[string]>(client, "disconnect"));
    expect(await first.stop()).toBe(0);
    expect(first.output).toContain("3 sessions were sent elsewhere, 0 of them cut.");
    for (const [reason] of await Promise.all(reasons)) expect(reason).toBe("transport close");
    await start(new URL(first.url).port);
    await Promise.all(all.map((client) => (client.connected ? client : once(client, "connect"))));
    expect(all.map(({ connected: isConnected }) => isConnected)).toEqual([true, true, true]);
  },
  RUN_MS,
);
