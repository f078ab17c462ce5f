// Engine.IO, revision 4: requests for a WebSocket.

import assert from "node:assert/strict";
import { assertRefused } from "./engine-handshake.ts";
import type { Rule } from "./rule.ts";
import { POLLING } from "./ways.ts";

const WEBSOCKET = "Engine.IO protocol 4, Transports, WebSocket";

/** What is asked for, and has to come to nothing. */
const REFUSED: readonly (readonly [what: string, query: Readonly<Record<string, string>>])[] = [
  ["without the parameter EIO", { EIO: "" }],
  ["with an unknown revision", { EIO: "abc" }],
  ["without the parameter transport", { transport: "" }],
  ["with an unknown transport", { transport: "abc" }],
  ["for an unknown session", { sid: "no-such-session" }],
];

const REFUSALS: readonly Rule[] = REFUSED.map(([what, query]) => ({
  name: `a WebSocket ${what} is refused, or closed without an open packet`,
  source: WEBSOCKET,
  async run(t) {
    const { answer, webSocket } = await t.tryWebSocket(query);
    if (webSocket === null) {
      assert.equal(answer.status, 400);
    } else {
      await assert.rejects(webSocket.text());
    }
  },
}));

export const WEBSOCKET_RULES: readonly Rule[] = [
  ...REFUSALS,
  {
    name: "a handshake of WebSocket without a request for a WebSocket is refused with status 400",
    source: WEBSOCKET,
    ways: POLLING,
    async run(t) {
      assertRefused(await t.http({ transport: "websocket" }), 3, "Bad request");
    },
  },
  {
    name: "a WebSocket with a wrong version of its protocol is refused",
    source: "RFC 6455, section 4.4",
    async run(t) {
      const connection = t.connect();
      connection.request("GET", t.path({ transport: "websocket" }), {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "12",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      });
      const { status } = await connection.response();
      assert.ok(status === 400 || status === 426, `status ${status}`);
    },
  },
  {
    name: "a request for a WebSocket in single bytes is taken, and the answer of the key is right",
    source: "RFC 6455, section 4.2",
    async run(t) {
      const connection = t.connect();
      const lines = [
        `GET ${t.path({ transport: "websocket" })} HTTP/1.1`,
        `hOST: ${t.host}`,
        "upgrade: WebSocket",
        "connection: keep-alive, Upgrade",
        "sec-websocket-version: 13",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        "\r\n",
      ];
      for (const byte of Buffer.from(lines.join("\r\n"))) {
        connection.write(Uint8Array.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { status, headers } = await connection.response();
      assert.equal(status, 101);
      assert.equal(headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    },
  },
];
