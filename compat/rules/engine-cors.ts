// Pages of other origins (the option cors).

import assert from "node:assert/strict";
import type { Rule } from "./rule.ts";
import { POLLING } from "./ways.ts";

const CORS = "Fetch standard, CORS protocol";
const ORIGIN = "https://page.example";
const options = { cors: { origin: ORIGIN, credentials: true, methods: ["GET", "POST"] } };

export const CORS_RULES: readonly Rule[] = [
  {
    name: "a preflight is answered with status 204 and what is allowed",
    source: CORS,
    options,
    ways: POLLING.filter(({ name }) => !name.includes("fetch")), // it sets no Origin
    async run(t) {
      const { status, headers } = await t.http(
        {},
        {
          method: "OPTIONS",
          headers: { Origin: ORIGIN, "Access-Control-Request-Method": "POST" },
        },
      );
      assert.equal(status, 204);
      assert.equal(headers["access-control-allow-origin"], ORIGIN);
      assert.equal(headers["access-control-allow-credentials"], "true");
      assert.match(headers["access-control-allow-methods"] ?? "", /POST/);
    },
  },
  {
    name: "a handshake carries the allowed origin",
    source: CORS,
    options,
    ways: POLLING,
    async run(t) {
      const { status, headers } = await t.http({}, { headers: { Origin: ORIGIN } });
      assert.equal(status, 200);
      assert.equal(headers["access-control-allow-origin"], ORIGIN);
      assert.equal(headers["access-control-allow-credentials"], "true");
    },
  },
  {
    name: "polls, POSTs and their refusals carry the allowed origin",
    source: CORS,
    options,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      const headers = { Origin: ORIGIN };
      const posted = await session.request("POST", { body: "40", headers });
      const polled = await session.request("GET", { headers });
      for (const { answer } of [posted, polled]) {
        const { status, headers: received } = await answer;
        assert.equal(status, 200);
        assert.equal(received["access-control-allow-origin"], ORIGIN);
      }
      const refused = await t.http({ sid: "no-such-session" }, { headers });
      assert.equal(refused.status, 400);
      assert.equal(refused.headers["access-control-allow-origin"], ORIGIN);
    },
  },
  {
    name: "without the option, no origin is allowed",
    source: CORS,
    ways: POLLING,
    async run(t) {
      const { status, headers } = await t.http({}, { headers: { Origin: ORIGIN } });
      assert.equal(status, 200);
      assert.equal(headers["access-control-allow-origin"], undefined);
    },
  },
];
