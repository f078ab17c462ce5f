import type { Scenario } from "../scenario.ts";

const FILES = [
  "socket.io.js",
  "socket.io.min.js",
  "socket.io.esm.min.js",
  "socket.io.msgpack.min.js",
  "socket.io.js.map",
  "socket.io.min.js.map",
  "socket.io.esm.min.js.map",
  "socket.io.msgpack.min.js.map",
];
const NOT_BUN_ENGINE = { "bun-engine": "it serves no files" };

export const engineFileScenarios: Scenario[] = [
  ...FILES.map(
    (file): Scenario => ({
      name: `the client's file ${file} is served`,
      not: NOT_BUN_ENGINE,
      async client(t) {
        const path = `/socket.io/${file}`;
        const { headers } = await t.fetch("plain", path, {
          headers: { "Accept-Encoding": "identity" },
        });
        await t.fetch("gzip", path, { headers: { "Accept-Encoding": "gzip" } });
        const etag = headers.get("etag") ?? "";
        await t.fetch("known", path, { headers: { "If-None-Match": etag } });
        await t.fetch("strong", path, { headers: { "If-None-Match": etag.replace("W/", "") } });
        await t.fetch("old", path, { headers: { "If-None-Match": 'W/"0.0.0"' } });
        await t.fetch("query", `${path}?v=1`, { headers: { "Accept-Encoding": "deflate" } });
      },
    }),
  ),
  {
    name: "the client's files are served below the option path",
    options: { path: "/deep/er" },
    not: NOT_BUN_ENGINE,
    async client(t) {
      await t.fetch("raw", "/deep/er/socket.io.js", { headers: { "Accept-Encoding": "br" } });
    },
  },
  {
    name: "without serveClient the client's files are the engine's to refuse",
    options: { serveClient: false },
    not: NOT_BUN_ENGINE,
    async client(t) {
      await t.fetch("raw", "/socket.io/socket.io.js");
      await t.fetch("raw", "/socket.io/socket.io.min.js.map");
    },
  },
  {
    name: "what is called like a file of the client, and is none, is the engine's to refuse",
    not: NOT_BUN_ENGINE,
    async client(t) {
      for (const file of ["socket.io.css", "socket.io.mjs", "other.js", "socket.io.js/", ""]) {
        await t.fetch("raw", `/socket.io/${file}`);
      }
    },
  },
  {
    name: "the client's files are there for HEAD and POST too",
    not: NOT_BUN_ENGINE,
    async client(t) {
      for (const method of ["HEAD", "POST"]) {
        await t.fetch("raw", "/socket.io/socket.io.min.js", { method });
      }
    },
  },
  {
    name: "cors is for the client's files as well",
    options: { cors: { origin: "http://a.example" } },
    not: NOT_BUN_ENGINE,
    async client(t) {
      const headers = { Origin: "http://a.example", "Accept-Encoding": "identity" };
      await t.fetch("raw", "/socket.io/socket.io.min.js", { headers });
    },
  },
];
