import { expect, test } from "bun:test";
import { parseQuery } from "../../lib/engine/request.ts";

const PARTS = [
  "a",
  "sid",
  "EIO",
  "transport",
  "t",
  "é",
  " ",
  "%",
  "%41",
  "+",
  "&",
  "&",
  "=",
  "=",
  "-._~",
  "__proto__",
  "?",
];

/** The query by the standard's own parser. */
function standard(url: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(url.slice(url.indexOf("?") + 1)));
}

test("a query is read as the standard reads it, whatever is in it", () => {
  for (let round = 0; round < 20_000; round++) {
    let url = "/socket.io/?";
    for (let length = Math.random() * 12; length > 0; length--) {
      url += PARTS[Math.floor(Math.random() * PARTS.length)];
    }
    expect(Object.entries(parseQuery(url)), url).toEqual(Object.entries(standard(url)));
  }
});

test("a query ends where a fragment begins", () => {
  expect(parseQuery("/?EIO=4&EIO=3#&transport=polling")).toEqual({ EIO: "3" });
  expect(parseQuery("/")).toEqual({});
});
