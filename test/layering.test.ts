// Holds the layers of the house: what may import what, in lib/ and adapters/. `import type` counts.

import { describe, expect, test } from "bun:test";
import { posix } from "node:path";
import { type Import, scanImports, tokenize } from "../scripts/imports.ts";

interface Layer {
  name: string;
  /** Paths, where * stands for anything but a slash. An exact path goes before a pattern. */
  files: readonly string[];
  /** When given: beside its own files, the layer may import nothing but the files of these layers. */
  mayImportOnly?: readonly string[];
  /** Files of the layer may not import each other. */
  apart?: true;
  /** Packages may be imported as types only. */
  packagesAsTypesOnly?: true;
}

/** Bottom to top: a file may import from its own layer and from those above it in this list. */
const LAYERS: readonly Layer[] = [
  {
    name: "ground",
    files: [
      "lib/arguments.ts",
      "lib/deadline.ts",
      "lib/delegate.ts",
      "lib/emit-guard.ts",
      "lib/errors.ts",
      "lib/event-types.ts",
      "lib/events.ts",
      "lib/grace.ts",
      "lib/ids.ts",
      "lib/lazy-emitter.ts",
      "lib/listeners.ts",
      "lib/log.ts",
      "lib/middleware.ts",
      "lib/rate-limit.ts",
      "lib/response-head.ts",
      "lib/response-headers.ts",
      "lib/socket-types.ts",
      "lib/timer.ts",
      "lib/validate.ts",
    ],
  },
  {
    name: "request",
    files: [
      "lib/engine/request.ts",
      "lib/engine/limits.ts",
      "lib/engine/options.ts",
      "lib/engine/trust-proxy.ts",
    ],
  },
  { name: "codec", files: ["lib/engine/codec/*.ts"] },
  { name: "transports", files: ["lib/engine/transports/*.ts", "lib/engine/*.ts"] },
  {
    name: "session",
    files: ["lib/engine/session-mover.ts", "lib/engine/session-sender.ts", "lib/engine/session.ts"],
  },
  {
    name: "engine",
    files: [
      "lib/engine/engine-events.ts",
      "lib/engine/engine-sessions.ts",
      "lib/engine/engine-settings.ts",
      "lib/engine/engine.ts",
      "lib/engine/session-registry.ts",
    ],
  },
  {
    name: "adapter",
    files: ["adapters/adapter.ts"],
    mayImportOnly: ["ground"],
    packagesAsTypesOnly: true,
  },
  {
    name: "adapters",
    files: ["adapters/*.ts", "adapters/cluster/*.ts"],
    mayImportOnly: ["ground", "adapter"],
  },
  {
    name: "redis",
    files: ["adapters/redis/*.ts"],
    mayImportOnly: ["ground", "adapter", "adapters"],
  },
  { name: "acks", files: ["lib/ack-bound.ts", "lib/acks.ts"] },
  { name: "broadcast", files: ["lib/broadcast-operator.ts", "lib/broadcaster.ts"] },
  { name: "socket", files: ["lib/handshake.ts", "lib/socket-*.ts", "lib/socket.ts"] },
  {
    name: "namespaces",
    files: [
      "lib/client.ts",
      "lib/client-namespaces.ts",
      "lib/client-ports.ts",
      "lib/client-reader.ts",
      "lib/namespace*.ts",
      "lib/packet-*.ts",
      "lib/parent-namespace.ts",
      "lib/path-namespace.ts",
    ],
  },
  {
    name: "hosts",
    files: ["lib/client-bundle.ts", "lib/hosts/*.ts"],
    mayImportOnly: ["ground", "request", "codec", "transports", "session", "engine"],
  },
  { name: "server", files: ["lib/options.ts", "lib/server*.ts"] },
  { name: "auth", files: ["lib/auth/*.ts"] },
  { name: "metrics", files: ["lib/metrics/*.ts"] },
  { name: "testing", files: ["lib/testing/*.ts"], mayImportOnly: ["ground", "adapters", "server"] },
  { name: "streams", files: ["lib/streams/*.ts"], mayImportOnly: ["ground", "socket"] },
  { name: "contract", files: ["lib/contract/*.ts"] },
  { name: "describe", files: ["lib/describe/*.ts"], mayImportOnly: ["ground", "contract"] },
  { name: "react", files: ["lib/react/*.ts"], mayImportOnly: ["ground", "contract"] },
  {
    name: "package",
    files: [
      "lib/cli.ts",
      "lib/index.ts",
      "lib/contract/index.ts",
      "lib/path.ts",
      "lib/auth/index.ts",
      "lib/engine/index.ts",
      "lib/metrics/index.ts",
      "lib/react/index.ts",
      "lib/streams/index.ts",
      "lib/testing/index.ts",
      "adapters/index.ts",
      "adapters/redis/index.ts",
    ],
    apart: true,
  },
  {
    name: "adapter tests",
    files: ["adapters/adapter-tests/*.ts"],
    mayImportOnly: ["package"],
  },
];

/** What only some files may touch. */
const RESERVED: readonly Reserved[] = [
  {
    what: "Bun's HTTP server",
    only: ["lib/hosts/bun*.ts"],
    packages: ["bun"],
    typesToo: true,
    words: ["Bun.serve", "ServerWebSocket"],
  },
  {
    what: "Node's HTTP server",
    only: ["lib/hosts/node*.ts"],
    packages: ["node:http", "node:https", "http", "https", "ws"],
    typesToo: false,
    words: [],
  },
];

interface Reserved {
  what: string;
  only: readonly string[];
  packages: readonly string[];
  /** Whether a type import of the packages is reserved as well. */
  typesToo: boolean;
  /** Names, or members written with one dot. */
  words: readonly string[];
}

const HERE = "test/layering.test.ts";

/** The sources of a tree, by their path from the root. */
type Tree = ReadonlyMap<string, string>;

interface Edge extends Import {
  /** The path of the imported file; undefined for a package. */
  target: string | undefined;
}

function matches(path: string, pattern: string): boolean {
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*");
  return new RegExp(`^${source}$`).test(path);
}

/** The layers that list a file: those with its exact path, or else those with a pattern for it. */
function layersOf(path: string): Layer[] {
  const exact = LAYERS.filter((layer) => layer.files.includes(path));
  if (exact.length > 0) return exact;
  return LAYERS.filter((layer) => layer.files.some((pattern) => matches(path, pattern)));
}

/** The file that a specifier means: of the tree, or of the disk when it is none of the tree. */
function resolve(tree: Tree, exports: ReadonlyMap<string, string>, from: string, to: string) {
  const own = exports.get(to);
  if (own !== undefined) return own;
  if (!to.startsWith(".")) return undefined;
  const path = posix.join(posix.dirname(from), to);
  const candidates = [path, `${path}.ts`, path.replace(/\.js$/, ".ts"), `${path}/index.ts`];
  return candidates.find((candidate) => tree.has(candidate)) ?? path;
}

function edgesOf(tree: Tree, exports: ReadonlyMap<string, string>): Map<string, Edge[]> {
  const edges = new Map<string, Edge[]>();
  for (const [path, source] of tree) {
    const found = scanImports(source).map((entry) => ({
      ...entry,
      target: resolve(tree, exports, path, entry.specifier),
    }));
    edges.set(path, found);
  }
  return edges;
}

function findUnlisted(tree: Tree): string[] {
  const problems: string[] = [];
  for (const path of tree.keys()) {
    const layers = layersOf(path);
    if (layers.length === 0) {
      problems.push(`${path} belongs to no layer: add it to LAYERS in ${HERE}`);
    } else if (layers.length > 1) {
      const names = layers.map((layer) => `"${layer.name}"`).join(" and ");
      problems.push(`${path} belongs to the layers ${names}: leave it in one of LAYERS in ${HERE}`);
    }
  }
  return problems;
}

/** Why `layer` may not import `target`, which is of the layer `other`; undefined when it may. */
function objection(layer: Layer, other: Layer): string | undefined {
  if (other === layer) {
    return layer.apart ? `the files of "${layer.name}" do not import each other` : undefined;
  }
  if (LAYERS.indexOf(other) > LAYERS.indexOf(layer)) {
    return `which is above it: "${other.name}" is higher than "${layer.name}"`;
  }
  if (layer.mayImportOnly && !layer.mayImportOnly.includes(other.name)) {
    const allowed = [layer.name, ...layer.mayImportOnly].map((name) => `"${name}"`).join(", ");
    return `which is of "${other.name}": "${layer.name}" may import only from ${allowed}`;
  }
  return undefined;
}

function findForbidden(tree: Tree, exports: ReadonlyMap<string, string> = new Map()): string[] {
  const problems: string[] = [];
  for (const [path, edges] of edgesOf(tree, exports)) {
    const layer = layersOf(path)[0];
    if (layer === undefined) continue;
    for (const { specifier, target, typeOnly, line } of edges) {
      const place = `${path}:${line}`;
      if (target === undefined) {
        if (layer.packagesAsTypesOnly && !typeOnly) {
          problems.push(
            `${place} imports the package "${specifier}": "${layer.name}" may import types only`,
          );
        }
        continue;
      }
      if (target === "package.json") continue;
      const other = layersOf(target)[0];
      if (!tree.has(target)) {
        problems.push(`${place} imports ${target}, which is no file of lib/ or adapters/`);
      } else if (other !== undefined) {
        const why = objection(layer, other);
        const how = typeOnly ? "imports a type of" : "imports";
        if (why !== undefined) problems.push(`${place} ${how} ${target}, ${why}`);
      }
    }
  }
  return problems;
}

/** The shortest way from a file back to itself, as the files on it. */
function circleThrough(start: string, edges: ReadonlyMap<string, Edge[]>): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const { target } of edges.get(path) ?? []) {
      if (target === start) {
        const circle = [path];
        for (let step = path; step !== start; ) {
          step = cameFrom.get(step) ?? start;
          circle.unshift(step);
        }
        return circle;
      }
      if (target === undefined || cameFrom.has(target)) continue;
      cameFrom.set(target, path);
      queue.push(target);
    }
  }
  return undefined;
}

function findCircles(tree: Tree, exports: ReadonlyMap<string, string> = new Map()): string[] {
  const edges = edgesOf(tree, exports);
  const reported = new Set<string>();
  const problems: string[] = [];
  for (const path of tree.keys()) {
    if (reported.has(path)) continue;
    const circle = circleThrough(path, edges);
    if (circle === undefined) continue;
    for (const member of circle) reported.add(member);
    problems.push(`import circle: ${[...circle, path].join(" -> ")}`);
  }
  return problems;
}

function findReserved(tree: Tree): string[] {
  const problems: string[] = [];
  for (const [path, source] of tree) {
    const rules = RESERVED.filter((rule) => !rule.only.some((pattern) => matches(path, pattern)));
    const imports = scanImports(source);
    const tokens = tokenize(source);
    for (const rule of rules) {
      const where = `${rule.what} belongs to ${rule.only.join(", ")} alone`;
      for (const { specifier, typeOnly, line } of imports) {
        const reserved = rule.packages.some(
          (name) => specifier === name || specifier.startsWith(`${name}/`),
        );
        if (reserved && (rule.typesToo || !typeOnly)) {
          problems.push(`${path}:${line} imports "${specifier}": ${where}`);
        }
      }
      for (const [index, token] of tokens.entries()) {
        if (token.kind !== "word") continue;
        const dot = tokens[index - 1]?.text;
        const member = dot === "." || dot === "?.";
        const name = member ? `${tokens[index - 2]?.text}.${token.text}` : token.text;
        if (rule.words.includes(name) || rule.words.includes(token.text)) {
          problems.push(`${path}:${token.line} mentions ${name}: ${where}`);
        }
      }
    }
  }
  return problems;
}

async function readTree(root: string): Promise<Tree> {
  const paths = await Array.fromAsync(new Bun.Glob("{lib,adapters}/**/*.ts").scan({ cwd: root }));
  const sources = await Promise.all(
    paths.sort().map(async (path) => {
      const source = await Bun.file(`${root}/${path}`).text();
      return [path.replaceAll("\\", "/"), source] as const;
    }),
  );
  return new Map(sources);
}

/** A target of `exports`: a path, or targets by condition. */
type ExportsTarget = string | { [condition: string]: ExportsTarget };

/** The sources that a target of `exports` means. */
function sourcesOf(target: ExportsTarget): string[] {
  if (typeof target !== "string") return Object.values(target).flatMap(sourcesOf);
  return /\.d\.[cm]?ts$/.test(target) ? [] : [target];
}

/** What the package calls its own files: "bun-socket.io/engine" is lib/engine/index.ts. */
async function readExports(root: string): Promise<Map<string, string>> {
  const manifest: { name: string; exports: Record<string, ExportsTarget> } = await Bun.file(
    `${root}/package.json`,
  ).json();
  return new Map(
    Object.entries(manifest.exports).flatMap(([name, target]) =>
      sourcesOf(target)
        .filter((path) => !path.endsWith(".cjs") && !path.startsWith("./dist/"))
        .map((path) => [posix.join(manifest.name, name).replace(/\/$/, ""), posix.normalize(path)]),
    ),
  );
}

function treeOf(sources: Record<string, string>): Tree {
  return new Map(Object.entries(sources));
}

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

describe("the scanner of imports", () => {
  const scan = (source: string) =>
    scanImports(source).map(({ specifier, typeOnly }) =>
      typeOnly ? `type ${specifier}` : specifier,
    );

  test.each([
    ["a default import", 'import a from "x";', ["x"]],
    ["a named import over lines", 'import {\n  a,\n  b as c,\n} from "x";', ["x"]],
    ["a namespace import", "import * as a from 'x'", ["x"]],
    ["a default and named import", 'import a, { b } from "x";', ["x"]],
    ["an import for its effect", 'import "x";', ["x"]],
    ["an import with attributes", 'import a from "x" with { type: "json" };', ["x"]],
    ["an import without spaces", 'import{a}from"x";import*as b from"y";', ["x", "y"]],
    ["an import type", 'import type { A } from "x";', ["type x"]],
    ["a default import type", 'import type A from "x";', ["type x"]],
    ["a namespace import type", 'import type * as A from "x";', ["type x"]],
    ["an import type of a type named from", 'import type from from "x";', ["type x"]],
    ["a value that is named type", 'import type from "x";', ["x"]],
    ["a value named from", 'import { from } from "x";', ["x"]],
    ["an inline type import, which stays at run time", 'import { type A } from "x";', ["x"]],
    [
      "an export from",
      'export { a } from "x"; export * from "y"; export * as z from "z";',
      ["x", "y", "z"],
    ],
    [
      "an export type from",
      'export type { A } from "x"; export type * from "y";',
      ["type x", "type y"],
    ],
    ["a dynamic import", 'const a = await import("x");', ["x"]],
    ["a dynamic import of a template", "import(`x`);", ["x"]],
    [
      "a type reference",
      'let a: import("x").A; type B = typeof import("y");',
      ["type x", "type y"],
    ],
    ["a type in a type alias", 'type A = import("x").A<string>;', ["type x"]],
    ["a require", 'const a = require("x"); import b = require("y");', ["x", "y"]],
    ["an import inside a template", "const a = `$\\{\u0024{`\u0024{await import('x')}`}`;", ["x"]],
    ["an import after a division", 'const a = b / c; import("x"); const d = 1 / 2;', ["x"]],
    ["an import after a regular expression", "const a = /['\"`]/; import('x');", ["x"]],
    ["an import after a slash in a class", "a(/[/'`]/g); import('x');", ["x"]],
  ] as const)("finds %s", (_name, source, expected) => {
    expect(scan(source)).toEqual([...expected]);
  });

  test.each([
    ["a line comment", '// import a from "x";'],
    ["a block comment", '/* import a from "x";\n export * from "y" */'],
    ["a string", `const a = 'import b from "x"'; const c = "import('y')";`],
    ["a template", 'const a = `import b from "x"`;'],
    ["a method", 'loader.import("x"); loader?.require("y");'],
    ["import.meta", "const a = import.meta.url;"],
    ["an export of its own", 'export { a }; export const from = "x"; export type B = "y";'],
    ["a regular expression", `const a = /import "x"/;`],
  ])("finds no import in %s", (_name, source) => {
    expect(scan(source)).toEqual([]);
  });

  test("tells the line of an import", () => {
    const source = 'const a = `\n`;\n/*\n*/\nimport type {\n  B,\n} from "x";\n';
    expect(scanImports(source)).toEqual([{ specifier: "x", typeOnly: true, line: 7 }]);
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
