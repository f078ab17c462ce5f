import { describe, expect, test } from "bun:test";
import { gunzipSync, inflateSync } from "node:zlib";
import { HOSTS } from "../support/hosts.ts";
import { overTheWire, type Wire } from "../support/wire.ts";

const LARGE = "compress me ".repeat(200);
const OFFER = { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" };

interface Answer {
  encoding: string | null;
  text: string;
  bytes: number;
}

function decode(encoding: string | null, body: Buffer): string {
  switch (encoding) {
    case "gzip":
      return gunzipSync(body).toString();
    case "deflate":
      return inflateSync(body).toString();
    default:
      return body.toString();
  }
}

/** Polls as a client that accepts the given encodings; null for one that says nothing. */
async function pollAccepting(wire: Wire, sid: string, accepted: string | null): Promise<Answer> {
  const headers = { "Accept-Encoding": accepted ?? "" };
  const init: BunFetchRequestInit = { headers, decompress: false };
  const response = await wire.request({ sid }, init);
  expect(response.status).toBe(200);
  const encoding = response.headers.get("content-encoding");
  const body = Buffer.from(await response.arrayBuffer());
  return { encoding, text: decode(encoding, body), bytes: body.length };
}

overTheWire((wire) => {
  test.each([
    ["gzip", "gzip"],
    ["deflate", "deflate"],
    ["gzip, deflate, br", "gzip"],
    ["deflate, gzip", "deflate"],
    ["deflate;q=1, gzip;q=0.5", "deflate"],
    ["gzip;q=0, deflate", "deflate"],
    ["*", "gzip"],
    ["*;q=0.5, gzip;q=0", "deflate"],
    ["GZIP", "gzip"],
    ["br", null],
    ["identity", null],
    ["gzip;q=0", null],
    ["", null],
  ])("an answer for a client that accepts %p is encoded with %p", async (accepted, encoding) => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    session.send(LARGE);
    const answer = await pollAccepting(wire, sid, accepted);
    expect(answer.encoding).toBe(encoding);
    expect(answer.text).toBe(`4${LARGE}`);
    expect(answer.bytes < 500).toBe(encoding !== null);
  });

  test("an answer is compressed from the threshold on", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    for (const [length, encoding] of [
      [1022, null],
      [1023, "gzip"],
    ] as const) {
      session.send("a".repeat(length)); // the packet type adds one
      expect((await pollAccepting(wire, sid, "gzip")).encoding).toBe(encoding);
    }
  });

  test("the threshold counts bytes, not characters", async () => {
    wire.start({ httpCompression: { threshold: 100 } });
    const { sid, session } = await wire.openPolling();
    session.send("€".repeat(33));
    expect((await pollAccepting(wire, sid, "gzip")).encoding).toBe("gzip");
    session.send("€".repeat(32));
    expect((await pollAccepting(wire, sid, "gzip")).encoding).toBeNull();
  });

  test("httpCompression: false sends every answer as it is", async () => {
    wire.start({ httpCompression: false });
    const { sid, session } = await wire.openPolling();
    session.send(LARGE);
    expect((await pollAccepting(wire, sid, "gzip")).encoding).toBeNull();
  });

  test("messages with compress: false are sent as they are, unless with others", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    session.send(LARGE, { compress: false });
    expect((await pollAccepting(wire, sid, "gzip")).encoding).toBeNull();
    session.send(LARGE, { compress: false });
    session.send("small", { compress: true });
    const answer = await pollAccepting(wire, sid, "gzip");
    expect([answer.encoding, answer.text]).toEqual(["gzip", `4${LARGE}\x1e4small`]);
  });

  test("messages sent while an answer is being compressed come with the next one", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    const first = pollAccepting(wire, sid, "gzip");
    const flushed = new Promise((resolve) => session.once("flush", resolve));
    session.send(LARGE);
    await flushed;
    session.send("next");
    expect((await first).text).toBe(`4${LARGE}`);
    expect((await pollAccepting(wire, sid, "gzip")).text).toBe("4next");
  });

  test("a session that ends while its answer is being compressed ends, and the answer arrives", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    const answer = pollAccepting(wire, sid, "gzip");
    const flushed = new Promise((resolve) => session.once("flush", resolve));
    session.send(LARGE);
    await flushed;
    session.close(true);
    expect((await ended).reason).toBe("forced close");
    expect((await answer).text).toBe(`4${LARGE}`);
    wire.expectNoSessions();
  });
});

overTheWire((wire) => {
  test("a client that leaves while its answer is being compressed leaves no session behind", async () => {
    // Whether the end is seen before the answer is ready or after: one of the two ends the session.
    const { clock } = wire.start();
    const { sid, session, ended } = await wire.openPolling();
    const controller = new AbortController();
    const headers = { "Accept-Encoding": "gzip" };
    const { answer } = await wire.park(sid, { headers, signal: controller.signal });
    const flushed = new Promise((resolve) => session.once("flush", resolve));
    session.send(crypto.getRandomValues(Buffer.alloc(50_000)));
    await flushed;
    controller.abort();
    await expect(answer).rejects.toThrow();
    clock.advance(25_000);
    clock.advance(20_000);
    expect(["transport error", "ping timeout"]).toContain((await ended).reason);
    wire.expectNoSessions();
  });
}, HOSTS);

describe("perMessageDeflate", () => {
  overTheWire((wire) => {
    test("it is negotiated with a client that offers it, where it is on", async () => {
      wire.start({ perMessageDeflate: true });
      const { webSocket, session } = await wire.openWebSocket(OFFER);
      expect(webSocket.answer.headers["sec-websocket-extensions"]).toStartWith(
        "permessage-deflate",
      );
      session.send(LARGE);
      expect(await webSocket.textFrame()).toEqual({ text: `4${LARGE}`, compressed: true });
    });

    test("it is not where the client does not offer it", async () => {
      wire.start({ perMessageDeflate: true });
      const { webSocket, session } = await wire.openWebSocket();
      expect(webSocket.answer.headers["sec-websocket-extensions"]).toBeUndefined();
      session.send(LARGE);
      expect(await webSocket.textFrame()).toEqual({ text: `4${LARGE}`, compressed: false });
    });

    test("it is off by default", async () => {
      wire.start();
      const { webSocket, session } = await wire.openWebSocket(OFFER);
      expect(webSocket.answer.headers["sec-websocket-extensions"]).toBeUndefined();
      session.send(LARGE);
      expect(await webSocket.textFrame()).toEqual({ text: `4${LARGE}`, compressed: false });
    });

    test("large messages arrive intact both ways over a stock WebSocket", async () => {
      const megabyte = 1_000_000;
      const engine = wire.start({ perMessageDeflate: true, maxHttpBufferSize: 2 * megabyte });
      engine.on("connection", (session) =>
        session.on("message", (data) => session.send(data ?? "")),
      );
      const url = `ws://127.0.0.1:${wire.port}${wire.path({ transport: "websocket" })}`;
      const webSocket = new WebSocket(url);
      webSocket.binaryType = "arraybuffer";
      const next = () =>
        new Promise<unknown>((resolve, reject) => {
          webSocket.addEventListener("message", ({ data }) => resolve(data), { once: true });
          webSocket.addEventListener("close", () => reject(new Error("closed")), { once: true });
        });
      await next();
      expect(webSocket.extensions).toStartWith("permessage-deflate");
      const random = crypto.getRandomValues(new Uint8Array(50_000));
      const texts = [
        "a".repeat(megabyte),
        Buffer.from(random).toString("base64"),
        "€".repeat(9999),
      ];
      for (const text of texts) {
        const echo = next();
        webSocket.send(`4${text}`);
        expect((await echo) === `4${text}`).toBe(true);
      }
      const echo = next();
      webSocket.send(random);
      expect(Buffer.from((await echo) as ArrayBuffer).equals(random)).toBe(true);
      const [session] = Object.values(engine.clients);
      const ended = new Promise((resolve) => session?.once("close", resolve));
      webSocket.close();
      await ended;
    });
  });
});

// The reference's WebSocket package, as this runtime replaces it, compresses whatever it sends.
describe("perMessageDeflate with limits", () => {
  overTheWire((wire) => {
    test("messages below the threshold, and with compress: false, are sent as they are", async () => {
      wire.start({ perMessageDeflate: { threshold: 100 } });
      const { webSocket, session } = await wire.openWebSocket(OFFER);
      session.send("a".repeat(98));
      session.send(LARGE, { compress: false });
      session.send("b".repeat(200));
      const compressed = [];
      for (let count = 0; count < 3; count++) {
        compressed.push((await webSocket.textFrame()).compressed);
      }
      expect(compressed).toEqual([false, false, true]);
    });

    test("a message that inflates to more than maxHttpBufferSize ends the session", async () => {
      wire.start({ perMessageDeflate: true, maxHttpBufferSize: 10_000 });
      const url = `ws://127.0.0.1:${wire.port}${wire.path({ transport: "websocket" })}`;
      const webSocket = new WebSocket(url);
      const opened = new Promise((resolve) => webSocket.addEventListener("message", resolve));
      const closed = new Promise((resolve) => webSocket.addEventListener("close", resolve));
      await opened;
      const [session] = Object.values(wire.engine.clients);
      const reason = new Promise((resolve) => session?.once("close", resolve));
      webSocket.send(`4${"a".repeat(1_000_000)}`); // some 1000 bytes on the wire
      expect(await reason).toBe("transport error");
      await closed;
      wire.expectNoSessions();
    });
  }, HOSTS);
});
