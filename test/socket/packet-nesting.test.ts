import { expect, test } from "bun:test";
import { isTooDeep, MAX_DEPTH } from "../../lib/packet-nesting.ts";

const nested = (levels: number) => `["x",${"[".repeat(levels)}"\\"]"${"]".repeat(levels)}]`;

test.each([
  ["", "2"],
  ["with an id", "217"],
  ["of a namespace", "2/room,"],
  ["of a namespace with a quote in its name", '2/",'],
  ["of a namespace with brackets in its name", "2/[[{,17"],
  ["with attachments", "52-"],
  ["with attachments, of a namespace with a backslash and a quote", '52-/\\",17'],
])("the levels of a packet's data are counted, of one %s", (_, head) => {
  expect(isTooDeep(head + nested(MAX_DEPTH - 1))).toBeFalse(); // and the list of the event itself
  expect(isTooDeep(head + nested(MAX_DEPTH))).toBeTrue();
});
