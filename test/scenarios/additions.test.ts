// The examples of what goes beyond the reference, as a user starts them.

import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Clients, connected, once } from "../support/clients.ts";
import { Program } from "../support/program.ts";

const ROOT = join(import.meta.dir, "../..");

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
  test("lets in who has logged in, and asks for a fresh token while it is connected", async () => {
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
  });
});
