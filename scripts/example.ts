// Runs an example with this very tree as the package: `./run example express`. With `--lock` it
// brings the bun.lock of every example up to date instead.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { EXAMPLES, installExample, lockExample } from "../test/support/example-project.ts";

const names = readdirSync(EXAMPLES).filter((name) =>
  existsSync(join(EXAMPLES, name, "package.json")),
);
const [name = "", ...args] = process.argv.slice(2);

if (name === "--lock") {
  for (const each of names) {
    const locked = await lockExample(each);
    console.log(`examples/${each}${locked ? "/bun.lock is up to date" : " needs no bun.lock"}`);
  }
} else if (names.includes(name)) {
  const project = await installExample(name);
  const child = Bun.spawn([process.execPath, project.entry, ...args], {
    cwd: project.directory,
    stdio: ["inherit", "inherit", "inherit"],
  });
  // The program has the signal of the terminal too, and decides when it ends.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => child.kill(signal));
  }
  process.exitCode = await child.exited;
  project.remove();
} else {
  console.error(`Usage: ./run example <name>, where the name is ${names.join(", ")}`);
  process.exitCode = 1;
}
