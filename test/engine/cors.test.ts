import { afterEach, describe, expect, test } from "bun:test";
import type { ServerOptions } from "bun-socket.io";
import type { CorsOrigin } from "bun-socket.io/engine";
import { HOSTS } from "../support/hosts.ts";
import { exchange, type RawResponse } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";
import { REFERENCE } from "../support/reference.ts";
import { Wire } from "../support/wire.ts";

type Cors = ServerOptions["cors"];

/** What we take as the option, which the reference takes too. */
const OPTIONS: readonly (readonly [string, Cors])[] = [
  ["not set", undefined],
  ["false", false],
  ["true", true],
  ["all defaults", {}],
  ["any origin", { origin: "*" }],
  ["one origin", { origin: "http://good.example" }],
  ["an expression", { origin: /\.example$/ }],
  ["a list", { origin: ["http://good.example", /^https:/] }],
  ["origin: true", { origin: true }],
  ["origin: false", { origin: false }],
  ["a function", { origin: (origin, decide) => decide(null, origin === "http://good.example") }],
  ["a function that decides later", { origin: (_, decide) => setImmediate(decide, null, true) }],
  ["a function that names an origin", { origin: (_, decide) => decide(null, "http://x.example") }],
  ["a function that fails", { origin: (_, decide) => decide(new Error("no list")) }],
  [
    "everything",
    {
      origin: "http://good.example",
      credentials: true,
      methods: ["GET", "POST"],
      allowedHeaders: ["X-One", "X-Two"],
      exposedHeaders: "X-Three",
      maxAge: 600,
      optionsSuccessStatus: 200,
    },
  ],
  ["methods as text", { origin: true, methods: "GET", allowedHeaders: "X-One" }],
  ["preflights passed on", { origin: true, preflightContinue: true }],
  [
    "a function of the request",
    (request, decide) => decide(null, { origin: request.headers.origin === "http://good.example" }),
  ],
  ["a function of the request that fails", (_, decide) => decide(new Error("no rules"))],
];

/** What we take as short for `{ origin }`, where the reference would allow any origin. */
const SHORT: readonly (readonly [string, CorsOrigin])[] = [
  ["a text", "http://good.example"],
  ["an asterisk", "*"],
  ["an expression", /\.example$/],
  ["a list", ["http://good.example", /^https:/]],
];

const ORIGINS = ["http://good.example", "http://bad.test", undefined];
// How a message is framed is the HTTP server's business: Bun says Content-Length where node:http
// sends chunks, and leaves it out of a 204.
const OF_THE_HTTP_SERVER = [
  "date",
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
];

/** What of an answer both servers have to agree on. */
function comparable({ status, headers, body }: RawResponse): unknown {
  const kept = Object.entries(headers).filter(([name]) => !OF_THE_HTTP_SERVER.includes(name));
  const names = kept.map(([name, value]) =>
    name === "vary" ? [name, value.toLowerCase().split(/, */).sort().join()] : [name, value],
  );
  return { status, headers: Object.fromEntries(names), body: body.replace(/"sid":"[^"]*"/, "") };
}

/** The answers to every kind of request, for each origin. */
async function answersOf(wire: Wire): Promise<unknown> {
  const answers: Record<string, unknown> = {};
  for (const origin of ORIGINS) {
    const headers: Record<string, string> = origin === undefined ? {} : { Origin: origin };
    const preflight = {
      ...headers,
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "x-one, content-type",
    };
    const ask = async (method: string, query: Record<string, string>, body = "", all = headers) =>
      exchange(wire.port, method, wire.path(query), all, body);
    const handshake = await ask("GET", {});
    const received: Record<string, RawResponse> = {
      handshake,
      error: await ask("GET", { transport: "none" }),
      preflight: await ask("OPTIONS", {}, "", preflight),
      "preflight of a poll": await ask("OPTIONS", { sid: "x" }, "", preflight),
    };
    if (handshake.status === 200) {
      const { sid } = JSON.parse(handshake.body.slice(1));
      wire.session(sid).send("hello");
      received.poll = await ask("GET", { sid });
      received.post = await ask("POST", { sid }, "4hello");
      received.refused = await ask("PUT", { sid });
    }
    for (const [name, answer] of Object.entries(received)) {
      answers[`${name} of ${origin}`] = comparable(answer);
    }
  }
  return answers;
}

/** The answers to a request for a WebSocket, for each origin. */
async function upgradesOf(wire: Wire): Promise<unknown> {
  const answers: unknown[] = [];
  for (const origin of ORIGINS) {
    const headers: Record<string, string> = origin === undefined ? {} : { Origin: origin };
    const path = wire.path({ transport: "websocket" });
    const { answer, connection } = await requestWebSocket(wire.port, path, headers);
    connection.destroy();
    const kept = Object.entries(answer.headers).filter(([name]) => /^access|^vary/.test(name));
    answers.push([answer.status, Object.fromEntries(kept)]);
  }
  return answers;
}

for (const host of HOSTS) {
  describe(host.name, () => {
    const wires = { ours: new Wire(host), reference: new Wire(REFERENCE) };
    afterEach(async () => {
      await wires.ours.end();
      await wires.reference.end();
    });

    async function expectTheSame(ours: Cors, theirs: Cors): Promise<void> {
      wires.ours.start(ours === undefined ? {} : { cors: ours });
      wires.reference.start(theirs === undefined ? {} : { cors: theirs });
      expect(await answersOf(wires.ours)).toEqual(await answersOf(wires.reference));
      expect(await upgradesOf(wires.ours)).toEqual(await upgradesOf(wires.reference));
    }

    test.each(OPTIONS)("with cors %s, every answer is the reference's", (_, cors) =>
      expectTheSame(cors, cors),
    );

    test.each(SHORT)("cors %s is short for the origin alone", (_, origin) =>
      expectTheSame(origin, { origin }),
    );
  });
}
