// The stock client in processes of its own, on Node and on Bun.

import { describe, expect, test } from "bun:test";
import type { Socket } from "bun-socket.io";
import { once } from "../support/clients.ts";
import { HOSTS, TRANSPORTS } from "../support/hosts.ts";

const node = Bun.which("node");
const script = `${import.meta.dir}/../support/echo-client.mjs`;

const payloads = [
  "text",
  "unicode: é 世界 🚀",
  "x".repeat(150_000),
  { nested: [1, { bytes: Buffer.from([0, 1, 254, 255]), none: null }] },
  Buffer.alloc(150_000, 7),
];

const runtimes = [
  { name: "Bun", path: process.execPath },
  // There is nothing to run where Node is not on PATH.
  { name: "Node", path: node },
];

for (const { name: runtime, path } of runtimes) {
  const title = path === null ? `${runtime} (not found on PATH)` : runtime;
  describe.skipIf(path === null)(`the stock client on ${title}`, () => {
    const ways = HOSTS.flatMap((host) => TRANSPORTS.map((transport) => ({ host, ...transport })));

    test.each(ways)(
      "exchanges text, bytes and acknowledgements with $host.name, over $name",
      async ({ host, transports }) => {
        const { io, url, close } = host.start();
        const connection = once<[Socket]>(io, "connection");
        const client = Bun.spawn([`${path}`, script, url, transports.join(",")], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        const [socket] = await connection;
        expect(await socket.emitWithAck("runtime")).toBe(runtime);
        expect(await socket.emitWithAck("transport")).toBe(transports.at(-1) ?? "");
        socket.on("echo", (...args) => args.at(-1)(...args.slice(0, -1)));

        for (const payload of payloads) {
          expect(await socket.emitWithAck("echo", payload)).toEqual(payload);
          expect(await io.timeout(10_000).emitWithAck("echo", payload)).toEqual([payload]);
          expect(await socket.emitWithAck("ask", "echo", payload)).toEqual(payload);
          const emitted = once(socket, "emitted");
          socket.emit("emit", "emitted", payload, "and more");
          expect(await emitted).toEqual([payload, "and more"]);
        }

        const numbers: number[] = [];
        const last = new Promise<void>((resolve) => {
          socket.on("number", (n) => (numbers.push(n) === 200 ? resolve() : undefined));
        });
        for (let n = 0; n < 200; n++) {
          socket.emit("emit", "number", n);
        }
        await last;
        expect(numbers).toEqual(Array.from({ length: 200 }, (_, n) => n));

        const gone = once(socket, "disconnect");
        socket.disconnect(true);
        expect((await gone)[0]).toBe("server namespace disconnect");
        expect(await new Response(client.stdout).text()).toBe("io server disconnect\n");
        expect(await client.exited).toBe(0);
        await close();
        expect(io.engine.clientsCount).toBe(0);
      },
      20_000,
    );
  });
}
