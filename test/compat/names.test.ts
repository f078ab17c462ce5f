// The names that transcripts have for what is random.

import { expect, test } from "bun:test";
import { Names } from "../../compat/names.ts";

test("an id has the name of what it is, and the longest id goes first", () => {
  const names = new Names();
  names.add("abc", "ann id");
  names.add("abcdef", "bob id");
  names.add("xyz", "ann id");
  expect(names.apply("abc abcdef xyz uvw")).toBe("<ann id> <bob id> <ann id 2> uvw");
});

test("the id of an entry of a Redis stream is an offset, whoever tells of it", () => {
  const names = new Names();
  expect(names.apply('42["said",1,"1795226957216-12"]')).toBe('42["said",1,"<offset>"]');
  expect(names.apply('42["said","12-1","1795226957216"]')).toBe(
    '42["said","12-1","1795226957216"]',
  );
});
