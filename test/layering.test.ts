// Holds the layers of the house, which are in support/layers.ts.

import { describe, expect, test } from "bun:test";
import { scanImports } from "../scripts/imports.ts";
import {
  findCircles,
  findForbidden,
  findReserved,
  findUnlisted,
  HERE,
  layersOf,
  readExports,
  readTree,
  treeOf,
} from "./support/layering.ts";

describe("the sources of lib/ and adapters/", async () => {
  const root = `${import.meta.dir}/..`;
  const tree = await readTree(root);
  const exports = await readExports(root);

  test("are there to be read", () => {
    expect(tree.size).toBeGreaterThan(0);
  });

  test("belong to exactly one layer each", () => {
    expect(findUnlisted(tree)).toEqual([]);
  });

  test("import nothing from a higher layer, types included", () => {
    expect(findForbidden(tree, exports)).toEqual([]);
  });

  test("form no import circle, types included", () => {
    expect(findCircles(tree, exports)).toEqual([]);
  });

  test("leave the HTTP servers of Bun and Node to their hosts", () => {
    expect(findReserved(tree)).toEqual([]);
  });

  test("hold no import that Bun sees and the scanner does not", () => {
    const transpiler = new Bun.Transpiler({ loader: "ts" });
    const missed: string[] = [];
    for (const [path, source] of tree) {
      const seen = new Set(scanImports(source).map((entry) => entry.specifier));
      for (const entry of transpiler.scanImports(source)) {
        if (!seen.has(entry.path)) missed.push(`${path} imports ${entry.path}`);
      }
    }
    expect(missed).toEqual([]);
  });
});

describe("the check of the layers", () => {
  test("has nothing against imports of lower layers", () => {
    const tree = treeOf({
      "lib/ids.ts": "",
      "lib/engine/session.ts": 'import type { A } from "../ids.ts";',
      "lib/server.ts": 'export { B } from "./engine/session.ts"; import p from "../package.json";',
    });
    expect(findUnlisted(tree)).toEqual([]);
    expect(findForbidden(tree)).toEqual([]);
    expect(findCircles(tree)).toEqual([]);
    expect(findReserved(tree)).toEqual([]);
  });

  test("catches a file that no layer lists", () => {
    expect(findUnlisted(treeOf({ "lib/new-thing.ts": "" }))).toEqual([
      `lib/new-thing.ts belongs to no layer: add it to LAYERS in ${HERE}`,
    ]);
  });

  test("lets an exact path go before a pattern", () => {
    expect(layersOf("lib/engine/session.ts").map((layer) => layer.name)).toEqual(["session"]);
    expect(layersOf("lib/engine/heartbeat.ts").map((layer) => layer.name)).toEqual(["transports"]);
    expect(layersOf("lib/engine/codec/deep/a.ts")).toEqual([]);
  });

  test.each([
    ["an import", 'import { Server } from "../server.ts";', "imports"],
    ["an import without extension", 'import { Server } from "../server";', "imports"],
    ["an import of the compiled name", 'import { Server } from "../server.js";', "imports"],
    ["a re-export", 'export * from "../server.ts";', "imports"],
    ["a dynamic import", 'await import("../server.ts");', "imports"],
    ["an import type", 'import type { Server } from "../server.ts";', "imports a type of"],
    ["an export type", 'export type { Server } from "../server.ts";', "imports a type of"],
    ["a type reference", 'let a: import("../server.ts").Server;', "imports a type of"],
  ])("catches %s of a higher layer", (_name, source, how) => {
    const tree = treeOf({ "lib/engine/session.ts": source, "lib/server.ts": "" });
    expect(findForbidden(tree)).toEqual([
      `lib/engine/session.ts:1 ${how} lib/server.ts, ` +
        'which is above it: "server" is higher than "session"',
    ]);
  });

  test("catches an import of the package by its own name", () => {
    const tree = treeOf({ "lib/socket.ts": 'import "bun-socket.io";', "lib/index.ts": "" });
    const exports = new Map([["bun-socket.io", "lib/index.ts"]]);
    expect(findForbidden(tree, exports)).toHaveLength(1);
  });

  test.each([
    ["lib/engine/engine.ts", "../hosts/bun.ts", "lib/hosts/bun.ts"],
    ["lib/engine/engine.ts", "../../adapters/adapter.ts", "adapters/adapter.ts"],
    ["adapters/redis.ts", "../lib/socket.ts", "lib/socket.ts"],
    ["adapters/redis.ts", "../lib/engine/index.ts", "lib/engine/index.ts"],
    ["adapters/redis.ts", "../lib/options.ts", "lib/options.ts"],
    ["adapters/adapter.ts", "./redis.ts", "adapters/redis.ts"],
    ["lib/hosts/bun.ts", "../socket.ts", "lib/socket.ts"],
    ["lib/hosts/bun.ts", "../namespace.ts", "lib/namespace.ts"],
    ["lib/hosts/bun.ts", "../server.ts", "lib/server.ts"],
    ["lib/server.ts", "./index.ts", "lib/index.ts"],
    ["lib/index.ts", "./index.ts", "lib/index.ts"],
    ["lib/server.ts", "./missing.ts", "lib/missing.ts"],
    ["lib/server.ts", "../test/support/services.ts", "test/support/services.ts"],
  ])("catches that %s imports %s", (path, specifier, target) => {
    const files: Record<string, string> = { [path]: `import type { A } from "${specifier}";` };
    if (!/missing|test/.test(target)) files[target] ??= "";
    const problems = findForbidden(treeOf(files));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(target);
  });

  test("lets an adapter import the adapters and the ground", () => {
    const source =
      'import "./adapter.ts"; import "./memory.ts"; import type A from "../lib/ids.ts";';
    const files = { "adapters/adapter.ts": "", "adapters/memory.ts": "", "lib/ids.ts": "" };
    expect(findForbidden(treeOf({ ...files, "adapters/redis.ts": source }))).toEqual([]);
  });

  test("lets the adapter import packages as types only", () => {
    const types = treeOf({ "adapters/adapter.ts": 'import type { A } from "socket.io-parser";' });
    const values = treeOf({ "adapters/adapter.ts": 'import { A } from "socket.io-parser";' });
    expect(findForbidden(types)).toEqual([]);
    expect(findForbidden(values)).toEqual([
      'adapters/adapter.ts:1 imports the package "socket.io-parser": ' +
        '"adapter" may import types only',
    ]);
  });

  test("catches a circle of files, though its imports be of types", () => {
    const tree = treeOf({
      "lib/ids.ts": "",
      "lib/client.ts": 'import "./ids.ts"; import { A } from "./namespace.ts";',
      "lib/namespace.ts": 'import type { B } from "./parent-namespace.ts";',
      "lib/parent-namespace.ts": 'let a: import("./client.ts").Client;',
    });
    expect(findForbidden(tree)).toEqual([]);
    expect(findCircles(tree)).toEqual([
      "import circle: lib/client.ts -> lib/namespace.ts -> lib/parent-namespace.ts -> lib/client.ts",
    ]);
  });

  test("catches a file that imports itself", () => {
    expect(findCircles(treeOf({ "lib/ids.ts": 'export * from "./ids.ts";' }))).toEqual([
      "import circle: lib/ids.ts -> lib/ids.ts",
    ]);
  });

  test.each([
    ["lib/server.ts", "const server = Bun.serve({});", 1],
    ["lib/server.ts", "const server = globalThis.Bun?.serve({});", 1],
    ["lib/server.ts", "let socket: Bun.ServerWebSocket<undefined>;", 1],
    ["lib/server.ts", 'import type { ServerWebSocket } from "bun";', 2],
    ["lib/server.ts", 'import { file } from "bun";', 1],
    ["lib/server.ts", 'import { createServer } from "node:http";', 1],
    ["lib/server.ts", 'import { createServer } from "https";', 1],
    ["lib/server.ts", 'const ws = await import("ws");', 1],
    ["lib/hosts/node.ts", "const server = Bun.serve({});", 1],
    ["lib/hosts/bun.ts", 'import { WebSocketServer } from "ws";', 1],
    ["lib/server.ts", 'import type { Server } from "node:http";', 0],
    ["lib/server.ts", '/* Bun.serve */ const text = "ServerWebSocket";', 0],
    ["lib/server.ts", "Bun.file(path); server.serve();", 0],
    ["lib/hosts/bun.ts", 'import { serve } from "bun"; Bun.serve({});', 0],
    ["lib/hosts/bun-upgrade.ts", "let socket: Bun.ServerWebSocket<undefined>;", 0],
    ["lib/hosts/node.ts", 'import { createServer } from "node:http"; import "ws";', 0],
  ])("sees in %s with <%s> so many reserved things: %i", (path, source, count) => {
    expect(findReserved(treeOf({ [path]: source }))).toHaveLength(count);
  });
});
