// The option checkOrigin: which pages may open WebSockets.

import { expect, test } from "bun:test";
import type { ServerOptions } from "bun-socket.io";
import { HOSTS } from "../support/hosts.ts";
import { exchange } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";
import { overTheWire } from "../support/wire.ts";

const HERE = "https://app.example";
const ELSEWHERE = "https://evil.example";

overTheWire(
  (wire) => {
    /** The answer to a page of the given origin, or to a program. */
    async function ask(origin?: string, host?: string, query = {}) {
      const path = wire.path({ transport: "websocket", ...query });
      const headers = { ...(origin && { Origin: origin }), ...(host && { Host: host }) };
      const { answer, connection } = await requestWebSocket(wire.port, path, headers);
      connection.destroy();
      return answer;
    }

    test("checkOrigin refuses a WebSocket of a page of another origin with 403", async () => {
      wire.start({ checkOrigin: true, cors: { origin: HERE } });
      const errors = wire.recordErrors();
      const answer = await ask(ELSEWHERE);
      expect([answer.status, answer.body]).toEqual([403, "Origin not allowed"]);
      const context = {
        name: "ORIGIN_NOT_ALLOWED",
        message: "Origin not allowed",
        origin: ELSEWHERE,
      };
      expect(errors).toEqual([{ code: 4, message: "Forbidden", context }]);
      expect((await ask(HERE)).status).toBe(101);
    });

    test("checkOrigin lets programs and pages of the server's own host connect", async () => {
      wire.start({ checkOrigin: true });
      expect((await ask()).status).toBe(101);
      expect((await ask("https://chat.example", "chat.example")).status).toBe(101);
      expect((await ask("http://chat.example:3000", "chat.example:3000")).status).toBe(101);
      expect((await ask("http://chat.example:3001", "chat.example:3000")).status).toBe(403);
      expect((await ask("https://chat.example.evil.example", "chat.example")).status).toBe(403);
      expect((await ask("null", "chat.example")).status).toBe(403);
    });

    const lists: [what: string, cors: NonNullable<ServerOptions["cors"]>][] = [
      ["an origin", HERE],
      ["a list", ["https://other.example", HERE]],
      ["a regular expression", /app\.example$/],
      ["a list of regular expressions", { origin: [/^https:\/\/app\./] }],
      ["a function", { origin: (origin, done) => done(null, origin === HERE) }],
      [
        "an async function of the origin",
        { origin: (origin, done) => void setImmediate(() => done(null, [origin === HERE])) },
      ],
      [
        "a function of the request",
        (req, done) => done(null, { origin: req.headers.origin === HERE }),
      ],
    ];

    test.each(lists)("checkOrigin holds to the list of cors: %s", async (_, cors) => {
      wire.start({ checkOrigin: true, cors });
      expect((await ask(HERE)).status).toBe(101);
      expect((await ask(ELSEWHERE)).status).toBe(403);
    });

    test("checkOrigin with cors for all lets all connect", async () => {
      for (const cors of [true, "*", { origin: "*" }, { origin: true }]) {
        wire.start({ checkOrigin: true, cors });
        expect((await ask(ELSEWHERE)).status).toBe(101);
        await wire.end();
      }
    });

    test("checkOrigin holds for the WebSocket of an upgrade, whose session stays on polling", async () => {
      wire.start({ checkOrigin: true, cors: { origin: HERE } });
      const { sid, session } = await wire.openPolling();
      expect((await ask(ELSEWHERE, undefined, { sid })).status).toBe(403);
      expect([session.readyState, session.transport.name]).toEqual(["open", "polling"]);
      await wire.deliver(sid, "4alive");
    });

    test("checkOrigin refuses where a function of cors fails", async () => {
      let calls = 0;
      wire.start({
        checkOrigin: true,
        cors(_request, done) {
          calls++; // the middleware of cors has its own, before
          done(calls % 2 === 0 ? new Error("no list") : null, { origin: true });
        },
      });
      expect((await ask(ELSEWHERE)).status).toBe(403);
      expect(calls).toBe(2);
    });

    test("without checkOrigin every page may open a WebSocket, whatever cors says", async () => {
      wire.start({ cors: { origin: HERE } });
      expect((await ask(ELSEWHERE)).status).toBe(101);
      const polling = await exchange(wire.port, "GET", wire.path(), { Origin: ELSEWHERE });
      expect(polling.status).toBe(200);
    });
  },
  HOSTS.filter(({ name }) => name === "listen()" || name.includes("node:http")),
);
