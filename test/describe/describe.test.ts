// What `bunx bun-socket.io describe` writes of a contract.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import specification from "@asyncapi/specs/schemas/3.0.0-without-$id.json";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { compile } from "../types/compile.ts";

const ROOT = join(import.meta.dir, "../..");
const SHOP = "test/describe/shop.ts";
const BOARDS = "test/contract/boards.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bun-socket-io-describe-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: string[]): Promise<{ out: string; err: string; code: number }> {
  const child = Bun.spawn([process.execPath, join(ROOT, "lib/cli.mjs"), ...args], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, err, code };
}

async function print(...args: string[]): Promise<string> {
  const { out, err, code } = await run("describe", ...args);
  expect([code, err]).toEqual([0, ""]);
  return out;
}

type Json = { [key: string]: Json } & Json[] & string;

/** All references of a document, and what they lead to. */
function references(document: Json): { reference: string; target: unknown }[] {
  const found: { reference: string; target: unknown }[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, each] of Object.entries(value)) {
      if (key === "$ref" && typeof each === "string") {
        const keys = each.slice(2).split("/");
        const target = keys.reduce<unknown>(
          (at, part) => (at as Record<string, unknown> | undefined)?.[part],
          document,
        );
        found.push({ reference: each, target });
      }
      walk(each);
    }
  };
  walk(document);
  return found;
}

describe("the AsyncAPI document", () => {
  test.each([SHOP, BOARDS])("of %s is valid, and its references lead somewhere", async (path) => {
    const document: Json = JSON.parse(await print(path));
    const ajv = new Ajv({ strict: false, allErrors: true });
    addFormats(ajv);
    const validate = ajv.compile(specification);
    validate(document);
    expect(validate.errors).toBeNull();
    const all = references(document);
    expect(all.length).toBeGreaterThan(10);
    expect(all.filter(({ target }) => target === undefined)).toEqual([]);
  });

  test("has a channel for each contract, and an operation for each event", async () => {
    const document: Json = JSON.parse(
      await print(SHOP, "--title", "Shop", "--version", "1.2.3", "--namespace", "/other"),
    );
    expect(String(document.asyncapi)).toBe("3.0.0");
    expect(document.info as unknown).toEqual({ title: "Shop", version: "1.2.3" });
    const { shop, other } = document.channels as Json;
    expect(other).toMatchObject({ address: "/other" });
    expect(shop).toMatchObject({
      address: "/shops/{shopId}/{rest}",
      parameters: { shopId: {}, rest: {} },
      description: "A shop, */ and what is in it.",
      "x-auth": { $ref: "#/components/schemas/shop.auth" },
    });
    const operations = Object.entries(document.operations as Json);
    expect(
      operations.map(([name, { action, reply }]) => [name, action, reply !== undefined]),
    ).toEqual([
      ["other.serverToClient.tick", "send", false],
      ["other.refusal", "send", false],
      ["shop.clientToServer.item_buy", "receive", true],
      ["shop.clientToServer.item.buy", "receive", false],
      ["shop.clientToServer.comment", "receive", true],
      ["shop.clientToServer.photo", "receive", false],
      ["shop.clientToServer.leave", "receive", false],
      ["shop.serverToClient.prices", "send", false],
      ["shop.serverToClient.pair", "send", true],
      ["shop.serverToClient.when", "send", false],
      ["shop.serverToClient.strict", "send", false],
      ["shop.serverToClient.any", "send", false],
      ["shop.refusal", "send", false],
    ]);
  });

  test("says what the wire carries: what schemas take, not what they make of it", async () => {
    const document: Json = JSON.parse(await print(SHOP));
    const { shop } = document.channels as Json;
    const { messages } = shop as Json;
    const { schemas } = document.components as Json;
    expect(messages?.["clientToServer.item_buy"] as unknown).toEqual({
      name: "item:buy",
      description: "Buys some of an item.",
      "x-arguments": 2,
      payload: {
        type: "array",
        items: [0, 1].map((at) => ({
          $ref: `#/components/schemas/shop.clientToServer.item_buy.${at}`,
        })),
        minItems: 1,
        maxItems: 2,
        additionalItems: false,
      },
    });
    expect(schemas?.["shop.clientToServer.item_buy.0"] as unknown).toMatchObject({
      properties: { item: { type: "string", description: "Its name." } },
      required: ["item"],
    });
    expect(schemas?.["shop.serverToClient.when"] as unknown).toMatchObject({
      type: "string",
      format: "date-time",
    });
    expect(messages?.["clientToServer.leave"] as unknown).toMatchObject({ "x-arguments": 0 });
    expect(schemas?.["shop.clientToServer.photo.1"] as unknown).toEqual({
      type: "string",
      format: "binary",
    });
  });

  test("is the same as YAML, and of the exports that are asked for", async () => {
    const file = join(folder, "shop.yaml");
    expect(await print(SHOP, "--asyncapi", file, "--export", "shop")).toBe("");
    const document = Bun.YAML.parse(await Bun.file(file).text());
    expect(document).toEqual(JSON.parse(await print(SHOP, "--export", "shop", "--asyncapi", "-")));
    expect(Object.keys((document as Json).channels ?? {})).toEqual(["shop"]);
  });
});

describe("the declarations", () => {
  test("type a stock client, elsewhere", async () => {
    const declarations = await print(SHOP, "--types", "-");
    const sources = {
      "shop.d.ts": declarations,
      "program.ts": `
        import type { Socket } from "socket.io-client";
        import type { Refusal, ShopAuth, ShopClientToServer, ShopServerToClient } from "./shop.d.ts";
        export const auth: ShopAuth = { token: "x" };
        export async function use(socket: Socket<ShopServerToClient, ShopClientToServer>) {
          socket.emit("item:buy", { item: "x", "how many": 2 }, "2026-01-02", (answer) => {
            const left: { left: number } | "sold out" | null | Refusal = answer;
            return left;
          });
          socket.emit("item:buy", { item: "x" }, undefined, () => {});
          socket.emit("item.buy", { kind: "b" });
          socket.emit("item.buy", { kind: "b", size: 1 });
          const comment = await socket.emitWithAck("comment", { text: "a", replies: [{ text: "b", replies: [] }] });
          if ("code" in comment) comment.issues[0]?.path; else comment.replies[0]?.replies.length;
          socket.emit("photo", "x", new Uint8Array());
          socket.emit("photo", "x", new ArrayBuffer(1), 2);
          socket.emit("leave");
          socket.on("prices", (prices) => prices.milk?.toFixed());
          socket.on("pair", ([name, count], reply) => reply(name.length > count));
          socket.on("when", (text) => text.length);
          socket.on("strict", (nothing) => nothing);
          socket.on("any", (anything: unknown) => anything);
          socket.on("error", ({ code, event, issues }) => [code, event, issues.length]);
          // @ts-expect-error a token is missing
          const wrong: ShopAuth = {};
          // @ts-expect-error a number is no text
          socket.emit("item:buy", { item: 1 }, undefined, () => {});
          // @ts-expect-error there is no such kind
          socket.emit("item.buy", { kind: "c" });
          // @ts-expect-error replies are missing, deep down
          socket.emit("comment", { text: "a", replies: [{ text: "b" }] }, () => {});
          // @ts-expect-error bytes are missing
          socket.emit("photo", "x");
          // @ts-expect-error there is no such event
          socket.emit("sell");
          return wrong;
        }`,
    };
    const options = {
      lib: ["ESNext", "DOM"],
      noUncheckedIndexedAccess: true,
      paths: {
        "socket.io-client": [join(ROOT, "node_modules/socket.io-client/build/esm/index.d.ts")],
      },
    };
    using compiled = await compile("", [], options, sources);
    expect(compiled.output).toBe("");
    expect(declarations).toContain("/** What clients send. A shop, *\\/ and what is in it. */");
    expect(declarations).toContain("/** Buys some of an item. */");
    expect(declarations).toContain("/** Its name. */");
  }, 60_000);

  test("and the document are written at once", async () => {
    const [types, document] = [join(folder, "shop.d.ts"), join(folder, "shop.json")];
    expect(await print(SHOP, "--types", types, "--asyncapi", document)).toBe("");
    expect(await Bun.file(types).text()).toBe(await print(SHOP, "--types", "-"));
    expect(await Bun.file(document).text()).toBe(await print(SHOP));
  });
});

describe("the command", () => {
  test.each([
    ["without a module", [], "name one module"],
    ["with two modules", [SHOP, BOARDS], "name one module"],
    ["with an option that there is not", [SHOP, "--html", "x"], "--html"],
    [
      "with an export that there is not",
      [SHOP, "--export", "none"],
      "exports no contract named none",
    ],
    ["with an export that is no contract", [SHOP, "--export", "notAContract"], "no contract named"],
    ["of a module without contracts", ["lib/path.ts"], "exports no contract"],
    ["of a module that is not there", ["none.ts"], "Cannot find module"],
    ["of schemas that nobody knows", ["test/describe/unknown.ts"], "describe the schemas of mine"],
  ])("fails %s", async (_name, args, message) => {
    const { out, err, code } = await run("describe", ...args);
    expect([out, code]).toEqual(["", 1]);
    expect(err).toContain(message);
  });

  test("tells what it does", async () => {
    for (const args of [["--help"], ["describe", "--help"]]) {
      const { out, err, code } = await run(...args);
      expect([code, err]).toEqual([0, ""]);
      expect(out).toContain("Usage: bunx bun-socket.io describe <module>");
    }
    for (const args of [[], ["serve"]]) {
      const { out, err, code } = await run(...args);
      expect([code, out]).toEqual([1, ""]);
      expect(err).toContain("Usage: bunx bun-socket.io describe <module>");
    }
  });
});
