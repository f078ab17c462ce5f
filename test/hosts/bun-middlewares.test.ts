// What middlewares of the Express world do with a request and an answer, done on every host and on
// the reference.

import { expect, test } from "bun:test";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { HOSTS } from "../support/hosts.ts";
import { exchange } from "../support/raw.ts";
import { overTheWire } from "../support/wire.ts";

const require = createRequire(import.meta.url);
// As `morgan`, `compression` and express-session use them; they come with Express.
const onHeaders: (res: ServerResponse, listener: (this: ServerResponse) => void) => void =
  require("on-headers");
const onFinished: (
  message: IncomingMessage | ServerResponse,
  listener: (error: Error | null) => void,
) => void = require("on-finished");

const BUN_HOSTS = HOSTS.filter(({ isNode }) => !isNode);

overTheWire((wire) => {
  test("a listener to the head may change status and headers of polling answers", async () => {
    const engine = wire.start();
    const seen: unknown[] = [];
    engine.use((req, res, next) => {
      onHeaders(res, function () {
        seen.push([req.method, this.statusCode, this.getHeader("Content-Type")]);
        this.setHeader("X-Late", "1");
        this.removeHeader("Cache-Control");
      });
      next();
    });
    const { sid } = JSON.parse((await exchange(wire.port, "GET", wire.path())).body.slice(1));
    const answers = [
      await exchange(wire.port, "POST", wire.path({ sid }), {}, "4hello"),
      await exchange(wire.port, "GET", wire.path({ sid: "none" })),
    ];
    expect(seen).toEqual([
      ["GET", 200, "text/plain; charset=UTF-8"],
      ["POST", 200, "text/html"],
      ["GET", 400, "application/json"],
    ]);
    for (const { headers } of answers) {
      expect([headers["x-late"], headers["cache-control"]]).toEqual(["1", undefined]);
    }
  });

  test("headers that a listener to the head sets come with the 101", async () => {
    const engine = wire.start();
    engine.use((_req, res, next) => {
      onHeaders(res, function () {
        this.setHeader("X-Late", "1");
      });
      next();
    });
    const { sid } = await wire.openPolling();
    expect((await wire.upgrade({ sid })).answer.headers["x-late"]).toBe("1");
    expect((await wire.upgrade()).answer.headers["x-late"]).toBe("1");
  });

  test("a log of finished answers has their status and length", async () => {
    const engine = wire.start({ httpCompression: false });
    const log: unknown[] = [];
    const { promise: complete, resolve } = Promise.withResolvers<void>();
    engine.use((req, res, next) => {
      onFinished(res, (error) => {
        log.push([error, req.method, res.statusCode, Number(res.getHeader("Content-Length"))]);
        if (log.length === 3) {
          resolve();
        }
      });
      next();
    });
    const { body } = await exchange(wire.port, "GET", wire.path());
    const { sid } = JSON.parse(body.slice(1));
    await exchange(wire.port, "POST", wire.path({ sid }), {}, "4hello");
    wire.session(sid).send("hello");
    await exchange(wire.port, "GET", wire.path({ sid }));
    await complete;
    expect(log).toEqual([
      [null, "GET", 200, body.length],
      [null, "POST", 200, 2],
      [null, "GET", 200, 6],
    ]);
  });

  test("an answer whose client goes away closes without having finished", async () => {
    const engine = wire.start();
    const { sid, ended } = await wire.openPolling();
    const events: string[] = [];
    const closed = new Promise<void>((resolve) => {
      engine.use((req, res, next) => {
        req.once("aborted", () => events.push("aborted"));
        res.once("finish", () => events.push("finish"));
        res.once("close", () => {
          events.push("close");
          resolve();
        });
        next();
      });
    });
    const connection = wire.connect();
    connection.request("GET", wire.path({ sid }));
    while (!wire.session(sid).transport.writable) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    connection.destroy();
    await closed;
    expect(events.sort()).toEqual(["aborted", "close"]);
    expect((await ended).reason).toBe("transport error");
  });

  test("a wrapper of end() may change the engine's answer, and put it off", async () => {
    const engine = wire.start();
    engine.use((_req, res, next) => {
      const end = res.end.bind(res);
      Object.assign(res, {
        end(chunk: string) {
          setImmediate(() => end(chunk.toUpperCase()));
          return res;
        },
      });
      next();
    });
    const answer = await exchange(wire.port, "GET", wire.path({ transport: "none" }));
    expect([answer.status, answer.body]).toEqual([400, '{"CODE":0,"MESSAGE":"TRANSPORT UNKNOWN"}']);
  });

  test("what middlewares find in a request is there", async () => {
    const engine = wire.start();
    const requests: IncomingMessage[] = [];
    engine.use((req, _res, next) => {
      requests.push(req);
      expect([req.socket.remoteAddress, req.socket.remoteFamily]).toEqual(["127.0.0.1", "IPv4"]);
      Object.assign(req, { originalUrl: req.url, cookies: { a: "1" }, user: { name: "me" } });
      req.url = "/another";
      next();
    });
    const headers = { "X-Who": "me", Cookie: "a=1; b=2" };
    const { sid } = JSON.parse(
      (await exchange(wire.port, "GET", wire.path(), headers)).body.slice(1),
    );
    await exchange(wire.port, "POST", wire.path({ sid }), headers, "4hello");
    const [get, post] = requests;
    expect(get).toMatchObject({
      method: "GET",
      url: "/another",
      originalUrl: wire.path(),
      httpVersion: "1.1",
      httpVersionMajor: 1,
      httpVersionMinor: 1,
      complete: true,
      aborted: false,
      cookies: { a: "1" },
      user: { name: "me" },
      trailers: {},
      rawTrailers: [],
    });
    expect(post).toMatchObject({ method: "POST", complete: true });
    expect(get?.headersDistinct["x-who"]).toEqual(["me"]);
    const names = get?.rawHeaders.filter((_, index) => index % 2 === 0);
    expect(names?.map((name) => name.toLowerCase()).sort()).toEqual(
      Object.keys(get?.headers ?? {}).sort(),
    );
    expect(get?.socket).toBe(get?.connection);
    expect<IncomingMessage | undefined>(wire.session(sid).request).toBe(get);
  });

  test("the connection of a WebSocket tells of its end, and can be cut", async () => {
    wire.start();
    const first = await wire.openWebSocket();
    const gone = new Promise((resolve) => first.session.request.socket.once("close", resolve));
    first.webSocket.connection.destroy();
    await gone;
    expect(first.session.request.socket.destroyed).toBeTrue();
    await first.ended;
    const second = await wire.openWebSocket();
    second.session.request.connection.destroy();
    await second.webSocket.connection.closed;
    expect((await second.ended).reason).toBe("transport close");
  });
});

// Where a reference would hand out a body that it then misses, or crash.
overTheWire((wire) => {
  test("the body of a request is the engine's alone, and says so", async () => {
    const engine = wire.start();
    const codes: unknown[] = [];
    engine.use((req, _res, next) => {
      for (const act of [
        () => req.on("data", () => {}),
        () => req.once("readable", () => {}),
        () => req.pipe(process.stdout),
        () => req[Symbol.asyncIterator](),
      ]) {
        try {
          act();
        } catch (error) {
          codes.push(error instanceof Error && "code" in error && error.code);
        }
      }
      next();
    });
    await wire.openPolling();
    expect(codes).toEqual(Array(4).fill("ERR_UNSUPPORTED"));
  });

  test("a request whose connection a middleware destroys is refused", async () => {
    const engine = wire.start();
    engine.use((req) => void req.socket.destroy());
    const answer = await exchange(wire.port, "GET", wire.path());
    expect([answer.status, answer.headers.connection]).toEqual([400, "close"]);
    await expect(wire.upgrade()).rejects.toThrow("no WebSocket: 400");
    wire.expectNoSessions();
  });

  test("a wrapper of writeHead() may refuse a WebSocket in the last moment", async () => {
    const engine = wire.start();
    let sessions = 0;
    engine.on("connection", () => sessions++);
    engine.use((_req, res, next) => {
      const writeHead = res.writeHead.bind(res);
      Object.assign(res, {
        writeHead(status: number) {
          return status === 101 ? writeHead(403).end("too late") : writeHead(status);
        },
      });
      next();
    });
    await expect(wire.upgrade()).rejects.toThrow("no WebSocket: 403 too late");
    expect(sessions).toBe(0);
  });

  test("a request for a WebSocket whose client goes away, while a middleware thinks, is closed", async () => {
    const engine = wire.start();
    const { promise: asked, resolve: ask } = Promise.withResolvers<() => void>();
    const closed: Promise<unknown>[] = [];
    engine.use((req, res, next) => {
      closed.push(...[req, req.socket, res].map((each) => once(each, "close")));
      ask(next);
    });
    const connection = wire.connect();
    connection.request("GET", wire.path({ transport: "websocket" }), {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    });
    const next = await asked;
    connection.destroy();
    await Promise.all(closed);
    next();
    wire.expectNoSessions();
  });

  test("a request destroyed with an error that nobody listens to ends nothing but itself", async () => {
    const engine = wire.start();
    const told: unknown[] = [];
    engine.use((req) => {
      req.socket.on("close", () => told.push("close"));
      if (req._query.listens !== undefined) {
        req.socket.on("error", (error) => told.push(error.message));
      }
      req.destroy(new Error("no"));
    });
    expect((await exchange(wire.port, "GET", wire.path())).status).toBe(400);
    expect(told).toEqual(["close"]);
    expect((await exchange(wire.port, "GET", wire.path({ listens: "1" }))).status).toBe(400);
    expect(told).toEqual(["close", "no", "close"]);
  });
}, BUN_HOSTS);

test.each(BUN_HOSTS)(
  "with $name, a wrapper that throws costs its request alone",
  async ({ name }) => {
    const program = `${import.meta.dir}/../support/throwing-middlewares.ts`;
    const child = Bun.spawn([process.execPath, program, name], {
      stdout: "pipe",
      stderr: "inherit",
    });
    const result = JSON.parse(await new Response(child.stdout).text());
    expect(await child.exited).toBe(0);
    expect(result).toEqual({
      answers: [
        ["broken=writeHead", 500, 500, 500],
        ["broken=end", 500, 101, 500],
        ["broken=header", 400, 400, 400],
        ["", 200, 101, 400],
      ],
      // A header is refused where it is set, and so refuses as any middleware that throws.
      reports: ["writeHead", "writeHead", "writeHead", "end", "end"],
    });
  },
);
