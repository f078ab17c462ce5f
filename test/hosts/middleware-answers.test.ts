// What middlewares answer, and what is answered with them.

import { describe, expect, test } from "bun:test";
import type { ServerResponse } from "node:http";
import type { Middleware } from "bun-socket.io/engine";
import { HOSTS } from "../support/hosts.ts";
import { exchange, type RawResponse } from "../support/raw.ts";
import { REFERENCE } from "../support/reference.ts";
import { Wire } from "../support/wire.ts";

const OF_THE_HTTP_SERVER = ["date", "connection", "keep-alive", "transfer-encoding"];

function comparable({ status, headers, body }: RawResponse): unknown {
  const kept = Object.entries(headers).filter(([name]) => !OF_THE_HTTP_SERVER.includes(name));
  kept.sort(([one], [other]) => (one < other ? -1 : 1));
  return { status, headers: Object.fromEntries(kept), body: body.replace(/"sid":"[^"]*"/, "") };
}

/** Answers that a middleware gives by itself, in every way there is. */
const ANSWERS: Record<string, (res: ServerResponse) => void> = {
  "end()": (res) => {
    res.statusCode = 418;
    res.end();
  },
  "end() with a text": (res) => {
    res.setHeader("Content-Type", "text/plain").end("täxt");
  },
  "end() with an encoding and a callback": (res) => {
    res.setHeader("Content-Type", "text/plain");
    res.end("dMOkeHQ=", "base64", () => {});
  },
  "end() with bytes": (res) => {
    res.writeHead(200, { "Content-Type": "application/x-bytes" }).end(Buffer.from("bytes"));
  },
  "several writes": (res) => {
    res.writeHead(201, "Made", { "Content-Type": "text/plain", "X-List": ["a", "b"] });
    res.write("one,");
    res.write(Buffer.from("two,"), () => {});
    res.write("dGhyZWU=", "base64");
    res.end();
  },
  "a write and an end with text": (res) => {
    res.setHeader("Content-Type", "text/plain");
    res.write("one,");
    res.end("two", () => {});
  },
  "writeHead() with a list": (res) => {
    res.setHeader("X-One", "0");
    res.writeHead(200, ["Content-Type", "text/plain", "X-One", "1", "X-Two", "2", "X-Two", "3"]);
    res.end("listed");
  },
  "the methods of headers": (res) => {
    res.setHeader("Content-Type", "text/plain");
    res.setHeader("X-Gone", "1");
    res.removeHeader("x-gone");
    res.appendHeader("X-More", "1").appendHeader("x-more", ["2", "3"]);
    res.setHeaders(new Map([["X-Map", "m"]]));
    res.setHeaders(new Headers({ "x-web": "w" }));
    res.setHeader("X-Number", 5);
    const told = [
      res.getHeader("CONTENT-TYPE"),
      res.getHeader("x-more"),
      res.hasHeader("x-map"),
      res.hasHeader("x-gone"),
      res.getHeaderNames().sort(),
      res.getHeaders()["x-web"],
      res.headersSent,
    ];
    res.flushHeaders();
    res.end(JSON.stringify([...told, res.headersSent]));
  },
  "what node:http refuses": (res) => {
    const codes: unknown[] = [];
    const attempt = (act: () => void): void => {
      try {
        act();
      } catch (error) {
        codes.push(error instanceof Error && "code" in error ? error.code : error);
      }
    };
    res.writeHead(200, { "Content-Type": "text/plain" });
    attempt(() => res.setHeader("X-Late", "1"));
    attempt(() => res.removeHeader("X-Late"));
    attempt(() => res.writeHead(500));
    res.end(codes.join());
  },
  "a stream": (res) => {
    res.writeHead(200, { "Content-Type": "text/plain" });
    const { Readable } = require("node:stream");
    Readable.from(["streamed ", "in ", "parts"]).pipe(res);
  },
};

/** What a middleware finds out about the answer, before and behind its end. */
async function statesOf(wire: Wire): Promise<unknown> {
  const states: unknown[] = [];
  const tell = (name: string, res: ServerResponse): void => {
    const { headersSent, writableEnded, finished, writableFinished } = res;
    states.push([name, res.statusCode, headersSent, writableEnded, finished, writableFinished]);
  };
  const closed = new Promise<void>((resolve) => {
    wire.start().use((req, res) => {
      expect(res.req).toBe(req);
      expect(res.socket).toBe(req.socket);
      expect(req.res).toBe(res);
      res.once("finish", () => tell("finish", res));
      res.once("close", () => {
        tell("close", res);
        resolve();
      });
      tell("begin", res);
      res.writeHead(404);
      tell("head", res);
      res.end("", () => tell("callback", res));
    });
  });
  const connection = wire.connect();
  connection.request("GET", wire.path());
  await connection.response();
  connection.destroy();
  await closed;
  await wire.end();
  return states;
}

const cases = HOSTS.map((host) => [host.name, host] as const);

describe.each(cases)("%s answers as the reference does", (_, host) => {
  test.each(Object.entries(ANSWERS))("with %s", async (_name, give) => {
    const answerOf = async (wire: Wire): Promise<unknown> => {
      wire.start().use((_req, res) => give(res));
      const answer = await exchange(wire.port, "GET", wire.path());
      await wire.end();
      return comparable({ ...answer, headers: { ...answer.headers, "content-length": "" } });
    };
    expect(await answerOf(new Wire(host))).toEqual(await answerOf(new Wire(REFERENCE)));
  });

  test("and tells of its state as it does", async () => {
    const told = await statesOf(new Wire(host));
    expect(told).toContainEqual(["begin", 200, false, false, false, false]);
    expect(told).toEqual(await statesOf(new Wire(REFERENCE)));
  });
});

/** The answers to every kind of request, with some middleware. */
async function answersOf(wire: Wire, middleware?: Middleware): Promise<unknown> {
  const engine = wire.start({ cookie: true });
  if (middleware !== undefined) {
    engine.use(middleware);
  }
  const { handshake, sid } = await wire.handshakeWithMessage();
  const answers = [
    handshake,
    await exchange(wire.port, "GET", wire.path({ sid })),
    await exchange(wire.port, "POST", wire.path({ sid }), {}, "4hello"),
    await exchange(wire.port, "POST", wire.path({ sid }), {}, "4".repeat(2_000_000)),
    await exchange(wire.port, "PUT", wire.path({ sid })),
    await exchange(wire.port, "POST", wire.path()),
    await exchange(wire.port, "GET", wire.path({ transport: "none" })),
    await exchange(wire.port, "GET", wire.path({ sid: "none" })),
    (await wire.upgrade({ sid })).answer,
  ];
  for (const { headers } of answers) {
    delete headers["sec-websocket-accept"];
    headers["set-cookie"] = headers["set-cookie"]?.replace(sid, "") ?? "";
  }
  await wire.end();
  return answers.map(comparable);
}

test.each(cases)("%s answers alike with and without a middleware", async (_, host) => {
  const without = await answersOf(new Wire(host));
  expect(await answersOf(new Wire(host), (_req, _res, next) => next())).toEqual(without);
  expect(await answersOf(new Wire(host), (_req, _res, next) => setImmediate(next))).toEqual(
    without,
  );
  expect(without).toMatchObject(
    [200, 200, 200, 413, 500, 400, 400, 400, 101].map((status) => ({ status })),
  );
});
