// The examples of what goes beyond the reference, as a user starts them.

import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { pipe, receive } from "bun-socket.io/streams";
import { withPages } from "../support/browser.ts";
import { Clients, connected, once } from "../support/clients.ts";
import { Program } from "../support/program.ts";

const ROOT = join(import.meta.dir, "../..");

const RUN_MS = 30_000;

const clients = new Clients();
const programs: Program[] = [];
afterEach(async () => {
  clients.closeAll();
  for (const program of programs.splice(0)) await program.stop();
});

async function start(name: string, env: Record<string, string> = {}): Promise<Program> {
  const program = await Program.start(ROOT, `examples/${name}/server.ts`, env);
  programs.push(program);
  return program;
}

describe("examples/auth", () => {
  test(
    "lets in who has logged in, and asks for a fresh token while it is connected",
    async () => {
      const { url } = await start("auth", { TOKEN_SECONDS: "5.2" });
      const login = async (name: string): Promise<string> => {
        const response = await fetch(`${url}/login`, {
          method: "POST",
          body: JSON.stringify({ name }),
        });
        return ((await response.json()) as { token: string }).token;
      };
      const stranger = clients.make(url, { auth: { token: "made.up" } });
      const [error] = await once<[Error & { data?: unknown }]>(stranger, "connect_error");
      expect(error.data).toEqual({ code: "TOKEN_INVALID" });

      const ada = clients.make(url, { auth: { token: await login("Ada") } });
      const asked = once<[unknown, (token: string) => void]>(ada, "auth:refresh");
      await connected(ada);
      expect(await ada.emitWithAck("whoami")).toBe("Ada");
      const [, reply] = await asked;
      const told = once(ada, "auth:expired");
      reply(await login("Bob")); // somebody else
      expect(await told).toEqual([{ code: "TOKEN_INVALID" }]);
    },
    RUN_MS,
  );
});

describe("examples/streams", () => {
  test(
    "sends a file and takes one, whole",
    async () => {
      const program = await start("streams");
      const client = clients.make(program.url);
      const file = new Promise<string>((resolve) => {
        receive<Uint8Array>(client, "file", async (stream) =>
          resolve(await new Response(stream).text()),
        );
      });
      const source = await Bun.file(join(ROOT, "examples/streams/server.ts")).text();
      expect(await client.emitWithAck("download", "program")).toBe(Buffer.byteLength(source));
      expect(await file).toBe(source);

      const stored = once(client, "stored");
      const bytes = crypto.getRandomValues(new Uint8Array(200_000));
      await pipe(new Blob([bytes]).stream(), client, "upload", { info: "random" });
      const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
      expect(await stored).toEqual(["random", sha256]);

      client.emit("progress", 12);
      client.disconnect();
      while (!program.output.includes("is gone")) await Bun.sleep(5);
      expect(program.output).toContain("a client has 12 bytes");
      expect(program.output).toContain("a client is gone: client namespace disconnect");
    },
    RUN_MS,
  );
});

describe("examples/testing", () => {
  test(
    "has tests that pass",
    async () => {
      const child = Bun.spawn([process.execPath, "test", "./examples/testing"], {
        cwd: ROOT,
        stdio: ["ignore", "pipe", "pipe"],
      });
      const output = await new Response(child.stderr).text();
      expect(output).toContain("4 pass");
      expect(await child.exited).toBe(0);
    },
    RUN_MS,
  );
});

describe("examples/metrics", () => {
  test(
    "answers GET /metrics",
    async () => {
      const { url } = await start("metrics");
      const client = clients.make(url);
      expect(await client.emitWithAck("add", 1, 2)).toBe(3);
      const text = await (await fetch(`${url}/metrics`)).text();
      expect(text).toContain('socketio_connections_total{transport="polling"} 1\n');
      expect(text).toContain('socketio_acks_total{direction="out"} 1\n');
      expect(text).toEndWith("# EOF\n");
    },
    RUN_MS,
  );
});

describe("examples/react", () => {
  test(
    "shows one counter in two pages",
    async () => {
      const { url } = await start("react");
      await withPages(async (open) => {
        const [ada, bob] = [await open(url), await open(url)];
        await bob.getByText("connected").waitFor();
        await ada.getByRole("button", { name: "Add" }).click();
        await bob.locator("output").getByText("1").waitFor();
        await ada.locator("output").getByText("1").waitFor();
      });
    },
    RUN_MS,
  );
});
