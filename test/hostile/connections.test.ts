// What can be done with requests and TCP connections.

import { describe, expect, test } from "bun:test";
import { exchange } from "../support/raw.ts";
import { type RawWebSocket, requestWebSocket } from "../support/raw-websocket.ts";
import { ATTACK_TRANSPORTS, underSiege } from "../support/siege.ts";
import { ask, LIMIT, openPolling, PATH, text, UPGRADE } from "../support/siege-requests.ts";

underSiege({}, (siege, isNode) => {
  describe("queries", () => {
    test.each([
      ["transport=polling&transport=bogus", 0],
      ["transport=bogus", 0],
      ["transport=__proto__", 0],
      ["transport=constructor", 0],
      ["transport[]=polling", 0],
      ["transport=webtransport", 0],
      ["transport=polling&sid=x&sid=y", 1],
      ["transport=polling&sid=__proto__", 1],
      ["transport=polling&sid=constructor", 1],
      [`transport=polling&sid=${"x".repeat(5_000)}`, 1],
      ["transport=polling&EIO=3&EIO=4&EIO=5", 5],
      ["transport=polling&EIO=%00", 5],
      ["transport=polling&EIO[]=4", 5],
      ["", 0],
      ["%", 0],
      ["&&&==&", 0],
      ["transport=websocket", 3],
    ])("a bogus or repeated parameter is refused (%s)", async (query, code) => {
      const path = `/socket.io/?${query.includes("EIO") ? "" : "EIO=4&"}${query}`;
      const polling = await exchange(siege.port, "GET", path);
      expect([polling.status, JSON.parse(polling.body).code]).toEqual([400, code]);
      const { answer, webSocket } = await requestWebSocket(siege.port, path);
      expect(webSocket?.connection.destroy() === undefined && answer.status !== 500).toBe(true);
      const { refusals } = await siege.until(({ refusals }) => refusals.length > 0);
      expect(Number.parseInt(refusals[0] ?? "", 10)).toBe(code);
    });

    test("a sid and a transport are looked up by no names of Object's own", async () => {
      for (const sid of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
        for (const method of ["GET", "POST"]) {
          const { status } = await exchange(siege.port, method, `${PATH}polling&sid=${sid}`);
          expect(status).toBe(400);
        }
        const { answer } = await requestWebSocket(siege.port, `${PATH}websocket&sid=${sid}`);
        expect(answer.status).toBe(400);
      }
    });

    test("prototype pollution by a query comes to nothing", async () => {
      const path = `${PATH}polling&__proto__[polluted]=1&__proto__=polluted&constructor.prototype.polluted=1`;
      const { status, body } = await exchange(siege.port, "GET", path);
      expect(status).toBe(200);
      await exchange(siege.port, "POST", `${path}&sid=${JSON.parse(body.slice(1)).sid}`, {}, "1");
    });
  });

  test("pages of other origins are told nothing by default", async () => {
    const headers = { Origin: "https://evil.example" };
    for (const method of ["GET", "OPTIONS"]) {
      const answer = await exchange(siege.port, method, `${PATH}polling`, headers);
      const names = Object.keys(answer.headers).filter((name) => name.startsWith("access-control"));
      expect(names).toEqual([]);
      if (answer.status === 200) {
        const sid = JSON.parse(answer.body.slice(1)).sid;
        await exchange(siege.port, "POST", `${PATH}polling&sid=${sid}`, {}, "1");
      }
    }
  });

  test.each([
    ["one large header", { "X-A": "x".repeat(200_000) }],
    [
      "thousands of headers",
      Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`X-${index}`, "x"])),
    ],
    ["a long cookie", { Cookie: "a=b; ".repeat(50_000) }],
  ])("a flood of headers is refused with 431 (%s)", async (_name, headers) => {
    const polling = await exchange(siege.port, "GET", `${PATH}polling`, headers);
    expect(polling.status).toBe(431);
    const { answer } = await requestWebSocket(siege.port, `${PATH}websocket`, headers);
    expect(answer.status).toBe(431);
  });

  test("headers that never end keep nobody else waiting", async () => {
    const connections = Array.from({ length: 50 }, () => siege.connect());
    for (const connection of connections) {
      connection.write(`GET ${PATH}polling HTTP/1.1\r\nHost: x\r\n`);
      connection.write("X-A: b\r\n");
    }
    expect((await exchange(siege.port, "GET", `${PATH}bogus`)).status).toBe(400);
  });

  test("a POST of more than maxHttpBufferSize is refused, however it is announced", async () => {
    const path = await openPolling(siege);
    const announced = ask(siege, [`POST ${path} HTTP/1.1`, "Host: x", "Content-Length: 999999999"]);
    expect((await announced.response()).status).toBe(413);
    const chunk = `${(LIMIT / 4).toString(16)}\r\n${"4".repeat(LIMIT / 4)}\r\n`;
    const chunked = ask(
      siege,
      [`POST ${path} HTTP/1.1`, "Host: x", "Transfer-Encoding: chunked"],
      chunk.repeat(5),
    );
    expect((await chunked.response()).status).toBe(413);
    const { sessions } = await siege.until(() => true);
    expect(sessions).toBe(1);
    await exchange(siege.port, "POST", path, {}, "1");
  });

  test.each(ATTACK_TRANSPORTS)(
    "a flood of pongs of the session, which no ping asked for, does no harm (%s)",
    async (transport) => {
      const client = await siege.intrude(transport);
      await client.send(...Array.from({ length: 50_000 }, () => "3"), '427["ask"]');
      expect(await client.next((packet) => packet.startsWith("43"))).toBe('437["alive"]');
    },
  );

  test("two polls, or two POSTs, at once end their session", async () => {
    const first = await openPolling(siege);
    const parked = ask(siege, [`GET ${first} HTTP/1.1`, "Host: x"]);
    const second = await exchange(siege.port, "GET", first);
    expect([200, 400]).toContain(second.status); // whichever the server saw first
    await parked.response();
    const posts = await openPolling(siege);
    const slow = ask(siege, [`POST ${posts} HTTP/1.1`, "Host: x", "Content-Length: 10"], "4");
    for (;;) {
      const { status } = await exchange(siege.port, "POST", posts, {}, "3");
      if (status === 400) {
        break; // before, the first had not come to the server
      }
    }
    slow.destroy();
  });

  test("POSTs and polls of a session that is closing are answered", async () => {
    for (let round = 0; round < 10; round++) {
      const path = await openPolling(siege);
      const answers = await Promise.all([
        exchange(siege.port, "POST", path, {}, "40"),
        exchange(siege.port, "GET", path),
        exchange(siege.port, "POST", path, {}, "1"),
        exchange(siege.port, "POST", path, {}, '42["x"]'),
        exchange(siege.port, "GET", path),
      ]);
      for (const { status } of answers) {
        expect([200, 400]).toContain(status);
      }
      await exchange(siege.port, "POST", path, {}, "1");
    }
  });

  test("many WebSockets that claim one session, and go no further, leave it where it is", async () => {
    const path = await openPolling(siege);
    const webSockets: RawWebSocket[] = [];
    for (let index = 0; index < 20; index++) {
      const upgrade = path.replace("polling", "websocket");
      const { webSocket } = await requestWebSocket(siege.port, upgrade);
      if (webSocket !== null) {
        webSocket.send("2probe");
        webSockets.push(webSocket);
      }
    }
    expect(await webSockets[0]?.text()).toBe("3probe");
    expect(await Promise.all(webSockets.slice(1).map((each) => each.closeCode()))).toHaveLength(19);
    webSockets[0]?.connection.destroy();
    expect((await exchange(siege.port, "POST", path, {}, "40")).status).toBe(200);
    expect((await exchange(siege.port, "GET", path)).body).toContain("40{");
    await exchange(siege.port, "POST", path, {}, "1");
  });

  test("a WebSocket of one session cannot take over another", async () => {
    const victim = await openPolling(siege);
    const { webSocket } = await requestWebSocket(
      siege.port,
      `${victim.replace("polling", "websocket")}x`,
    );
    expect(webSocket).toBeNull();
    await exchange(siege.port, "POST", victim, {}, "1");
  });

  test("a connection that is reset at any moment leaves nothing behind", async () => {
    const path = await openPolling(siege);
    const request = `GET ${PATH}websocket HTTP/1.1\r\n${UPGRADE.join("\r\n")}\r\n\r\n`;
    const post = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n40`;
    const bytes = Buffer.concat([Buffer.from(request), text("40"), text('42["x"]')]);
    const cuts: Buffer[] = [];
    for (let end = 0; end < bytes.length; end += 7) {
      cuts.push(bytes.subarray(0, end));
    }
    for (let end = 0; end < post.length; end += 11) {
      cuts.push(Buffer.from(post.slice(0, end)));
    }
    await Promise.all(
      cuts.map(async (cut) => {
        const connection = siege.connect();
        connection.write(cut);
        await connection.opened;
        connection.reset();
        await connection.closed;
      }),
    );
    await exchange(siege.port, "POST", path, {}, "1");
  });

  test.each([
    "\u0000".repeat(1_000),
    "GET",
    "GET / HTTP/9.9\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    `GET ${PATH}polling HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n`,
    `POST ${PATH}polling HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    `POST ${PATH}polling HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    `GET ${PATH}polling HTTP/1.1\r\nHost: x\r\nX: a\u0000b\r\n\r\n`,
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  ])("what is no HTTP ends in an answer or a closed connection (%#)", async (bytes) => {
    const connection = siege.connect();
    connection.write(Buffer.from(bytes, "latin1"));
    connection.end();
    await connection.closed;
  });

  if (!isNode) {
    test("a path that leads out of the client bundle is not served", async () => {
      for (const path of [
        "/socket.io/../../package.json",
        "/socket.io/%2e%2e/%2e%2e/package.json",
      ]) {
        const { status, body } = await exchange(siege.port, "GET", path);
        expect(status).not.toBe(200);
        expect(body).not.toContain("bun-socket.io");
      }
    });
  }
});

// What is let in before it is reset has a session until the heartbeat finds that nobody is there.
const SHORT_LIVES = { pingInterval: 300, pingTimeout: 1_500 };

underSiege({ isHesitant: true, options: SHORT_LIVES }, (siege) => {
  test.each([
    ["a poll", `GET ${PATH}polling HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a refused poll", `GET ${PATH}polling&refused HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a WebSocket", `GET ${PATH}websocket HTTP/1.1\r\n${UPGRADE.join("\r\n")}\r\n\r\n`],
    [
      "a refused WebSocket",
      `GET ${PATH}websocket&refused HTTP/1.1\r\n${UPGRADE.join("\r\n")}\r\n\r\n`,
    ],
    ["a bogus WebSocket", `GET ${PATH}bogus HTTP/1.1\r\n${UPGRADE.join("\r\n")}\r\n\r\n`],
  ])(
    "a connection that is reset while it is decided on leaves nothing behind (%s)",
    async (_, request) => {
      await Promise.all(
        Array.from({ length: 30 }, async (_each, index) => {
          const connection = siege.connect();
          connection.write(request);
          connection.write(index % 2 === 0 ? "" : "garbage behind it");
          await connection.opened;
          await Bun.sleep(index); // before, at and after the decision
          connection.reset();
          await connection.closed;
        }),
      );
    },
  );
});
