// Engine.IO, revision 4: how a session begins, and what requests are refused.

import assert from "node:assert/strict";
import type { RawResponse } from "../../test/support/raw.ts";
import type { Rule } from "./rule.ts";
import { readOpen, SEPARATOR } from "./session.ts";
import { EVERY_WAY, POLLING, WEBSOCKET } from "./ways.ts";

const HANDSHAKE = "Engine.IO protocol 4, Protocol, Handshake";
const PATH = "Engine.IO protocol 4, Transports, HTTP long-polling, Request path";
const QUERY = "Engine.IO protocol 4, Transports, HTTP long-polling, Query parameters";
const UNKNOWN_SID = "no-such-session";

/** Asserts that a request has been refused, with a code of the engine. */
export function assertRefused(answer: RawResponse, code: number, message: string): void {
  assert.equal(answer.status, 400);
  assert.match(answer.headers["content-type"] ?? "", /^application\/json/);
  assert.deepEqual(JSON.parse(answer.body), { code, message });
}

export const HANDSHAKE_RULES: readonly Rule[] = [
  {
    name: "the path is the one that the server is told",
    source: PATH,
    options: { path: "/engine.io" },
    async run(t) {
      const connection = t.connect();
      connection.request("GET", t.path().replace("/socket.io/", "/engine.io/"));
      const { status, body } = await connection.response();
      assert.equal(status, 200);
      readOpen(body);
    },
  },
  {
    name: "the first packet of a session is an open packet with the id and the settings",
    source: HANDSHAKE,
    options: { pingInterval: 20_000, pingTimeout: 15_000, maxHttpBufferSize: 1000 },
    ways: EVERY_WAY,
    async run(t) {
      const { open } = await t.open();
      assert.deepEqual(Object.keys(open).sort(), [
        "maxPayload",
        "pingInterval",
        "pingTimeout",
        "sid",
        "upgrades",
      ]);
      assert.equal(typeof open.sid, "string");
      assert.notEqual(open.sid, "");
      assert.deepEqual(
        [open.pingInterval, open.pingTimeout, open.maxPayload],
        [20_000, 15_000, 1000],
      );
    },
  },
  {
    name: "a handshake over polling is answered with status 200 and one packet of text",
    source: HANDSHAKE,
    ways: POLLING,
    async run(t) {
      const { status, headers, body } = await t.http();
      assert.equal(status, 200);
      assert.match(headers["content-type"] ?? "", /^text\/plain/);
      assert.ok(!body.includes(SEPARATOR), body);
      readOpen(body);
    },
  },
  {
    name: "each session has an id of its own, that needs no escaping in a URL",
    source: HANDSHAKE,
    ways: EVERY_WAY,
    async run(t) {
      const first = await t.open();
      const second = await t.open();
      assert.notEqual(first.sid, second.sid);
      assert.equal(encodeURIComponent(first.sid), first.sid);
    },
  },
  {
    name: "over polling, the open packet offers WebSocket",
    source: HANDSHAKE,
    ways: POLLING,
    async run(t) {
      assert.deepEqual((await t.openPolling()).open.upgrades, ["websocket"]);
    },
  },
  {
    name: "over WebSocket, the open packet offers no upgrade",
    source: HANDSHAKE,
    ways: WEBSOCKET,
    async run(t) {
      assert.deepEqual((await t.openWebSocket()).open.upgrades, []);
    },
  },
  {
    name: "a server without the WebSocket transport offers no upgrade",
    source: HANDSHAKE,
    options: { transports: ["polling"] },
    async run(t) {
      assert.deepEqual((await t.openPolling()).open.upgrades, []);
    },
  },
  {
    name: "a server without upgrades offers none",
    source: HANDSHAKE,
    options: { allowUpgrades: false },
    async run(t) {
      assert.deepEqual((await t.openPolling()).open.upgrades, []);
    },
  },
  {
    name: "a request without the parameter transport is refused with status 400",
    source: QUERY,
    ways: POLLING,
    async run(t) {
      assertRefused(await t.http({ transport: "" }), 0, "Transport unknown");
    },
  },
  {
    name: "a request with an unknown transport is refused with status 400",
    source: QUERY,
    ways: POLLING,
    async run(t) {
      assertRefused(await t.http({ transport: "abc" }), 0, "Transport unknown");
    },
  },
  {
    name: "a transport that the server does not offer is unknown",
    source: QUERY,
    options: { transports: ["websocket"] },
    ways: POLLING,
    async run(t) {
      assertRefused(await t.http(), 0, "Transport unknown");
    },
  },
  {
    name: "a name of Object's prototype is no transport",
    source: QUERY,
    async run(t) {
      for (const transport of ["constructor", "__proto__", "toString"]) {
        assertRefused(await t.http({ transport }), 0, "Transport unknown");
      }
    },
  },
  {
    name: "a request without the parameter EIO is refused with status 400",
    source: QUERY,
    ways: POLLING,
    async run(t) {
      assertRefused(await t.http({ EIO: "" }), 5, "Unsupported protocol version");
    },
  },
  {
    name: "a request with an unknown revision is refused with status 400",
    source: QUERY,
    ways: POLLING,
    async run(t) {
      assertRefused(await t.http({ EIO: "abc" }), 5, "Unsupported protocol version");
    },
  },
  {
    name: "revision 3 is refused where the server does not allow it",
    source: QUERY,
    ways: POLLING,
    async run(t) {
      assertRefused(await t.http({ EIO: "3" }), 5, "Unsupported protocol version");
    },
  },
  {
    name: "a poll of an unknown session is refused with status 400",
    source: QUERY,
    ways: POLLING,
    async run(t) {
      assertRefused(await t.http({ sid: UNKNOWN_SID }), 1, "Session ID unknown");
    },
  },
  {
    name: "a POST for an unknown session is refused with status 400",
    source: QUERY,
    ways: POLLING,
    async run(t) {
      const answer = await t.http({ sid: UNKNOWN_SID }, { method: "POST", body: "4abc" });
      assertRefused(answer, 1, "Session ID unknown");
    },
  },
  {
    name: "a handshake with POST is refused with status 400",
    source: HANDSHAKE,
    ways: POLLING,
    async run(t) {
      const answer = await t.http({}, { method: "POST", body: "4abc" });
      assertRefused(answer, 2, "Bad handshake method");
    },
  },
  {
    name: "a handshake with PUT is refused with status 400",
    source: HANDSHAKE,
    async run(t) {
      const answer = await t.http({}, { method: "PUT", body: "4abc" });
      assertRefused(answer, 2, "Bad handshake method");
    },
  },
  {
    name: "a poll of a session that is on WebSocket is refused with status 400",
    source: QUERY,
    ways: POLLING,
    async run(t) {
      const { sid } = await t.openWebSocket();
      assertRefused(await t.http({ sid }), 3, "Bad request");
    },
  },
  {
    name: "the order of the parameters and other parameters do not matter",
    source: QUERY,
    ways: POLLING,
    async run(t) {
      const { body } = await t.http({ EIO: "", transport: "", t: "abc", x: "y" });
      assert.match(body, /"code":0/);
      const connection = t.connect();
      connection.request("GET", "/socket.io/?x=y&transport=polling&t=abc&EIO=4");
      const answer = await connection.response();
      assert.equal(answer.status, 200);
      readOpen(answer.body);
    },
  },
];
