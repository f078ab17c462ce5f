// The public surface of the reference is here, and docs/surface.md says so.

import { beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { compareSurfaces, type Row } from "../scripts/surface/compare.ts";
import { staleDecisions } from "../scripts/surface/decisions.ts";
import { toMarkdown, toText } from "../scripts/surface/table.ts";

const ROOT = resolve(import.meta.dir, "..");

describe("the surface of the reference", () => {
  let rows: Row[];
  beforeAll(async () => {
    rows = await compareSurfaces(ROOT);
  }, 60_000);

  test("is found, in each of its parts", () => {
    const areas = Map.groupBy(rows, (row) => row.area);
    for (const area of ["Exports", "Server", "Socket", "Adapter", "Options", "Engine.IO server"]) {
      expect(areas.get(area)?.length).toBeGreaterThan(5);
    }
  });

  test("is here, but for what is decided otherwise", () => {
    expect(toText(rows.filter((row) => row.state === "missing"))).toBe("");
  });

  test("is decided on only where it is not the same", () => {
    expect(staleDecisions(rows)).toEqual([]);
  });

  test("is what docs/surface.md says (./run surface --write)", () => {
    expect(readFileSync(`${ROOT}/docs/surface.md`, "utf8")).toBe(toMarkdown(rows));
  });
});
