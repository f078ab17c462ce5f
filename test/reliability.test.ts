// docs/reliability.md says what the tests hold.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { makePage, PAGE } from "../scripts/reliability/page.ts";
import { namesIn } from "../scripts/reliability/test-names.ts";

const ROOT = resolve(import.meta.dir, "..");

test("docs/reliability.md is up to date, and a test holds each of its rows (./run reliability --write)", async () => {
  const { text, problems } = await makePage(ROOT);
  expect(problems).toEqual([]);
  expect(readFileSync(`${ROOT}/${PAGE}`, "utf8")).toBe(text);
});

test("the names of tests are found, those of skipped ones are not", () => {
  const text = `
    test("a", () => {});
    test.each([["x"]])(
      "%s b",
      () => {},
    );
    test.skip("c", () => {});
    other("d");
    // test("e", () => {});
  `;
  expect(namesIn(text)).toEqual(["a", "%s b"]);
});
