// The option trustProxy: whose word on the address of a client is taken.

import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, type Socket } from "bun-socket.io";
import type { EngineOptions } from "bun-socket.io/engine";
import { HOSTS, type Host } from "../support/hosts.ts";
import { overTheWire, type Wire } from "../support/wire.ts";

type Handshake = Socket["handshake"];
type TrustProxy = EngineOptions["trustProxy"];

const PEER = "127.0.0.1"; // who connects in all of these

/** The addresses that the server sees over polling and over WebSocket. */
async function addresses(
  wire: Wire,
  trustProxy: TrustProxy,
  forwardedFor: string,
): Promise<string[]> {
  wire.start(trustProxy === undefined ? {} : { trustProxy });
  const headers = { "X-Forwarded-For": forwardedFor };
  const answer = await wire.request({}, { headers });
  const { sid } = JSON.parse((await answer.text()).slice(1));
  const { session } = await wire.openWebSocket(headers);
  return [wire.session(sid).remoteAddress, session.remoteAddress];
}

const taken: [what: string, trustProxy: TrustProxy, header: string, address: string][] = [
  ["one proxy by number", 1, "192.0.2.1", "192.0.2.1"],
  ["two by number", 2, "192.0.2.1, 198.51.100.1", "192.0.2.1"],
  ["fewer than the header tells of", 1, "192.0.2.1, 198.51.100.1", "198.51.100.1"],
  ["more than the header tells of", 3, "192.0.2.1", "192.0.2.1"],
  ["an address", "127.0.0.1", "192.0.2.1", "192.0.2.1"],
  ["a network", ["127.0.0.0/8"], "192.0.2.1", "192.0.2.1"],
  ["names", "loopback, uniquelocal", "192.0.2.1, 10.1.2.3", "192.0.2.1"],
  ["a list of names and networks", ["loopback", "2001:db8::/32"], "::1, 2001:db8::7", "::1"],
  ["all", true, "192.0.2.1, 198.51.100.1, 10.0.0.1", "192.0.2.1"],
  ["a function", (address, hop) => address === PEER && hop === 0, "192.0.2.1", "192.0.2.1"],
  ["an address with a port", 1, "192.0.2.1:4711", "192.0.2.1"],
  [
    "a proxy whose address has a port",
    "loopback, 10.0.0.0/8",
    "192.0.2.1, 10.0.0.1:80",
    "192.0.2.1",
  ],
  ["an IPv6 address with a port", 1, "[2001:db8::1]:4711", "2001:db8::1"],
  ["what a client put before it", 1, "127.0.0.1, not an address, 192.0.2.1", "192.0.2.1"],
];

const notTaken: [what: string, trustProxy: TrustProxy, header: string, address: string][] = [
  ["without the option", undefined, "192.0.2.1", PEER],
  ["of no proxy at all", 0, "192.0.2.1", PEER],
  ["when it is off", false, "192.0.2.1", PEER],
  ["of a peer that is not listed", "10.0.0.0/8", "192.0.2.1", PEER],
  ["of a peer that the function refuses", () => false, "192.0.2.1", PEER],
  ["beyond the first that is not believed", "loopback", "192.0.2.1, 198.51.100.1", "198.51.100.1"],
  ["when it is empty", 1, "", PEER],
  ["when it has commas alone", 1, ", ,,", PEER],
  ["when it is a word", 1, "unknown", PEER],
  ["when it is a script", 1, "<script>", PEER],
  ["behind what is no address", 3, "192.0.2.1, unknown, 198.51.100.1", "198.51.100.1"],
  ["when a number is too large", 1, "192.0.2.256", PEER],
  ["when it is a bracket too many", 1, "[[::1]]", PEER],
  ["beyond so many hops", 1, `192.0.2.1,${"10.0.0.1,".repeat(500)}198.51.100.1`, "198.51.100.1"],
];

overTheWire((wire) => {
  describe("X-Forwarded-For is taken, trusting", () => {
    test.each(taken)("%s", async (_what, trustProxy, header, address) => {
      expect(await addresses(wire, trustProxy, header)).toEqual([address, address]);
    });
  });

  describe("X-Forwarded-For is not taken", () => {
    test.each(notTaken)("%s", async (_what, trustProxy, header, address) => {
      expect(await addresses(wire, trustProxy, header)).toEqual([address, address]);
    });
  });

  test("the header given twice is one list", async () => {
    wire.start({ trustProxy: 2 });
    const connection = wire.connect();
    connection.write(
      `GET ${wire.path()} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n` +
        "X-Forwarded-For: 198.51.100.1\r\n\r\n",
    );
    const { sid } = JSON.parse((await connection.response()).body.slice(1));
    expect(wire.session(sid).remoteAddress).toBe("192.0.2.1");
  });

  test("the address stays that of the handshake, whatever later requests say", async () => {
    wire.start({ trustProxy: 1 });
    const headers = { "X-Forwarded-For": "192.0.2.1" };
    const answer = await wire.request({}, { headers });
    const { sid } = JSON.parse((await answer.text()).slice(1));
    const others = { "X-Forwarded-For": "198.51.100.1" };
    await wire.request({ sid }, { method: "POST", body: "4hello", headers: others });
    const webSocket = await wire.upgrade({ sid }, others);
    webSocket.send("2probe");
    expect(await webSocket.text()).toBe("3probe");
    expect(wire.session(sid).remoteAddress).toBe("192.0.2.1");
  });

  test("the request keeps the address of its peer", async () => {
    const engine = wire.start({ trustProxy: 1 });
    const seen: unknown[] = [];
    engine.use((req, _res, next) => {
      seen.push(req.socket.remoteAddress, engine.addressOf(req));
      next();
    });
    await wire.request({}, { headers: { "X-Forwarded-For": "192.0.2.1" } });
    expect(seen).toEqual([PEER, "192.0.2.1"]);
  });
}, HOSTS);

/** The handshake of a client that sends these headers, as a program sees it. */
async function handshakeOf(host: Host, headers: Record<string, string>): Promise<Handshake> {
  const { io, url, close } = host.start({ trustProxy: 1 });
  try {
    const connected = new Promise<Handshake>((resolve) => {
      io.on("connection", ({ handshake }) => resolve(handshake));
    });
    const endpoint = `${url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(endpoint, { headers })).text()).slice(1));
    await fetch(`${endpoint}&sid=${sid}`, { method: "POST", body: "40" });
    return await connected;
  } finally {
    await close();
  }
}

describe.each(HOSTS)("$name", (host) => {
  test("handshake.address is the client's; secure and xdomain are those of the request", async () => {
    const { address, secure, xdomain } = await handshakeOf(host, {
      "X-Forwarded-For": "192.0.2.1",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Host": "elsewhere.example",
    });
    expect({ address, secure, xdomain }).toEqual({
      address: "192.0.2.1",
      secure: false,
      xdomain: false,
    });
  });
});

describe("on a unix socket", () => {
  /** The address of a client that says by a header where it comes from. */
  async function addressOf(trustProxy: TrustProxy): Promise<string> {
    const directory = mkdtempSync(join(tmpdir(), "trust-proxy-"));
    const unix = join(directory, "io.sock");
    const io = new Server(unix, trustProxy === undefined ? {} : { trustProxy });
    try {
      const headers = { "X-Forwarded-For": "192.0.2.1" };
      await fetch("http://localhost/socket.io/?EIO=4&transport=polling", { unix, headers });
      const [session] = Object.values(io.engine.clients);
      return String(session?.remoteAddress);
    } finally {
      await io.close();
      rmSync(directory, { recursive: true, force: true });
    }
  }

  test("a proxy is believed by number, or by a function, which gets an empty address", async () => {
    expect(await addressOf(1)).toBe("192.0.2.1");
    expect(await addressOf((address, hop) => address === "" && hop === 0)).toBe("192.0.2.1");
  });

  test("a proxy is not believed by a list, as it has no address", async () => {
    expect(await addressOf("loopback")).toBe("undefined");
    expect(await addressOf(undefined)).toBe("undefined");
  });
});
