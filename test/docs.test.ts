// The links of the texts: each relative one leads to a file that is there, and to a heading of it.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "..");
const TEXTS = ["*.md", "docs/*.md", "examples/*/*.md"]
  .flatMap((pattern) => Array.from(new Bun.Glob(pattern).scanSync(ROOT)))
  .sort();

/** A text without its listings, in which nothing is a link or a heading. */
function read(path: string): string {
  return readFileSync(path, "utf8").replaceAll(/^( *)```.*?^\1```$/gms, "");
}

/** The targets of the links and images of a text. */
function linksOf(text: string): string[] {
  const prose = text.replaceAll(/`[^`\n]*`/g, "code");
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, target = ""]) => target);
}

/** The anchors of the headings of a text, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of text.matchAll(/^#+ (.*)$/gm)) {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
    let name = anchor;
    for (let count = 1; anchors.has(name); count++) name = `${anchor}-${count}`;
    anchors.add(name);
  }
  return anchors;
}

/** What is wrong with a link; null where it leads somewhere, or is to another site. */
function faultOf(from: string, target: string): string | null {
  if (/^[a-z]+:/.test(target)) return null;
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? from : resolve(dirname(from), path);
  if (relative(ROOT, file).startsWith("..") || !existsSync(file)) return `no file: ${target}`;
  if (anchor === undefined) return null;
  return anchorsOf(read(file)).has(anchor) ? null : `no such heading: ${target}`;
}

test("the texts are found", () => {
  expect(TEXTS).toContain("README.md");
  expect(TEXTS).toContain("docs/hosting.md");
  expect(TEXTS).toContain("examples/chat/README.md");
});

describe.each(TEXTS)("%s", (name) => {
  test("its links lead somewhere", () => {
    const path = resolve(ROOT, name);
    const faults = linksOf(read(path)).map((target) => faultOf(path, target));
    expect(faults.filter((fault) => fault !== null)).toEqual([]);
  });
});

describe.each(TEXTS.filter((name) => name.startsWith("docs/")))("%s", (name) => {
  test("another text leads to it", () => {
    const targets = TEXTS.filter((from) => from !== name).flatMap((from) =>
      linksOf(read(resolve(ROOT, from))).map((target) => {
        const [path = ""] = target.split("#");
        return path === "" ? from : relative(ROOT, resolve(ROOT, dirname(from), path));
      }),
    );
    expect(targets).toContain(name);
  });
});

test("a link that leads nowhere is noticed", () => {
  const readme = resolve(ROOT, "README.md");
  expect(faultOf(readme, "docs/none.md")).toBe("no file: docs/none.md");
  expect(faultOf(readme, "docs/options.md#none")).toBe("no such heading: docs/options.md#none");
  expect(linksOf("see [a](b.md), `[c](d.md)` and ![e](f.png)")).toEqual(["b.md", "f.png"]);
  expect([...anchorsOf("# A `b()`, c\n\n## A `b()`, c\n")]).toEqual(["a-b-c", "a-b-c-1"]);
});
