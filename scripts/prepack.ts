// Builds what the published package holds beside its sources, before `bun pm pack` and `npm pack`:
//
//   dist/         the declarations. The sources are TypeScript that Bun runs, but the compiler of a
//                 user would check them under that user's settings; declarations it only reads.
//                 And the entries that clients import as well, as JavaScript for browsers and Node.js.
//   client-dist/  the client for browsers, where servers of static files expect it.
//
// `--clean` removes both again: in the working tree, the types are those of the sources.

import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import ts from "typescript-5";
import { SUBPATHS } from "./subpaths.ts";

const ROOT = resolve(import.meta.dir, "..");
const DIST = join(ROOT, "dist");
const CLIENT_DIST = join(ROOT, "client-dist");
/** The entries for both sides of the wire. */
const PORTABLE = [
  { name: "contract", source: "lib/contract/index.ts" },
  { name: "path", source: "lib/path.ts" },
  { name: "react", source: "lib/react/index.ts" },
  { name: "streams", source: "lib/streams/index.ts" },
];

/** The entries for servers that go beyond the reference. */
const ADDITIONS: Readonly<Record<string, string>> = {
  auth: "lib/auth/index.ts",
  metrics: "lib/metrics/index.ts",
  testing: "lib/testing/index.ts",
};

function compile(): void {
  const settings = join(DIST, "tsconfig.json");
  mkdirSync(DIST);
  writeFileSync(
    settings,
    JSON.stringify({
      extends: "../tsconfig.json",
      compilerOptions: {
        noEmit: false,
        noEmitOnError: true,
        declaration: true,
        declarationMap: true,
        emitDeclarationOnly: true,
        rewriteRelativeImportExtensions: true,
        rootDir: "..",
        outDir: ".",
      },
      include: [],
      files: [
        "../lib/index.ts",
        ...PORTABLE.map(({ source }) => `../${source}`),
        "../lib/engine/index.ts",
        "../adapters/index.ts",
        "../adapters/adapter-tests/index.ts",
        "../adapters/redis/index.ts",
        ...Object.values(ADDITIONS).map((source) => `../${source}`),
      ],
    }),
  );
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const child = Bun.spawnSync([process.execPath, tsc, "--project", settings], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (!child.success) {
    throw new Error("the declarations could not be made: the lines above say why");
  }
  rmSync(settings);
}

/** The names that a module of dist/ exports, types included. */
function exportsOf(path: string): string[] {
  const program = ts.createProgram([path], {
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: [],
  });
  const source = program.getSourceFile(path);
  const checker = program.getTypeChecker();
  const symbol = source && checker.getSymbolAtLocation(source);
  if (symbol === undefined) {
    throw new Error(`${path} is no module`);
  }
  return checker.getExportsOfModule(symbol).map((each) => each.name);
}

const TYPE_PARAMETERS = `<
  ListenEvents extends EventsMap = DefaultMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultMap,
  SocketData = any,
>`;

/** The types of require(): what index.cjs is, a function that is a namespace as well. */
function callable(names: readonly string[]): string {
  const list = names.map((name) => `  ${name},\n`).join("");
  return `import type { DefaultEventsMap as DefaultMap, EventsMap } from "./lib/events.ts";
import {
${list}} from "./lib/index.ts";

/** Makes a server: \`io(options)\` is \`new io.Server(options)\`. */
declare function io${TYPE_PARAMETERS}(
  options?: ServerOptions,
): Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
/** Makes a server: \`io(3000, options)\` is \`new io.Server(3000, options)\`. */
declare function io${TYPE_PARAMETERS}(
  ...args: ConstructorParameters<typeof Server>
): Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
declare namespace io {
export {
${list}};
}
export = io;
`;
}

/** Leaves contracts to their own entry: with a copy of the classes, `instanceof` would not hold. */
function oneContract(extension: string): Bun.BunPlugin {
  return {
    name: "one contract",
    setup(build) {
      build.onResolve({ filter: /^\.\.\/contract\/client\.ts$/ }, () => ({
        path: `./contract.${extension}`,
        external: true,
      }));
    },
  };
}

/** An entry in one file of JavaScript that runs anywhere. */
async function bundle(source: string, format: "esm" | "cjs"): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [join(ROOT, source)],
    target: "browser",
    packages: "external",
    format,
    plugins: [oneContract(format === "esm" ? "mjs" : "cjs")],
  });
  return (await Promise.all(outputs.map((output) => output.text()))).join("");
}

async function writeEntries(): Promise<void> {
  const write = (name: string, text: string) => Bun.write(join(DIST, name), text);
  // CommonJS, so that both kinds of modules may import them, and both get the same classes.
  await write("package.json", '{ "type": "commonjs" }\n');
  await write("index.d.mts", 'export * from "./lib/index.ts";\n');
  await write("index.d.cts", callable(exportsOf(join(DIST, "lib/index.d.ts"))));
  await write("index.d.ts", 'export * from "./lib/index.ts";\n');
  await write("engine.d.mts", 'export * from "./lib/engine/index.ts";\n');
  await write("engine.d.cts", 'export * from "./lib/engine/index.ts";\n');
  await write("adapter.d.mts", 'export * from "./adapters/index.ts";\n');
  await write("adapter.d.cts", 'export * from "./adapters/index.ts";\n');
  for (const kind of ["mts", "cts"]) {
    await write(`adapter-tests.d.${kind}`, 'export * from "./adapters/adapter-tests/index.ts";\n');
  }
  for (const { name, source } of PORTABLE) {
    for (const kind of ["mts", "cts"]) {
      await write(`${name}.d.${kind}`, `export * from "./${source}";\n`);
    }
    await write(`${name}.mjs`, await bundle(source, "esm"));
    await write(`${name}.cjs`, await bundle(source, "cjs"));
  }
  for (const [name, source] of Object.entries(ADDITIONS)) {
    for (const kind of ["mts", "cts"]) {
      await write(`${name}.d.${kind}`, `export * from "./${source}";\n`);
    }
  }
  await write("redis.d.mts", 'export * from "./adapters/redis/index.ts";\n');
  await write("redis.d.cts", 'export * from "./adapters/redis/index.ts";\n');
  for (const [name, sources] of Object.entries(SUBPATHS)) {
    const present: string[] = [];
    for (const source of sources) {
      const declaration = join(DIST, source.replace(/\.ts$/, ".d.ts"));
      if (await Bun.file(declaration).exists()) present.push(`export * from "./${source}";\n`);
    }
    if (present.length > 0) await write(`${name}.d.ts`, present.join(""));
  }
}

function clean(): void {
  rmSync(DIST, { recursive: true, force: true });
  rmSync(CLIENT_DIST, { recursive: true, force: true });
}

clean();
if (!process.argv.includes("--clean")) {
  compile();
  await writeEntries();
  const client = dirname(Bun.resolveSync("socket.io-client/package.json", ROOT));
  cpSync(join(client, "dist"), CLIENT_DIST, { recursive: true });
}
