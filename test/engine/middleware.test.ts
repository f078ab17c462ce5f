import { expect, test } from "bun:test";
import type { EngineRequest } from "bun-socket.io/engine";
import { HOSTS } from "../support/hosts.ts";
import { exchange } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";
import { overTheWire } from "../support/wire.ts";

overTheWire((wire) => {
  test("middlewares run in order, for handshakes, polls, data and upgrades", async () => {
    const engine = wire.start();
    const seen: string[] = [];
    engine.use(({ method, _query, headers }, _, next) => {
      seen.push(
        `first ${method} ${_query.transport} ${_query.sid ? "sid" : "-"} ${headers.upgrade}`,
      );
      next();
    });
    engine.use((_request, _response, next) => {
      seen.push("second");
      setImmediate(next);
    });
    const { sid } = await wire.openPolling();
    await wire.deliver(sid, "4hello");
    await wire.upgrade({ sid });
    await wire.upgrade();
    expect(seen).toEqual([
      "first GET polling - undefined",
      "second",
      "first POST polling sid undefined",
      "second",
      "first GET websocket sid websocket",
      "second",
      "first GET websocket - websocket",
      "second",
    ]);
  });

  test("headers that a middleware sets come with every answer, an error and the 101 too", async () => {
    const engine = wire.start();
    engine.use((_, response, next) => {
      response.setHeader("X-One", "1");
      response.setHeader("X-Two", ["a", "b"]);
      response.setHeader("X-Three", "3");
      response.removeHeader("X-Three");
      expect(response.getHeader("X-One")).toBe("1");
      next();
    });
    const { handshake, sid } = await wire.handshakeWithMessage();
    const answers = [
      handshake,
      await exchange(wire.port, "GET", wire.path({ sid })),
      await exchange(wire.port, "POST", wire.path({ sid }), {}, "4hello"),
      await exchange(wire.port, "GET", wire.path({ transport: "none" })),
      (await wire.upgrade()).answer,
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 400, 101]);
    for (const { headers } of answers) {
      expect(headers["x-one"]).toBe("1");
      expect(headers["x-two"]?.replace(", ", ",")).toBe("a,b");
      expect(headers["x-three"]).toBeUndefined();
    }
  });

  test("a middleware that calls next(error) refuses the request", async () => {
    const engine = wire.start();
    const errors = wire.recordErrors();
    engine.use((_request, _response, next) => next(new Error("no way")));
    const answer = await exchange(wire.port, "GET", wire.path());
    expect([answer.status, answer.body]).toEqual([400, '{"code":3,"message":"Bad request"}']);
    await expect(wire.upgrade()).rejects.toThrow("400 Bad request");
    expect(errors.map(({ code, context }) => [code, context.name])).toEqual([
      [3, "MIDDLEWARE_FAILURE"],
      [3, "MIDDLEWARE_FAILURE"],
    ]);
    wire.expectNoSessions();
  });

  test.each([
    ["at once", (run: () => void) => run()],
    ["later", (run: () => void) => void setImmediate(run)],
  ])("a middleware may answer a request itself, %s", async (_, when) => {
    const engine = wire.start();
    const errors = wire.recordErrors();
    engine.use((_request, response) => {
      when(() => {
        response.writeHead(418, { "X-Pot": "tea" });
        response.end("short and stout");
      });
    });
    const answer = await exchange(wire.port, "GET", wire.path());
    expect([answer.status, answer.headers["x-pot"], answer.body]).toEqual([
      418,
      "tea",
      "short and stout",
    ]);
    expect(errors).toEqual([]);
    wire.expectNoSessions();
  });

  test("initial_headers and headers add to the handshake, headers alone to what follows", async () => {
    const engine = wire.start();
    const seen: string[] = [];
    const describeRequest = ({ method, _query }: EngineRequest): string =>
      `${method} ${_query.transport} ${_query.sid ? "sid" : "-"}`;
    engine.on("initial_headers", (headers, request) => {
      headers["X-Initial"] = "i";
      headers["Set-Cookie"] = "mine=1";
      seen.push(`initial ${describeRequest(request)}`);
    });
    engine.on("headers", (headers, request) => {
      headers["X-Every"] = "e";
      seen.push(`every ${describeRequest(request)}`);
    });
    const { handshake, sid } = await wire.handshakeWithMessage();
    const answers = [
      handshake,
      await exchange(wire.port, "GET", wire.path({ sid })),
      await exchange(wire.port, "POST", wire.path({ sid }), {}, "4hello"),
      (await wire.upgrade({ sid })).answer,
      (await wire.upgrade()).answer,
      await exchange(wire.port, "GET", wire.path({ transport: "none" })),
    ];
    const added = answers.map(({ headers }) => [
      headers["x-initial"],
      headers["set-cookie"],
      headers["x-every"],
    ]);
    expect(added).toEqual([
      ["i", "mine=1", "e"],
      [undefined, undefined, "e"],
      [undefined, undefined, "e"],
      [undefined, undefined, "e"],
      ["i", "mine=1", "e"],
      [undefined, undefined, undefined],
    ]);
    expect(seen).toEqual([
      "initial GET polling -",
      "every GET polling -",
      "every GET polling sid",
      "every POST polling sid",
      "every GET websocket sid",
      "initial GET websocket -",
      "every GET websocket -",
    ]);
  });

  test("old Internet Explorer is told not to look for attacks in payloads", async () => {
    wire.start();
    const agents = {
      "Mozilla/5.0 (compatible;MSIE 10.0)": "0",
      "Trident/7.0": "0",
      Firefox: undefined,
    };
    for (const [agent, expected] of Object.entries(agents)) {
      const { headers } = await exchange(wire.port, "GET", wire.path(), { "User-Agent": agent });
      expect(headers["x-xss-protection"]).toBe(expected);
    }
  });
});

// Where the reference cuts the connection, or leaves the request without an answer.
overTheWire((wire) => {
  test.each([
    ["at once", (run: () => void) => run()],
    ["later", (run: () => void) => void setImmediate(run)],
  ])("a middleware may answer an upgrade request itself, %s", async (_, when) => {
    const engine = wire.start();
    engine.use((_request, response) => {
      when(() => {
        response.statusCode = 418;
        response.setHeader("X-Pot", "tea");
        response.end("short and stout");
      });
    });
    const { answer } = await requestWebSocket(wire.port, wire.path({ transport: "websocket" }));
    expect([answer.status, answer.headers["x-pot"], answer.body]).toEqual([
      418,
      "tea",
      "short and stout",
    ]);
    wire.expectNoSessions();
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    ["rejects", () => Promise.reject(new Error("broken"))],
  ])("a middleware that %s refuses the request", async (_, middleware) => {
    const engine = wire.start();
    const errors = wire.recordErrors();
    engine.use(middleware);
    expect((await exchange(wire.port, "GET", wire.path())).status).toBe(400);
    await expect(wire.upgrade()).rejects.toThrow("400 Bad request");
    expect(errors.map(({ code, context }) => [code, context.name])).toEqual([
      [3, "MIDDLEWARE_FAILURE"],
      [3, "MIDDLEWARE_FAILURE"],
    ]);
    wire.expectNoSessions();
  });

  test.each(["_query", "headers"])(
    "a middleware that takes %s of the request away has it refused, not left without an answer",
    async (member) => {
      const engine = wire.start();
      const errors = wire.recordErrors();
      engine.use((request, _response, next) => {
        Object.defineProperty(request, member, { value: undefined });
        next();
      });
      expect((await exchange(wire.port, "GET", wire.path())).status).toBe(400);
      const path = wire.path({ transport: "websocket" });
      expect((await requestWebSocket(wire.port, path)).answer.status).toBe(400);
      expect(errors.map(({ context }) => context.name)).toEqual([
        "MIDDLEWARE_FAILURE",
        "MIDDLEWARE_FAILURE",
      ]);
      wire.expectNoSessions();
    },
  );

  test("a middleware that calls next twice, or answers and calls next, is heard once", async () => {
    const engine = wire.start();
    engine.use((request, response, next) => {
      if (request._query.answer !== undefined) {
        response.end("mine");
      }
      next();
      next(new Error("again"));
    });
    const { session } = await wire.openPolling();
    expect(session.readyState).toBe("open");
    expect((await exchange(wire.port, "GET", wire.path({ answer: "1" }))).body).toBe("mine");
    expect(engine.clientsCount).toBe(1);
  });
}, HOSTS);
