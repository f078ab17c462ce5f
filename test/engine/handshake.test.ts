import { expect, test } from "bun:test";
import type { ServerOptions } from "bun-socket.io";
import { HOSTS } from "../support/hosts.ts";
import { exchange } from "../support/raw.ts";
import { OPCODES, requestWebSocket } from "../support/raw-websocket.ts";
import { REFERENCE } from "../support/reference.ts";
import { overTheWire } from "../support/wire.ts";

const ID = /^[A-Za-z0-9_-]{20}$/;

overTheWire((wire) => {
  test("the open packet over polling names the session and the terms", async () => {
    wire.start();
    const answer = await exchange(wire.port, "GET", wire.path());
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("text/plain; charset=UTF-8");
    expect(answer.headers["cache-control"]).toBe("no-store");
    const open = JSON.parse(answer.body.slice(1));
    expect(answer.body[0]).toBe("0");
    expect(open).toEqual({
      sid: expect.stringMatching(ID),
      upgrades: ["websocket"],
      pingInterval: 25_000,
      pingTimeout: 20_000,
      maxPayload: 1_000_000,
    });
    expect(Object.keys(open)).toEqual([
      "sid",
      "upgrades",
      "pingInterval",
      "pingTimeout",
      "maxPayload",
    ]);
    expect(Object.keys(wire.engine.clients)).toEqual([open.sid]);
  });

  test.each([
    ["names no upgrade", ["Connection: keep-alive\r\n"]],
    ["is missing", []],
  ])(
    "where the header Connection %s, a request for a WebSocket is a plain one",
    async (_, lines) => {
      wire.start();
      const connection = wire.connect();
      connection.write(
        `GET ${wire.path({ transport: "websocket" })} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n` +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
          `${lines.join("")}\r\n`,
      );
      const { status, body } = await connection.response();
      expect([status, JSON.parse(body)]).toEqual([400, { code: 3, message: "Bad request" }]);
      wire.expectNoSessions();
    },
  );

  test("the open packet over WebSocket names the session and the terms", async () => {
    wire.start();
    const { open } = await wire.openWebSocket();
    expect(open).toEqual({
      sid: expect.stringMatching(ID),
      upgrades: [],
      pingInterval: 25_000,
      pingTimeout: 20_000,
      maxPayload: 1_000_000,
    });
  });

  test.each<[string, ServerOptions, object]>([
    ["pingInterval", { pingInterval: 1234 }, { pingInterval: 1234 }],
    ["pingTimeout", { pingTimeout: 4321 }, { pingTimeout: 4321 }],
    ["maxHttpBufferSize", { maxHttpBufferSize: 999 }, { maxPayload: 999 }],
    ["allowUpgrades: false", { allowUpgrades: false }, { upgrades: [] }],
    ["transports without WebSocket", { transports: ["polling"] }, { upgrades: [] }],
    [
      "transports in another order",
      { transports: ["websocket", "polling"] },
      { upgrades: ["websocket"] },
    ],
  ])("the open packet tells of %s", async (_, options, expected) => {
    wire.start(options);
    expect((await wire.openPolling()).open).toMatchObject(expected);
  });

  test("every session has an id of its own", async () => {
    wire.start();
    const peers = await Promise.all(Array.from({ length: 100 }, () => wire.openPolling()));
    expect(new Set(peers.map(({ sid }) => sid)).size).toBe(100);
    expect(wire.engine.clientsCount).toBe(100);
  });

  test("initialPacket comes as the first message, over polling and WebSocket", async () => {
    wire.start({ initialPacket: "welcome €" });
    const { body } = await exchange(wire.port, "GET", wire.path());
    const packets = body.split("\x1e");
    if (packets.length === 1) {
      packets.push(...(await wire.poll(JSON.parse(body.slice(1)).sid)));
    }
    expect(packets.slice(1)).toEqual(["4welcome €"]);
    const { webSocket } = await wire.openWebSocket();
    expect(await webSocket.text()).toBe("4welcome €");
  });

  test("initialPacket may be bytes", async () => {
    const bytes = Buffer.from([0, 1, 254, 255]);
    wire.start({ initialPacket: bytes });
    const { webSocket, sid } = await wire.openWebSocket();
    const { opcode, payload } = await webSocket.frame();
    expect([opcode, payload]).toEqual([OPCODES.binary, bytes]);
    expect(wire.session(sid).readyState).toBe("open");
    const { body } = await exchange(wire.port, "GET", wire.path());
    const [open = "", message] = body.split("\x1e");
    const polled = message ?? (await wire.poll(JSON.parse(open.slice(1)).sid))[0];
    expect(polled).toBe(`b${bytes.toString("base64")}`);
  });

  test("what comes behind the slash of the path does not matter", async () => {
    wire.start();
    const answer = await exchange(wire.port, "GET", "/socket.io/any/thing?EIO=4&transport=polling");
    expect(answer.status).toBe(200);
  });

  test("a HEAD request is no handshake", async () => {
    wire.start();
    const response = await wire.request({}, { method: "HEAD" });
    expect(response.status).toBe(400);
    wire.expectNoSessions();
  });

  test("a session stays with the terms of its handshake's transport", async () => {
    wire.start({ transports: ["websocket"] });
    const { session } = await wire.openWebSocket();
    expect(session.transport.name).toBe("websocket");
    expect((await wire.request()).status).toBe(400);
  });
});

// Where the application routes by itself, the path is its own.
const PATH_HOSTS = HOSTS.filter(({ name }) => !name.includes("routes"));

overTheWire(
  (wire) => {
    test("the path may be another", async () => {
      wire.start({ path: "/my/chat" });
      const { port } = wire;
      const query = "?EIO=4&transport=polling";
      expect((await exchange(port, "GET", `/my/chat/${query}`)).status).toBe(200);
      const webSocket = await requestWebSocket(port, "/my/chat/?EIO=4&transport=websocket");
      expect(webSocket.answer.status).toBe(101);
      webSocket.connection.destroy();
      expect(wire.engine.clientsCount).toBeGreaterThan(0);
    });
  },
  [...PATH_HOSTS, REFERENCE],
);

overTheWire((wire) => {
  test("with addTrailingSlash: false the path needs no slash", async () => {
    wire.start({ addTrailingSlash: false });
    const query = "?EIO=4&transport=polling";
    for (const path of ["/socket.io", "/socket.io/"]) {
      expect((await exchange(wire.port, "GET", `${path}${query}`)).status).toBe(200);
    }
  });

  test("with addTrailingSlash the path needs its slash", async () => {
    wire.start();
    const answer = await exchange(wire.port, "GET", "/socket.io?EIO=4&transport=polling");
    expect(answer.body.startsWith("0")).toBe(false);
    wire.expectNoSessions();
  });

  test("the open packet and the initialPacket come in one answer", async () => {
    wire.start({ initialPacket: "welcome" });
    const { body } = await exchange(wire.port, "GET", wire.path());
    expect(body.split("\x1e")[1]).toBe("4welcome");
  });
}, PATH_HOSTS);
