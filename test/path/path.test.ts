// Patterns of namespace names: what fits them, what their parameters are, and names made from them.

import { describe, expect, test } from "bun:test";
import { path } from "bun-socket.io/path";

describe("a path", () => {
  test.each([
    ["/rooms/:roomId", "/rooms/lobby", { roomId: "lobby" }],
    ["rooms/:roomId", "/rooms/lobby", { roomId: "lobby" }],
    ["/:org/rooms/:roomId/log", "/acme/rooms/7/log", { org: "acme", roomId: "7" }],
    ["/rooms/:roomId", "/rooms/caf%C3%A9%2Fbar%2C", { roomId: "café/bar," }],
    ["/rooms/:roomId", "/rooms/café", { roomId: "café" }],
    ["/rooms/:roomId", "/rooms/a:b*c", { roomId: "a:b*c" }],
    ["/rooms/:roomId", "/rooms/__proto__", { roomId: "__proto__" }],
    ["/:constructor", "/x", { constructor: "x" }],
    ["/files/*", "/files/a", { "*": "a" }],
    ["/files/*", "/files/a/b%20c/d", { "*": "a/b c/d" }],
    ["/:owner/files/*rest", "/ann/files/a/b", { owner: "ann", rest: "a/b" }],
    ["/*", "/anything/at/all", { "*": "anything/at/all" }],
    ["/a.b+c", "/a.b+c", {}],
    ["/:a", "/%25", { a: "%" }],
  ])("%s reads %s", (pattern, name, params) => {
    expect(path(pattern).test(name)).toBeTrue();
    expect(path(pattern).match(name)).toEqual(params);
  });

  test.each([
    ["/rooms/:roomId", "/rooms"],
    ["/rooms/:roomId", "/rooms/"],
    ["/rooms/:roomId", "/rooms/a/b"],
    ["/rooms/:roomId", "/rooms/a/"],
    ["/rooms/:roomId", "/Rooms/a"],
    ["/rooms/:roomId", "/x/rooms/a"],
    ["/rooms/:roomId", "x/rooms/a"],
    ["/rooms/:roomId", "//a"],
    ["/rooms/:roomId", "/rooms/%"],
    ["/rooms/:roomId", "/rooms/%zz"],
    ["/rooms/:roomId", "/rooms/%C3"],
    ["/rooms/:roomId", "/rooms/%FF%FE"],
    ["/files/*", "/files"],
    ["/files/*", "/files/"],
    ["/files/*", "/files/%E9"],
    ["/a.c", "/abc"],
    ["/:a", "/"],
    ["/:a", ""],
  ])("%s does not take %s", (pattern, name) => {
    expect(path(pattern).test(name)).toBeFalse();
    expect(path(pattern).match(name)).toBeNull();
  });

  test.each([
    ["/rooms/:roomId", { roomId: "lobby" }, "/rooms/lobby"],
    ["/rooms/:roomId", { roomId: 7 }, "/rooms/7"],
    ["/rooms/:roomId", { roomId: "café/bar, \u001e%" }, "/rooms/caf%C3%A9%2Fbar%2C%20%1E%25"],
    ["/:org/files/*", { org: "a b", "*": "c d/e,f" }, "/a%20b/files/c%20d/e%2Cf"],
    ["/lobby", {}, "/lobby"],
  ])("%s makes a name of %j, and reads it again", (pattern, params, name) => {
    const made = path(pattern);
    expect(made.toName(params)).toBe(name);
    const texts = Object.entries(params).map(([key, value]) => [key, String(value)]);
    expect(made.match(name)).toEqual(Object.fromEntries(texts));
  });

  test("makes a name of text that is not well-formed", () => {
    expect(path("/:a").toName({ a: "\ud800" })).toBe("/%EF%BF%BD");
  });

  test("has parameters that nobody changes by mistake", () => {
    expect(Object.isFrozen(path("/:a").match("/x"))).toBeTrue();
  });

  test("is its pattern, as text", () => {
    expect(`${path("rooms/:roomId")}`).toBe("/rooms/:roomId");
  });

  test.each([
    ["a parameter without a name", "/rooms/:"],
    ["a parameter with an odd name", "/rooms/:room-id"],
    ["an optional parameter", "/rooms/:id?"],
    ["a wildcard with an odd name", "/files/*a.b"],
    ["a wildcard that is not the last", "/*/files"],
    ["a wildcard within a segment", "/files/a*"],
    ["a parameter within a segment", "/room-:id"],
    ["two parameters of one name", "/:id/:id"],
    ["a parameter and a wildcard of one name", "/:id/*id"],
    ["an empty segment", "/rooms//:id"],
    ["a slash at the end", "/rooms/"],
    ["nothing", ""],
    ["a comma", "/a,b"],
    ["a record separator", "/a\u001eb"],
  ])("cannot be with %s", (_name, pattern) => {
    const thrown = expect(() => path(pattern));
    thrown.toThrow(expect.objectContaining({ code: "ERR_INVALID_NAMESPACE" }));
  });

  test("cannot be of what is no text", () => {
    // @ts-expect-error it is a string
    const thrown = expect(() => path(7));
    thrown.toThrow(expect.objectContaining({ code: "ERR_INVALID_NAMESPACE" }));
  });

  test.each([{}, { roomId: "" }])("makes no name of %j", (params) => {
    const thrown = expect(() => path("/rooms/:roomId" as string).toName(params));
    thrown.toThrow(expect.objectContaining({ code: "ERR_INVALID_NAMESPACE" }));
  });
});
