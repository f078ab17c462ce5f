import { expect, test } from "bun:test";
import { HOSTS } from "../support/hosts.ts";

test.each(HOSTS)(
  "lets the process end by itself once the server is closed: $name",
  async ({ name }) => {
    const program = `${import.meta.dir}/../support/quiet-end.ts`;
    const child = Bun.spawn([process.execPath, program, name], {
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 15_000, // a timer that is left would keep it for ten minutes
    });
    expect(await new Response(child.stdout).text()).toBe("3 answers, 0 sessions\n");
    expect(await child.exited).toBe(0);
  },
  20_000,
);
