// What a page loads for a contract: the contract, its library, the stock client, and nothing of the server.

import { expect, test } from "bun:test";
import { join, relative } from "node:path";

const ROOT = join(import.meta.dir, "../..");

async function bundle(program: string) {
  const entry = join(import.meta.dir, "page.ts");
  const built = await Bun.build({
    entrypoints: [entry],
    files: { [entry]: program },
    target: "browser",
    minify: true,
    metafile: true,
  });
  const inputs = Object.entries(built.metafile?.outputs ?? {}).flatMap(([, output]) =>
    Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [relative(ROOT, path.startsWith("/") ? path : join(ROOT, path))] : [],
    ),
  );
  const [output] = built.outputs;
  return { text: (await output?.text()) ?? "", inputs };
}

function packagesOf(inputs: readonly string[]): Set<string> {
  const names = inputs.flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  );
  return new Set(names.sort());
}

const PLAIN = `
  import { io } from "socket.io-client";
  io("/").emit("say", "hello");
`;
const SCHEMA = `
  const text = { "~standard": { version: 1, vendor: "mine", validate: (value) => ({ value }) } };
  const chat = defineContract({ clientToServer: { say: { input: text } }, serverToClient: {} });
`;

test("a page with a contract has no code of the server", async () => {
  const { text, inputs } = await bundle(`
    import { defineContract, typedClient } from "bun-socket.io/contract";
    import { io } from "socket.io-client";
    ${SCHEMA}
    typedClient(io("/"), chat).emit("say", "hello");
  `);
  const own = inputs.filter((path) => !path.startsWith("node_modules/"));
  expect(own.filter((path) => path.startsWith("lib/contract/"))).not.toEqual([]);
  const others = own.filter(
    (path) => !path.startsWith("lib/contract/") && !path.startsWith("test/"),
  );
  expect(others.sort()).toEqual(["lib/errors.ts", "lib/socket-types.ts"]);
  const plain = await bundle(PLAIN);
  expect(packagesOf(inputs)).toEqual(packagesOf(plain.inputs));
  for (const word of ["node:", "Bun.", "ServerWebSocket", "createServer"]) {
    expect(text).not.toContain(word);
  }
});

test("the contract adds little to the stock client, and types alone nothing", async () => {
  const plain = await bundle(PLAIN);
  const typed = await bundle(`
    import type { Contract } from "bun-socket.io/contract";
    import { io } from "socket.io-client";
    io("/").emit("say", "hello");
  `);
  const parsed = await bundle(`
    import { defineContract, typedClient } from "bun-socket.io/contract";
    import { io } from "socket.io-client";
    ${SCHEMA}
    typedClient(io("/"), chat).emit("say", "hello");
  `);
  expect(typed.text).toBe(plain.text);
  expect(parsed.text.length - plain.text.length).toBeWithin(1_000, 9_000);
});
