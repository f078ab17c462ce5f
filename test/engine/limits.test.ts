import { expect, test } from "bun:test";
import { HOSTS } from "../support/hosts.ts";
import { OPCODES } from "../support/raw-websocket.ts";
import { overTheWire } from "../support/wire.ts";

const LIMIT = 1000;
const AT_LIMIT = `4${"a".repeat(LIMIT - 1)}`;
const OVER_LIMIT = `${AT_LIMIT}a`;

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

overTheWire((wire) => {
  test("a POST of just maxHttpBufferSize is taken", async () => {
    wire.start({ maxHttpBufferSize: LIMIT });
    const { sid, session } = await wire.openPolling();
    const message = new Promise((resolve) => session.once("message", resolve));
    await wire.deliver(sid, AT_LIMIT);
    expect(await message).toBe(AT_LIMIT.slice(1));
  });

  test("a POST over maxHttpBufferSize is answered with 413, and the session lives", async () => {
    wire.start({ maxHttpBufferSize: LIMIT });
    const { sid, session } = await wire.openPolling();
    const messages: unknown[] = [];
    session.on("message", (data) => messages.push(data));
    const response = await wire.post(sid, OVER_LIMIT);
    expect([response.status, await response.text()]).toEqual([413, ""]);
    expect(session.readyState).toBe("open");
    await wire.deliver(sid, "4small");
    expect(messages).toEqual(["small"]);
  });

  test("the limit counts bytes, not characters", async () => {
    wire.start({ maxHttpBufferSize: LIMIT });
    const { sid } = await wire.openPolling();
    const euros = "€".repeat(LIMIT / 2);
    expect((await wire.post(sid, `4${euros}`)).status).toBe(413);
    expect((await wire.post(sid, `4${euros.slice(0, 300)}`)).status).toBe(200);
  });

  test("a POST without Content-Length is refused at the byte that is too many, before its end", async () => {
    wire.start({ maxHttpBufferSize: LIMIT });
    const { sid } = await wire.openPolling();
    const connection = wire.connect();
    connection.request("POST", wire.path({ sid }), { "Transfer-Encoding": "chunked" });
    connection.write(chunk("4".padEnd(LIMIT / 2)));
    connection.write(chunk("a".repeat(LIMIT)));
    expect((await connection.response()).status).toBe(413);
    expect(wire.session(sid).readyState).toBe("open");
  });

  test("a POST without Content-Length of just maxHttpBufferSize is taken", async () => {
    wire.start({ maxHttpBufferSize: LIMIT });
    const { sid } = await wire.openPolling();
    const connection = wire.connect();
    connection.request("POST", wire.path({ sid }), { "Transfer-Encoding": "chunked" });
    connection.write(chunk(AT_LIMIT.slice(0, 10)));
    connection.write(`${chunk(AT_LIMIT.slice(10))}0\r\n\r\n`);
    expect((await connection.response()).status).toBe(200);
  });

  test("a message of just maxHttpBufferSize over WebSocket is taken", async () => {
    wire.start({ maxHttpBufferSize: LIMIT });
    const { session, webSocket } = await wire.openWebSocket();
    const message = new Promise((resolve) => session.once("message", resolve));
    webSocket.send(AT_LIMIT);
    expect(await message).toBe(AT_LIMIT.slice(1));
  });

  test.each([
    ["text", OPCODES.text, Buffer.from(OVER_LIMIT)],
    ["bytes", OPCODES.binary, Buffer.alloc(LIMIT + 1)],
    ["far more text", OPCODES.text, Buffer.alloc(LIMIT * 100, "4")],
    ["text of long characters", OPCODES.text, Buffer.from(`4${"€".repeat(LIMIT / 2)}`)],
  ])(
    "%s over maxHttpBufferSize over WebSocket ends that session alone",
    async (_, opcode, payload) => {
      wire.start({ maxHttpBufferSize: LIMIT });
      const [one, other] = [await wire.openWebSocket(), await wire.openWebSocket()];
      const messages: unknown[] = [];
      one.session.on("message", (data) => messages.push(data));
      one.webSocket.sendFrame({ opcode, payload });
      expect((await one.ended).reason).toBe("transport error");
      await one.webSocket.connection.closed;
      expect(messages).toEqual([]);
      other.session.send("you live");
      expect(await other.webSocket.text()).toBe("4you live");
      expect(Object.keys(wire.engine.clients)).toEqual([other.sid]);
    },
  );

  test("fragments that add up to more than maxHttpBufferSize end the session", async () => {
    wire.start({ maxHttpBufferSize: LIMIT });
    const { ended, webSocket } = await wire.openWebSocket();
    const half = Buffer.alloc(LIMIT / 2 + 1, "4");
    webSocket.sendFrame({ opcode: OPCODES.text, payload: half, fin: false });
    webSocket.sendFrame({ opcode: OPCODES.continuation, payload: half });
    expect((await ended).reason).toBe("transport error");
    wire.expectNoSessions();
  });

  test("a message over the limit on an upgrade's candidate leaves the session on polling", async () => {
    wire.start({ maxHttpBufferSize: LIMIT });
    const { sid, session } = await wire.openPolling();
    const webSocket = await wire.upgrade({ sid });
    webSocket.send(OVER_LIMIT);
    await webSocket.connection.closed;
    expect([session.readyState, session.transport.name]).toEqual(["open", "polling"]);
    await wire.deliver(sid, "4alive");
  });

  test("the server may send more than maxHttpBufferSize: the limit is for what it takes", async () => {
    wire.start({ maxHttpBufferSize: LIMIT });
    const large = "x".repeat(LIMIT * 500);
    const { session, webSocket } = await wire.openWebSocket();
    session.send(large);
    expect((await webSocket.text()).length).toBe(large.length + 1);
    const polling = await wire.openPolling();
    polling.session.send(large);
    expect(await wire.poll(polling.sid)).toEqual([`4${large}`]);
  });
});

overTheWire((wire) => {
  const codecs: [what: string, query: Record<string, string>, body: (count: number) => string][] = [
    ["4", {}, (count) => Array(count).fill("4x").join("\x1e")],
    ["3", { EIO: "3" }, (count) => "2:4x".repeat(count)],
  ];

  test.each(codecs)(
    "limits.packetsPerPayload holds for clients of revision %s",
    async (_, query, body) => {
      wire.start({ limits: { packetsPerPayload: 3 }, allowEIO3: true });
      const response = await wire.request(query);
      const [, open = ""] = /(\{.*\})/.exec(await response.text()) ?? [];
      const { sid } = JSON.parse(open);
      const session = wire.session(sid);
      const messages: unknown[] = [];
      session.on("message", (data) => messages.push(data));
      const ended = new Promise((resolve) => session.once("close", resolve));
      const post = (count: number) =>
        wire.request({ ...query, sid }, { method: "POST", body: body(count) });
      expect((await post(3)).status).toBe(200);
      expect((await post(4)).status).toBe(413);
      expect(await ended).toBe("limit exceeded");
      expect(messages).toEqual(["x", "x", "x"]);
      expect(wire.engine.refusals.packetsPerPayload).toBe(1);
    },
  );

  test("more than limits.packetsPerPayload in one polling request end the session", async () => {
    wire.start({ limits: { packetsPerPayload: 3 } });
    const [one, other] = [await wire.openPolling(), await wire.openPolling()];
    const { answer } = await wire.park(one.sid);
    expect((await wire.post(one.sid, "4a", "4b", "4c", "4d")).status).toBe(413);
    expect(await (await answer).text()).toBe("1"); // a close packet
    const { reason, description } = await one.ended;
    expect([reason, description]).toEqual([
      "limit exceeded",
      expect.objectContaining({ code: "ERR_LIMIT_EXCEEDED", limit: "packetsPerPayload" }),
    ]);
    await wire.deliver(other.sid, "4a", "4b", "4c");
  });

  test("packets of WebSocket messages are in no payload", async () => {
    wire.start({ limits: { packetsPerPayload: 1 } });
    const { session, webSocket } = await wire.openWebSocket();
    const messages: unknown[] = [];
    const last = new Promise((resolve) =>
      session.on("message", (data) => {
        messages.push(data);
        if (data === "c") resolve(null);
      }),
    );
    for (const text of ["4a", "4b", "4c"]) webSocket.send(text);
    await last;
    expect(messages).toEqual(["a", "b", "c"]);
  });
}, HOSTS);

// The reference counts only what has arrived.
overTheWire((wire) => {
  test("a POST whose Content-Length is over the limit is refused before its body comes", async () => {
    wire.start({ maxHttpBufferSize: LIMIT });
    const { sid, session } = await wire.openPolling();
    const connection = wire.connect();
    connection.request("POST", wire.path({ sid }), { "Content-Length": String(LIMIT + 1) });
    connection.write("4");
    expect((await connection.response()).status).toBe(413);
    expect(session.readyState).toBe("open");
    await wire.deliver(sid, "4alive");
  });

  test("a client that goes on sending beyond the limit is answered, and the session lives", async () => {
    wire.start({ maxHttpBufferSize: LIMIT });
    const { sid, session } = await wire.openPolling();
    const connection = wire.connect();
    connection.request("POST", wire.path({ sid }), { "Transfer-Encoding": "chunked" });
    for (let count = 0; count < 200; count++) {
      connection.write(chunk("a".repeat(LIMIT * 10)));
    }
    expect((await connection.response()).status).toBe(413);
    expect(session.readyState).toBe("open");
    await wire.deliver(sid, "4alive");
  });
}, HOSTS);
