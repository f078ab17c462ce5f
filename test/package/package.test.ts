// The package as it would be published, in projects of its users.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Project, ROOT, run } from "../support/project.ts";

const NAME = "bun-socket.io";
const ALIAS = "socket.io";
const RUN_MS = 60_000;

let project: Project;
let manifest: { exports: Record<string, unknown>; files: string[] };
beforeAll(async () => {
  project = await Project.make([NAME, ALIAS], ["react", "react-dom"]);
  project.copy(join(import.meta.dir, "programs"), "programs");
  manifest = JSON.parse(readFileSync(project.path("node_modules", NAME, "package.json"), "utf8"));
}, 60_000);
afterAll(() => project.remove(), 30_000);

describe("the package as published", () => {
  test("runs a program that imports it", async () => {
    const out = await project.bun("programs/consumer.ts");
    expect(JSON.parse(out)).toEqual({ doubled: 42, script: 200, engine: "Engine", protocol: 4 });
  });

  test("runs such a program in one file, as bun build makes it", async () => {
    await project.bun("build", "--target=bun", "--outfile=one-file.js", "programs/consumer.ts");
    const out = await project.bun("one-file.js");
    expect(JSON.parse(out)).toMatchObject({ doubled: 42, engine: "Engine" });
  });

  test("runs in a bundle with a page that was built before, as docs/hosting.md says", async () => {
    const page = "programs/page";
    await project.bun("build", `${page}/index.html`, `--outdir=${page}/dist`);
    await project.bun("build", "--target=bun", `${page}/server.ts`, "--outdir=.");
    expect(JSON.parse(await project.bun("server.js"))).toEqual({ hasClient: true, status: 200 });
  });

  test("holds sources and declarations, and neither tests nor examples", () => {
    expect(readdirSync(project.path("node_modules", NAME)).sort()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "adapters",
      "client-dist",
      "dist",
      "docs",
      "lib",
      "package.json",
    ]);
  });

  test("has every file that its manifest names", () => {
    const named = (value: unknown): string[] =>
      typeof value === "string"
        ? [value]
        : Object.values(value as Record<string, unknown>).flatMap(named);
    const files = named(manifest.exports).filter((path) => !path.includes("*"));
    expect(files.length).toBeGreaterThan(6);
    for (const path of files) {
      expect(readFileSync(project.path("node_modules", NAME, path), "utf8")).not.toBe("");
    }
  });

  test("has the client for browsers where servers of static files look for it", () => {
    const names = readdirSync(join(ROOT, `node_modules/${ALIAS}/client-dist`)).sort();
    expect(readdirSync(project.path(`node_modules/${ALIAS}/client-dist`)).sort()).toEqual(names);
    for (const name of names) {
      const own = readFileSync(project.path(`node_modules/${ALIAS}/client-dist`, name), "utf8");
      expect(own).toBe(
        readFileSync(join(ROOT, "node_modules/socket.io-client/dist", name), "utf8"),
      );
    }
  });

  test.skipIf(Bun.which("node") === null)(
    "says on Node.js what it runs on, whatever is imported or required",
    async () => {
      const exported = [...Object.keys(await import("bun-socket.io"))].join(", ");
      const engine = Object.keys(await import("bun-socket.io/engine"))
        .map((name) => `${name} as e_${name}`)
        .join(", ");
      const adapter = Object.keys(await import("bun-socket.io/adapter")).join(", ");
      const metrics = Object.keys(await import("bun-socket.io/metrics")).join(", ");
      const testing = Object.keys(await import("bun-socket.io/testing")).join(", ");
      const auth = Object.keys(await import("bun-socket.io/auth")).join(", ");
      const redis = Object.keys(await import("bun-socket.io/redis")).join(", ");
      const tests = Object.keys(await import("bun-socket.io/adapter-tests")).join(", ");
      for (const program of [
        `import { ${exported} } from "${NAME}";`,
        `import { ${auth} } from "${NAME}/auth";`,
        `import { ${metrics} } from "${NAME}/metrics";`,
        `import { ${testing} } from "${NAME}/testing";`,
        `import { ${adapter} } from "${NAME}/adapter";`,
        `import { ${engine} } from "${NAME}/engine";`,
        `import { ${redis} } from "${NAME}/redis";`,
        `import { ${tests} } from "${NAME}/adapter-tests";`,
        `import { createRequire } from "node:module"; createRequire(import.meta.url)("${NAME}");`,
      ]) {
        await Bun.write(project.path("on-node.mjs"), program);
        const child = Bun.spawn(["node", "on-node.mjs"], {
          cwd: project.path(),
          stdout: "ignore",
          stderr: "pipe",
        });
        expect(await new Response(child.stderr).text()).toContain(
          "Error: bun-socket.io runs on Bun: start this program with `bun`",
        );
        expect(await child.exited).toBe(1);
      }
    },
    RUN_MS,
  );

  // What both sides of the wire import.
  test.skipIf(Bun.which("node") === null)(
    "lets clients on Node.js import, and require, the entries that are theirs too",
    async () => {
      const out = { name: "/rooms/1", required: "/2", doubled: 42, code: "INVALID_PAYLOAD" };
      const server = Bun.spawn([process.execPath, "programs/contracted.mjs"], {
        cwd: project.directory,
        stdout: "pipe",
      });
      const { value } = await server.stdout.getReader().read();
      const url = new TextDecoder().decode(value).trim();
      for (const runtime of ["node", process.execPath]) {
        const printed = await run(project.directory, runtime, "programs/portable.mjs", url);
        expect(JSON.parse(printed)).toEqual(out);
      }
      server.kill();
      await server.exited;
    },
    RUN_MS,
  );

  test.skipIf(Bun.which("node") === null)(
    "renders the hooks of React on Node.js and on Bun, imported or required",
    async () => {
      const program = `
        import { createRequire } from "node:module";
        import { createElement } from "react";
        import { renderToString } from "react-dom/server";
        import { useSocket } from "${NAME}/react";
        import { pipe } from "${NAME}/streams";
        const require = createRequire(import.meta.url);
        const Page = ({ hook }) => createElement("p", null, hook("/").status);
        for (const hook of [useSocket, require("${NAME}/react").useSocket]) {
          console.log(renderToString(createElement(Page, { hook })));
        }
        console.log(typeof pipe, typeof require("${NAME}/streams").pipe);`;
      await project.write("hooks.mjs", program);
      const printed = "<p>connecting</p>\n<p>connecting</p>\nfunction function\n";
      for (const runtime of ["node", process.execPath]) {
        expect(await run(project.directory, runtime, "hooks.mjs")).toBe(printed);
      }
    },
    RUN_MS,
  );

  test("has one class for what contracts refuse, for the hooks as well", () => {
    for (const extension of ["mjs", "cjs"]) {
      const hooks = project.path("node_modules", NAME, `dist/react.${extension}`);
      expect(readFileSync(hooks, "utf8")).toContain(`"./contract.${extension}"`);
      expect(readFileSync(hooks, "utf8")).not.toContain("class ContractError");
    }
  });

  test("has declarations that lead to its sources", () => {
    const dist = project.path("node_modules", NAME, "dist/lib");
    const map = JSON.parse(readFileSync(join(dist, "server.d.ts.map"), "utf8"));
    expect(map.sources).toEqual(["../../lib/server.ts"]);
  });
});

describe("the package under the name socket.io", () => {
  test("is called by a CommonJS program that requires it", async () => {
    const out = await project.bun("programs/required.cjs");
    expect(JSON.parse(out)).toEqual({
      doubled: 42,
      isSocket: true,
      isServer: true,
      isNamespace: true,
    });
  });

  test("is the same whether imported or required", async () => {
    expect(JSON.parse(await project.bun("programs/both.mjs"))).toEqual({
      same: [true, true, true],
      missing: [],
      interop: [true, "object"],
      asModule: null,
      version: NAME,
    });
  });

  test("names the lines of its sources where it throws", async () => {
    const out = await project.bun("programs/failing.ts");
    const [, file, line] = /node_modules\/socket\.io\/(lib\/server\.ts):(\d+):\d+/.exec(out) ?? [];
    const source = readFileSync(join(ROOT, file ?? ""), "utf8").split("\n");
    expect(source[Number(line) - 1]).toMatch(/new Engine\w*\(/);
  });

  test("runs the same whatever the compiler settings of the project", async () => {
    const compilerOptions = {
      target: "ES5",
      module: "CommonJS",
      useDefineForClassFields: false,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      verbatimModuleSyntax: false,
      jsx: "react",
    };
    await project.write("tsconfig.json", JSON.stringify({ compilerOptions }));
    expect(JSON.parse(await project.bun("programs/required.cjs"))).toMatchObject({ doubled: 42 });
    expect(JSON.parse(await project.bun("programs/consumer.ts"))).toMatchObject({ doubled: 42 });
  });
});
