// Answers to polls and posts: their headers are prepared once where nobody adds any.

import { expect, test } from "bun:test";
import type { EngineRequest } from "bun-socket.io/engine";
import { exchange } from "../support/raw.ts";
import { overTheWire } from "../support/wire.ts";

overTheWire((wire) => {
  test("what a listener adds to one answer is not on the next, nor on another client's", async () => {
    const engine = wire.start();
    const first = await wire.handshakeWithMessage();
    const second = await wire.handshakeWithMessage();
    engine.once("headers", (headers) => {
      headers["X-Once"] = "1";
      headers["Content-Type"] = "text/x-own";
    });
    const answers = [
      await exchange(wire.port, "POST", wire.path({ sid: first.sid }), {}, "4hello"),
      await exchange(wire.port, "POST", wire.path({ sid: first.sid }), {}, "4hello"),
      await exchange(wire.port, "POST", wire.path({ sid: second.sid }), {}, "4hello"),
    ];
    expect(answers.map(({ headers }) => [headers["x-once"], headers["content-type"]])).toEqual([
      ["1", "text/x-own"],
      [undefined, "text/html"],
      [undefined, "text/html"],
    ]);
  });

  test("a cookie of a handshake is not on the answers to others", async () => {
    wire.start({ cookie: { name: "io", path: "/" } });
    const { handshake, sid } = await wire.handshakeWithMessage();
    expect(handshake.headers["set-cookie"]).toContain(`io=${sid}`);
    const poll = await exchange(wire.port, "GET", wire.path({ sid }));
    expect(poll.headers["set-cookie"]).toBeUndefined();
    expect(poll.headers["content-type"]).toBe("text/plain; charset=UTF-8");
  });

  test("a listener may ask a request for its headers and address after the answer", async () => {
    const engine = wire.start();
    const { sid } = await wire.handshakeWithMessage();
    const kept: EngineRequest[] = [];
    engine.on("headers", (_headers, request) => kept.push(request));
    engine.on("connection_error", ({ req }) => kept.push(req as EngineRequest));
    await exchange(wire.port, "GET", wire.path({ sid }), { "X-Own": "poll" });
    await exchange(wire.port, "POST", wire.path({ sid }), { "X-Own": "post" }, "4hello");
    await exchange(wire.port, "GET", wire.path({ sid: "none" }), { "X-Own": "refused" });
    const isOpen = wire.isReference; // once its connection has ended, the reference knows no address
    expect(
      kept.map(({ headers, socket }) => [headers["x-own"], isOpen || socket.remoteAddress]),
    ).toEqual(["poll", "post", "refused"].map((own) => [own, isOpen || "127.0.0.1"]));
  });

  test("a client that goes away while it sends ends its session", async () => {
    wire.start();
    const { sid, ended } = await wire.openPolling();
    const connection = wire.connect();
    connection.request("POST", wire.path({ sid }), {}, "4hello");
    expect((await connection.response()).body).toBe("ok");
    connection.request("POST", wire.path({ sid }), { "Content-Length": "10" });
    connection.write("4he");
    connection.destroy();
    expect((await ended).reason).toBe("transport error");
    wire.expectNoSessions();
  });
});
