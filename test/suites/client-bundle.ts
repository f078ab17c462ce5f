// The browser client that the server serves.

import { afterEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import type { ServerOptions } from "bun-socket.io";
import type { Host, Running } from "../support/hosts.ts";

const names = [
  "socket.io.js",
  "socket.io.min.js",
  "socket.io.esm.min.js",
  "socket.io.msgpack.min.js",
];

const unpack = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync };

/** The package whose files are served: the reference brings its own copies. */
function packageOf(isReference: boolean): { version: string; file(name: string): Buffer } {
  const manifest = require.resolve(
    `${isReference ? "socket.io" : "socket.io-client"}/package.json`,
  );
  const directory = `${dirname(manifest)}/${isReference ? "client-dist" : "dist"}`;
  const { version }: { version: string } = require(manifest);
  return { version, file: (name) => readFileSync(`${directory}/${name}`) };
}

export function clientBundleSuite(host: Host, isReference: boolean): void {
  const { version, file } = packageOf(isReference);
  let running: Running | null = null;
  afterEach(async () => {
    await running?.close();
    running = null;
  });

  /** Starts a server and asks it for a file of its client. */
  async function get(
    name: string,
    init: BunFetchRequestInit = {},
    options?: ServerOptions,
  ): Promise<Response> {
    running ??= host.start(options);
    const headers = { "accept-encoding": "identity", ...(init.headers as object) };
    return fetch(`${running.url}/socket.io/${name}`, { ...init, headers, decompress: false });
  }

  test.each(names)("serves %s and its map, byte for byte, with the right type", async (name) => {
    for (const [each, type] of [
      [name, "javascript"],
      [`${name}.map`, "json"],
    ] as const) {
      const response = await get(each);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe(`application/${type}; charset=utf-8`);
      expect(response.headers.get("etag")).toBe(`"${version}"`);
      expect(response.headers.get("cache-control")).toBe("public, max-age=0");
      expect(response.headers.has("content-encoding")).toBeFalse();
      expect(Buffer.from(await response.arrayBuffer()).equals(file(each))).toBeTrue();
    }
  });

  test("serves a file whatever the query", async () => {
    expect((await get("socket.io.js?v=1&EIO=4")).status).toBe(200);
  });

  test.each(["br", "gzip", "deflate"] as const)(
    "compresses with %s where that is taken",
    async (encoding) => {
      const response = await get("socket.io.js", { headers: { "accept-encoding": encoding } });
      expect(response.headers.get("content-encoding")).toBe(encoding);
      expect(response.headers.get("content-type")).toContain("javascript");
      const body = unpack[encoding](await response.arrayBuffer());
      expect(body.equals(file("socket.io.js"))).toBeTrue();
    },
  );

  test.each([
    ["gzip;q=0.5, br", "br"],
    ["br;q=0.5, gzip", "gzip"],
    ["gzip, deflate, br", "gzip"],
    ["*", "br"],
    ["br;q=0", null],
    ["zstd", null],
  ])("takes of the encodings %s the one liked best: %s", async (accepted, encoding) => {
    const response = await get("socket.io.js", { headers: { "accept-encoding": accepted } });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-encoding")).toBe(encoding);
  });

  test("answers 304 to whoever has the file", async () => {
    for (const etag of [`"${version}"`, `W/"${version}"`]) {
      const response = await get("socket.io.js", { headers: { "if-none-match": etag } });
      expect(response.status).toBe(304);
      expect(response.headers.get("content-length")).toBeNull();
      expect(await response.text()).toBe("");
    }
    const old = await get("socket.io.js", { headers: { "if-none-match": '"0.0.1"' } });
    expect(old.status).toBe(200);
  });

  test("answers HEAD with the headers alone", async () => {
    const response = await get("socket.io.js", { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(response.headers.get("etag")).toBe(`"${version}"`);
    expect(response.headers.get("content-type")).toContain("javascript");
    expect(await response.text()).toBe("");
  });

  test("has CORS headers where the server has", async () => {
    const headers = { origin: "https://elsewhere.example" };
    const options = { cors: { origin: "https://elsewhere.example" } };
    const response = await get("socket.io.js", { headers }, options);
    expect(response.headers.get("access-control-allow-origin")).toBe("https://elsewhere.example");
  });

  test.each([
    "other.js",
    "socket.io.css",
    "socket.io.js.map.map",
    "xsocket.io.js",
    "..%2fpackage.json",
  ])("does not serve %s", async (name) => {
    const response = await get(name);
    expect([400, 404]).toContain(response.status);
  });

  test("serves nothing where serveClient is off, and clients connect all the same", async () => {
    const response = await get("socket.io.js", {}, { serveClient: false });
    expect(response.status).toBe(400); // Socket.IO's own answer to a request that is no handshake
    const handshake = await fetch(`${running?.url}/socket.io/?EIO=4&transport=polling`);
    expect(handshake.status).toBe(200);
  });

  if (isReference) {
    return; // a file that is not there is an exception there
  }

  test.each(["socket.io.esm.js", "socket.io.msgpack.js", "socket.io.esm.js.map"])(
    "answers 404 to a name that would do but that has no file: %s",
    async (name) => {
      for (let attempt = 0; attempt < 2; attempt++) {
        expect((await get(name)).status).toBe(404);
      }
    },
  );
}
