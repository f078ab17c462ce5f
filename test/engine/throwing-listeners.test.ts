import { expect, test } from "bun:test";
import { HOSTS } from "../support/hosts.ts";

test.each(HOSTS)(
  "with $name, listeners that throw cost no answer, no packet and no session",
  async ({ name }) => {
    const program = `${import.meta.dir}/../support/throwing-engine.ts`;
    const child = Bun.spawn([process.execPath, program, name], {
      stdout: "pipe",
      stderr: "inherit",
    });
    const result = JSON.parse(await new Response(child.stdout).text());
    expect(await child.exited).toBe(0);
    expect(result.answers).toEqual([
      ["GET", 200, "0"],
      ["GET", 200, "4sent"],
      ["POST", 200, "ok"],
      ["GET", 400, '{"code":0,"message":"Transport unknown"}'],
      "3probe",
      "4one",
      "4two",
      ["GET", 200, "0"],
      ["GET", 200, "4sent"],
      ["POST", 200, "ok"],
    ]);
    expect(result.sessions).toBe(0);
    expect(result.reports).toEqual([
      "callback",
      "close",
      "connection",
      "data",
      "drain",
      "encode",
      "engine connection_error",
      "engine drain",
      "engine flush",
      "engine headers",
      "engine initial_headers",
      "flush",
      "heartbeat",
      "message",
      "packet",
      "packetCreate",
      "trustProxy",
      "upgrade",
      "upgrading",
    ]);
  },
);
