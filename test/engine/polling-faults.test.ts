import { expect, test } from "bun:test";
import { overTheWire, packetsOf, until } from "../support/wire.ts";

overTheWire((wire) => {
  test("a second poll is refused, ends the session and releases the first", async () => {
    wire.start();
    const { sid, ended } = await wire.openPolling();
    const { answer } = await wire.park(sid);
    const second = await wire.request({ sid });
    expect(second.status).toBe(400);
    expect(await second.text()).toBe("");
    expect((await ended).reason).toBe("transport error");
    expect((await ended).description).toBeInstanceOf(Error);
    expect(String((await ended).description)).toBe("Error: overlap from client");
    expect(await packetsOf(await answer)).toEqual(["1"]);
    wire.expectNoSessions();
  });

  test("a second POST beside one under way is refused and ends the session", async () => {
    wire.start();
    const { sid, ended } = await wire.openPolling();
    const first = wire.connect();
    const started = wire.nextRequest();
    first.request("POST", wire.path({ sid }), { "Content-Length": "10" });
    first.write("4he");
    await started;
    const second = await wire.post(sid, "4hello");
    expect(second.status).toBe(400);
    expect((await ended).reason).toBe("transport error");
    expect(String((await ended).description)).toBe("Error: data request overlap from client");
    // The first is answered, or its connection is closed.
    await Promise.race([first.closed, first.response()]);
    wire.expectNoSessions();
  });

  test("a poll that the client aborts ends the session", async () => {
    wire.start();
    const { sid, ended } = await wire.openPolling();
    const controller = new AbortController();
    const { answer } = await wire.park(sid, { signal: controller.signal });
    controller.abort();
    expect((await ended).reason).toBe("transport error");
    expect(String((await ended).description)).toBe("Error: poll connection closed prematurely");
    await expect(answer).rejects.toThrow();
    wire.expectNoSessions();
  });

  test("a poll whose connection is cut ends the session", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    const connection = wire.connect();
    connection.request("GET", wire.path({ sid }));
    await until(() => session.transport.writable);
    connection.destroy();
    expect((await ended).reason).toBe("transport error");
    wire.expectNoSessions();
  });

  test("a POST that the client aborts ends the session", async () => {
    wire.start();
    const { sid, ended } = await wire.openPolling();
    const connection = wire.connect();
    const started = wire.nextRequest();
    connection.request("POST", wire.path({ sid }), { "Content-Length": "100" });
    connection.write("4he");
    await started;
    connection.destroy();
    expect((await ended).reason).toBe("transport error");
    expect(String((await ended).description)).toBe(
      "Error: data request connection closed prematurely",
    );
    wire.expectNoSessions();
  });

  test("a POST whose body never ends is over when the heartbeat ends the session", async () => {
    wire.start({ pingInterval: 50, pingTimeout: 50 });
    const { sid, ended } = await wire.openPolling();
    const connection = wire.connect();
    connection.request("POST", wire.path({ sid }), { "Content-Length": "100" });
    connection.write("4he");
    expect((await ended).reason).toBe("ping timeout");
    await Promise.race([connection.closed, connection.response()]);
    wire.expectNoSessions();
  });

  test("a POST whose body never ends does not keep the server from closing", async () => {
    wire.start();
    const { sid, ended } = await wire.openPolling();
    const connection = wire.connect();
    const started = wire.nextRequest();
    connection.request("POST", wire.path({ sid }), { "Transfer-Encoding": "chunked" });
    connection.write("3\r\n4he\r\n");
    await started;
    await wire.running.close();
    expect((await ended).reason).toBe("forced close");
    await Promise.race([connection.closed, connection.response()]);
    wire.expectNoSessions();
  });

  test("a POST with an octet stream is refused and ends the session", async () => {
    wire.start();
    const { sid, ended } = await wire.openPolling();
    const response = await wire.request(
      { sid },
      { method: "POST", body: "4a", headers: { "Content-Type": "application/octet-stream" } },
    );
    expect(response.status).toBe(400);
    expect((await ended).reason).toBe("transport error");
    expect(String((await ended).description)).toBe("Error: invalid content");
    wire.expectNoSessions();
  });

  test.each(["PUT", "DELETE", "PATCH"])(
    "a %s request with a sid is answered with 500",
    async (method) => {
      wire.start();
      const { sid, session } = await wire.openPolling();
      const response = await wire.request({ sid }, { method });
      expect([response.status, await response.text()]).toEqual([500, ""]);
      expect(session.readyState).toBe("open");
    },
  );

  test.each([
    ["an unknown packet type", "7"],
    ["a letter", "abc"],
    ["text after a message", "4hello\x1ex"],
    ["separators alone", "\x1e\x1e"],
    ["a NUL", "\0"],
    ["half of a UTF-8 sequence", Buffer.from([0xc3])],
    ["a byte order mark before a message", "\ufeff4hello"],
    ["a byte order mark before other than ASCII", "\ufeff4\u00e9\u{1f600}"],
  ])("%s in a POST ends the session with a parse error", async (_, body) => {
    wire.start();
    const { sid, ended } = await wire.openPolling();
    const response = await wire.request({ sid }, { method: "POST", body });
    expect([response.status, await response.text()]).toEqual([200, "ok"]);
    expect(await ended).toEqual({ reason: "parse error", description: undefined });
    wire.expectNoSessions();
  });

  test.each([
    ["with its length", (text: string) => text],
    ["in chunks", (text: string) => new Blob([text]).stream()],
  ])("a text %s arrives as it was sent, and a byte order mark in it too", async (_, bodyOf) => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    const messages: unknown[] = [];
    session.on("message", (data) => messages.push(data));
    for (const text of ["plain", "\u00e9", "\u20ac and \u{1f600}", "\ufeff", "\ufeffa\ufeff"]) {
      const response = await wire.request({ sid }, { method: "POST", body: bodyOf(`4${text}`) });
      expect(response.status).toBe(200);
    }
    expect(messages).toEqual([
      "plain",
      "\u00e9",
      "\u20ac and \u{1f600}",
      "\ufeff",
      "\ufeffa\ufeff",
    ]);
  });

  test("messages before an unreadable packet are delivered, those behind it are not", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    const messages: unknown[] = [];
    session.on("message", (data) => messages.push(data));
    await wire.deliver(sid, "4first", "9", "4last");
    expect((await ended).reason).toBe("parse error");
    expect(messages).toEqual(["first"]);
    wire.expectNoSessions();
  });

  test("an empty POST ends the session with a parse error", async () => {
    wire.start();
    const { sid, ended } = await wire.openPolling();
    const response = await wire.request({ sid }, { method: "POST" });
    expect([response.status, await response.text()]).toEqual([200, "ok"]);
    expect((await ended).reason).toBe("parse error");
    wire.expectNoSessions();
  });

  test("a ping from the client ends the session: that is the server's part", async () => {
    wire.start();
    const { sid, ended } = await wire.openPolling();
    await wire.deliver(sid, "2");
    expect((await ended).reason).toBe("transport error");
    expect(String((await ended).description)).toBe("Error: invalid heartbeat direction");
    wire.expectNoSessions();
  });

  test("a close packet ends the session and answers the parked poll with a noop", async () => {
    wire.start();
    const { sid, ended } = await wire.openPolling();
    const { answer } = await wire.park(sid);
    await wire.deliver(sid, "1");
    expect(await ended).toEqual({ reason: "transport close", description: undefined });
    expect(await packetsOf(await answer)).toEqual(["6"]);
    wire.expectNoSessions();
  });

  test("packets behind a close packet are not delivered", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    const messages: unknown[] = [];
    session.on("message", (data) => messages.push(data));
    await wire.deliver(sid, "4before", "1", "4behind");
    await ended;
    expect(messages).toEqual(["before"]);
    wire.expectNoSessions();
  });

  test("a listener that ends the session leaves the rest of the POST undelivered", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    const messages: unknown[] = [];
    session.on("message", (data) => {
      messages.push(data);
      session.close(true);
    });
    await wire.post(sid, "4first", "4second").catch(() => {});
    expect((await ended).reason).toBe("forced close");
    expect(messages).toEqual(["first"]);
    wire.expectNoSessions();
  });

  test("requests of a session that has ended are refused as unknown", async () => {
    wire.start();
    const { sid, ended } = await wire.openPolling();
    await wire.deliver(sid, "1");
    await ended;
    const unknown = { code: 1, message: "Session ID unknown" };
    const poll = await wire.request({ sid });
    expect([poll.status, await poll.json()]).toEqual([400, unknown]);
    const post = await wire.post(sid, "4late");
    expect([post.status, await post.json()]).toEqual([400, unknown]);
    wire.expectNoSessions();
  });
});
