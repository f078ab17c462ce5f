import { expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { joinBytes, joinText, splitText } from "../support/payload-v3.ts";
import { exchange } from "../support/raw.ts";
import { overTheWire, until } from "../support/wire.ts";
import {
  deliver,
  openPolling,
  poll,
  post,
  recordMessages,
  startV3,
  V3,
} from "../support/wire-v3.ts";

overTheWire((wire) => {
  test("clients of revision 3 are refused unless allowEIO3 is on", async () => {
    wire.start();
    const errors = wire.recordErrors();
    for (const EIO of ["3", "2", "5", ""]) {
      const response = await wire.request({ EIO });
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ code: 5, message: "Unsupported protocol version" });
    }
    expect(errors).toHaveLength(4);
    expect(errors[0]).toEqual({
      code: 5,
      message: "Unsupported protocol version",
      context: { protocol: 3 },
    });
    wire.expectNoSessions();
  });

  test("allowRequest is asked before the revision is looked at", async () => {
    wire.start({ allowRequest: (_request, decide) => decide("not you", false) });
    const response = await wire.request(V3);
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ code: 4, message: "not you" });
  });

  test("a session opens with the same greeting as in revision 4, framed as in revision 3", async () => {
    startV3(wire, { pingInterval: 1234, pingTimeout: 567, maxHttpBufferSize: 8910 });
    const { open, session, sid } = await openPolling(wire);
    expect(open).toEqual({
      sid,
      upgrades: ["websocket"],
      pingInterval: 1234,
      pingTimeout: 567,
      maxPayload: 8910,
    });
    expect([session.protocol, session.transport.name]).toEqual([3, "polling"]);
  });

  test("a session of revision 3 opens without the parameter EIO", async () => {
    startV3(wire);
    const response = await fetch(`${wire.running.url}/socket.io/?transport=polling`);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=UTF-8");
    const [packet = ""] = splitText(await response.text());
    expect(wire.session(JSON.parse(packet.slice(1)).sid).protocol).toBe(3);
  });

  test("clients of revision 4 are served beside", async () => {
    startV3(wire);
    await openPolling(wire);
    const { session, sid } = await wire.openPolling();
    expect(session.protocol).toBe(4);
    session.send("hello");
    expect(await wire.poll(sid)).toEqual(["4hello"]);
    expect(wire.engine.clientsCount).toBe(2);
  });

  test("a request of the other revision is refused", async () => {
    startV3(wire);
    const errors = wire.recordErrors();
    const old = await openPolling(wire);
    expect((await wire.request({ sid: old.sid })).status).toBe(400);
    const { sid } = await wire.openPolling();
    expect((await wire.request({ ...V3, sid })).status).toBe(400);
    expect(errors.map(({ code, context }) => [code, context])).toEqual([
      [3, { name: "PROTOCOL_MISMATCH", protocol: 4, previousProtocol: 3 }],
      [3, { name: "PROTOCOL_MISMATCH", protocol: 3, previousProtocol: 4 }],
    ]);
  });

  test("text arrives in order, both ways, its length counted in UTF-16 units", async () => {
    startV3(wire);
    const peer = await openPolling(wire);
    const messages = recordMessages(peer.session);
    const texts = ["hello", "€ 1:2", "🦊🦊", "4:4x\n", "b", "\u0000"];
    await deliver(wire, peer, joinText(...texts.map((text) => `4${text}`)));
    expect(messages).toEqual(texts);
    for (const text of texts) {
      peer.session.send(text);
    }
    const received: string[] = [];
    while (received.length < texts.length) {
      received.push(...(await poll(wire, peer)));
    }
    expect(received).toEqual(texts.map((text) => `4${text}`));
  });

  test("bytes go as base64 to a client that asks for it", async () => {
    startV3(wire);
    const peer = await openPolling(wire);
    peer.session.send(Buffer.from([0, 1, 255]));
    peer.session.send("é");
    const received = [...(await poll(wire, peer))];
    if (received.length < 2) {
      received.push(...(await poll(wire, peer)));
    }
    expect(received).toEqual(["b4AAH/", "4é"]);
    const messages = recordMessages(peer.session);
    await deliver(wire, peer, joinText("b4AAH/", "4é"));
    expect(messages).toEqual([Buffer.from([0, 1, 255]), "é"]);
  });

  test("bytes go as bytes to a client that can take them, with the text beside them", async () => {
    startV3(wire);
    const peer = await openPolling(wire, {});
    const large = Buffer.alloc(12_345, 7);
    peer.session.send("only text");
    expect(await poll(wire, peer)).toEqual(["4only text"]);
    peer.session.send(Buffer.from([0, 1, 255]));
    peer.session.send("€");
    peer.session.send(large);
    const bytes: Buffer[] = [];
    const expected = joinBytes(
      Buffer.from([4, 0, 1, 255]),
      "4€",
      Buffer.concat([Buffer.from([4]), large]),
    );
    while (Buffer.concat(bytes).length < expected.length) {
      const response = await wire.request({ ...V3, sid: peer.sid });
      expect(response.status).toBe(200);
      const isText = response.headers.get("content-type") !== "application/octet-stream";
      const body = isText
        ? joinBytes(...splitText(await response.text()))
        : Buffer.from(await response.arrayBuffer());
      bytes.push(body);
    }
    expect(Buffer.concat(bytes)).toEqual(expected);
  });

  test("a body of bytes is read as one", async () => {
    startV3(wire);
    const peer = await openPolling(wire, {});
    const messages = recordMessages(peer.session);
    const large = Buffer.alloc(12_345, 7);
    await deliver(
      wire,
      peer,
      joinBytes(
        "4€ 🦊",
        Buffer.from([4, 0, 1, 255]),
        Buffer.concat([Buffer.from([4]), large]),
        "4",
      ),
    );
    expect(messages).toEqual(["€ 🦊", Buffer.from([0, 1, 255]), large, undefined]);
  });

  test("a body of bytes counts against maxHttpBufferSize", async () => {
    startV3(wire, { maxHttpBufferSize: 100 });
    const peer = await openPolling(wire, {});
    const messages = recordMessages(peer.session);
    const inside = Buffer.concat([Buffer.from([4]), Buffer.alloc(95, 1)]); // and four to frame it
    await deliver(wire, peer, joinBytes(inside));
    expect(messages).toEqual([Buffer.alloc(95, 1)]);
    const over = await post(wire, peer, joinBytes(Buffer.concat([inside, Buffer.of(1)])));
    expect(over.status).toBe(413);
    expect(messages).toHaveLength(1);
  });

  test("a body of bytes is still refused in revision 4", async () => {
    startV3(wire);
    const { sid, ended } = await wire.openPolling();
    const headers = { "content-type": "application/octet-stream" };
    const response = await wire.request({ sid }, { method: "POST", body: "4x", headers });
    expect(response.status).toBe(400);
    expect(await ended).toMatchObject({ reason: "transport error" });
  });

  test("a large answer is compressed, be it text or bytes", async () => {
    startV3(wire, { httpCompression: { threshold: 100 } });
    const peer = await openPolling(wire, {});
    const bytes = Buffer.alloc(5_000, 7);
    for (const data of [bytes, "x".repeat(5_000)]) {
      peer.session.send(data);
      const path = wire.path({ ...V3, sid: peer.sid });
      const response = await fetch(wire.running.url + path, {
        headers: { "accept-encoding": "gzip" },
        decompress: false,
      });
      expect(response.headers.get("content-encoding")).toBe("gzip");
      const body = gunzipSync(Buffer.from(await response.arrayBuffer()));
      const expected =
        typeof data === "string"
          ? Buffer.from(joinText(`4${data}`))
          : joinBytes(Buffer.concat([Buffer.of(4), data]));
      expect(body).toEqual(expected);
    }
  });

  test("the client's ping is answered with a pong, and keeps the session alive", async () => {
    startV3(wire, { pingInterval: 100, pingTimeout: 400 });
    const peer = await openPolling(wire);
    let heartbeats = 0;
    peer.session.on("heartbeat", () => heartbeats++);
    for (let count = 1; count <= 7; count++) {
      await Bun.sleep(100);
      await deliver(wire, peer, "1:2");
      expect(await poll(wire, peer)).toEqual(["3"]);
      expect(heartbeats).toBe(count);
    }
    expect(peer.session.readyState).toBe("open");
  });

  test("a session without pings ends with a ping timeout, messages or not", async () => {
    startV3(wire, { pingInterval: 60, pingTimeout: 60 });
    const start = performance.now();
    const peer = await openPolling(wire);
    await deliver(wire, peer, "2:4x");
    expect(await peer.ended).toBe("ping timeout");
    expect(performance.now() - start).toBeGreaterThan(100);
    wire.expectNoSessions();
  });

  test("the server sends no pings, and a pong ends the session", async () => {
    startV3(wire, { pingInterval: 30, pingTimeout: 500 });
    const peer = await openPolling(wire);
    await Bun.sleep(60);
    peer.session.send("no ping before me");
    expect(await poll(wire, peer)).toEqual(["4no ping before me"]);
    await deliver(wire, peer, "1:3");
    expect(await peer.ended).toBe("transport error");
  });

  test.each(["", "x", "4x", "3:4x", "1:", ":4x", "-1:4x", "2:xx", "2:9x", "2:4x!", "1:4x:"])(
    "a body that is not a payload ends the session: %p",
    async (body) => {
      startV3(wire);
      const peer = await openPolling(wire);
      const response = await post(wire, peer, body);
      expect(response.status).toBe(200);
      expect(await peer.ended).toBe("parse error");
    },
  );

  test.each([
    ["text of no type", Buffer.from([0, 1, 255, 0x39])],
    ["no end of the length", Buffer.from([0, 1])],
    ["invalid UTF-8", Buffer.from([0, 2, 255, 0x34, 0xff])],
    ["no packet", Buffer.from([0, 0, 255])],
  ])("a body of bytes that is not a payload ends the session: %s", async (_name, body) => {
    startV3(wire);
    const peer = await openPolling(wire, {});
    expect((await post(wire, peer, body)).status).toBe(200);
    expect(await peer.ended).toBe("parse error");
  });

  test("what comes before the unreadable part of a body is delivered", async () => {
    startV3(wire);
    const peer = await openPolling(wire);
    const messages = recordMessages(peer.session);
    await deliver(wire, peer, "2:4a2:4b2:xx2:4c");
    expect(messages).toEqual(["a", "b"]);
    expect(await peer.ended).toBe("parse error");
  });

  test("a close packet ends the session", async () => {
    startV3(wire);
    const peer = await openPolling(wire);
    await deliver(wire, peer, "1:1");
    expect(await peer.ended).toBe("transport close");
  });

  test("a server that closes the session says so to the poll", async () => {
    startV3(wire);
    const peer = await openPolling(wire);
    const answer = poll(wire, peer);
    await until(() => peer.session.transport.writable);
    peer.session.close();
    expect(await answer).toEqual(["1"]);
    expect(await peer.ended).toBe("forced close");
  });

  test("HTTP without keep-alive works as well", async () => {
    startV3(wire);
    const answer = await exchange(wire.port, "GET", wire.path(V3), { Connection: "close" });
    expect(answer.status).toBe(200);
    expect(splitText(answer.body)[0]).toStartWith('0{"sid"');
  });
});
