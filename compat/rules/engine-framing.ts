// What the answers owe to the kind of HTTP that the agent speaks.

import assert from "node:assert/strict";
import type { Connection } from "../../test/support/raw.ts";
import type { Rule } from "./rule.ts";
import { readOpen } from "./session.ts";
import type { Target } from "./target.ts";

function request(t: Target, line: string, headers: readonly string[] = []): Connection {
  const connection = t.connect();
  connection.write(`${[line, `Host: ${t.host}`, ...headers, "\r\n"].join("\r\n")}`);
  return connection;
}

export const FRAMING_RULES: readonly Rule[] = [
  {
    name: "a connection of HTTP/1.1 stays open behind an answer",
    source: "RFC 9112, section 9.3",
    async run(t) {
      const connection = t.connect();
      for (let count = 0; count < 3; count++) {
        connection.request("GET", t.path());
        const { status, headers } = await connection.response();
        assert.equal(status, 200);
        assert.notEqual(headers.connection, "close");
      }
    },
  },
  {
    name: "a request with Connection: close is told so, and the connection ends",
    source: "RFC 9112, section 9.6",
    async run(t) {
      const connection = request(t, `GET ${t.path()} HTTP/1.1`, ["Connection: close"]);
      const { status, headers } = await connection.response();
      assert.equal(status, 200);
      assert.equal(headers.connection?.toLowerCase(), "close");
      await connection.closed;
    },
  },
  {
    name: "a refused request with Connection: close is told so, and the connection ends",
    source: "RFC 9112, section 9.6",
    async run(t) {
      const path = t.path({ transport: "abc" });
      const connection = request(t, `GET ${path} HTTP/1.1`, ["Connection: close"]);
      const { status, headers } = await connection.response();
      assert.equal(status, 400);
      assert.equal(headers.connection?.toLowerCase(), "close");
      await connection.closed;
    },
  },
  {
    name: "a POST with Connection: close is told so, and the connection ends",
    source: "RFC 9112, section 9.6",
    async run(t) {
      const session = await t.openPolling();
      const path = t.path({ sid: session.sid });
      const connection = request(t, `POST ${path} HTTP/1.1`, [
        "Connection: close",
        "Content-Length: 2",
      ]);
      connection.write("40");
      const { status, headers, body } = await connection.response();
      assert.deepEqual([status, body], [200, "ok"]);
      assert.equal(headers.connection?.toLowerCase(), "close");
      await connection.closed;
    },
  },
  {
    name: "a poll that waited, with Connection: close, is told so, and the connection ends",
    source: "RFC 9112, section 9.6",
    async run(t) {
      const session = await t.openPolling();
      const path = t.path({ sid: session.sid });
      const connection = request(t, `GET ${path} HTTP/1.1`, ["Connection: close"]);
      await t.settle();
      await session.send("40");
      const { status, headers } = await connection.response();
      assert.equal(status, 200);
      assert.equal(headers.connection?.toLowerCase(), "close");
      await connection.closed;
    },
  },
  {
    name: "an answer to HTTP/1.0 is not chunked, and the connection ends",
    source: "RFC 9112, sections 6.1 and 9.3",
    async run(t) {
      const connection = request(t, `GET ${t.path()} HTTP/1.0`);
      const { status, headers, body } = await connection.response();
      assert.equal(status, 200);
      assert.equal(headers["transfer-encoding"], undefined);
      readOpen(body);
      await connection.closed;
    },
  },
  {
    name: "HTTP/1.0 with keep-alive keeps the connection, where the server says so",
    source: "RFC 9112, section 9.3",
    async run(t) {
      const connection = request(t, `GET ${t.path()} HTTP/1.0`, ["Connection: keep-alive"]);
      const { status, headers } = await connection.response();
      assert.equal(status, 200);
      if (headers.connection?.toLowerCase() === "keep-alive") {
        connection.write(`GET ${t.path()} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`);
        assert.equal((await connection.response()).status, 200);
      } else {
        await connection.closed;
      }
    },
  },
  {
    name: "requests in one write are answered in their order",
    source: "RFC 9112, section 9.3.2",
    async run(t) {
      const session = await t.openPolling();
      const head = (method: string, query: Record<string, string>): string =>
        `${method} ${t.path(query)} HTTP/1.1\r\nHost: ${t.host}\r\n`;
      const connection = t.connect();
      connection.write(
        `${head("POST", { sid: session.sid })}Content-Length: 2\r\n\r\n40` +
          `${head("GET", { transport: "abc" })}\r\n${head("GET", {})}\r\n`,
      );
      assert.equal((await connection.response()).body, "ok");
      assert.equal((await connection.response()).status, 400);
      readOpen((await connection.response()).body);
    },
  },
  {
    name: "a request behind a poll that waits is answered when its turn comes",
    source: "RFC 9112, section 9.3.2",
    async run(t) {
      const session = await t.openPolling();
      const connection = t.connect();
      connection.request("GET", t.path({ sid: session.sid }));
      await t.settle();
      connection.request("GET", t.path({ transport: "abc" }));
      await t.settle();
      await session.send("40");
      assert.match((await connection.response()).body, /^40\{/);
      assert.equal((await connection.response()).status, 400);
    },
  },
  {
    name: "a POST that asks first whether it may continue is told to",
    source: "RFC 9110, section 10.1.1",
    async run(t) {
      const session = await t.openPolling();
      const path = t.path({ sid: session.sid });
      const connection = request(t, `POST ${path} HTTP/1.1`, [
        "Expect: 100-continue",
        "Content-Length: 2",
      ]);
      assert.equal((await connection.response()).status, 100);
      connection.write("40");
      assert.equal((await connection.response()).body, "ok");
    },
  },
  {
    name: "a chunked body with extensions and trailers is taken",
    source: "RFC 9112, section 7.1",
    async run(t) {
      const session = await t.openPolling();
      const path = t.path({ sid: session.sid });
      const connection = request(t, `POST ${path} HTTP/1.1`, ["Transfer-Encoding: chunked"]);
      connection.write("1;name=value\r\n4\r\n1\r\n0\r\n0\r\nX-Trailer: yes\r\n\r\n");
      assert.equal((await connection.response()).body, "ok");
      assert.match(await session.text(), /^40\{/);
    },
  },
  {
    name: "a chunked body that is larger than maxPayload is refused with status 413",
    source: "Engine.IO protocol 4, Protocol, Handshake",
    options: { maxHttpBufferSize: 1000 },
    async run(t) {
      const session = await t.openPolling();
      const path = t.path({ sid: session.sid });
      const connection = request(t, `POST ${path} HTTP/1.1`, ["Transfer-Encoding: chunked"]);
      for (let count = 0; count < 3; count++) {
        connection.write(`190\r\n${"4".repeat(400)}\r\n`);
      }
      connection.write("0\r\n\r\n");
      assert.equal((await connection.response()).status, 413);
    },
  },
  {
    name: "a POST that is cut before its end delivers nothing",
    source: "RFC 9112, section 8",
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      const path = t.path({ sid: session.sid });
      const connection = request(t, `POST ${path} HTTP/1.1`, ["Content-Length: 100"]);
      connection.write('42["message","cut"]\x1e');
      await t.settle();
      connection.destroy();
      assert.deepEqual(await session.ended(), []);
    },
  },
];
