import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Coding, chooseEncoding, compressors } from "./engine/compression.ts";
import { corsMiddleware } from "./engine/cors.ts";
import type { Answer } from "./engine/exchange.ts";
import type { EngineOptions } from "./engine/options.ts";
import type { EngineRequest, RequestSource } from "./engine/request.ts";
import { warn } from "./errors.ts";
import { runMiddlewares } from "./middleware.ts";
import { type OutgoingHeaders, ResponseHead } from "./response-head.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:server");

const FILE = /^\/socket\.io(?:\.msgpack|\.esm)?(?:\.min)?\.js(?:\.map)?$/;

const CODINGS = ["br", "gzip", "deflate"] as const;

interface Files {
  directory: string;
  etag: string;
}

let files: Files | null | undefined;

// When the first is asked for: an executable made by `bun build --compile` has no such package.
function findFiles(): Files | null {
  if (files === undefined) {
    try {
      const require = createRequire(import.meta.url);
      const manifest = require.resolve("socket.io-client/package.json");
      const { version } = require(manifest) as { version: string };
      files = { directory: join(dirname(manifest), "dist"), etag: `"${version}"` };
    } catch {
      files = null;
      warn("the package socket.io-client is not here: its files for browsers are not served");
    }
  }
  return files;
}

// A dozen files at most, each read and compressed once.
const bodies = new Map<string, Promise<Uint8Array>>();

/**
 * Serves the browser client of the package `socket.io-client`.
 *
 * @param url path and query of a request
 * @param source makes the engine's request of it, where it is needed
 * @param path the path of the server, without a slash at the end
 * @param cors the option `cors`
 * @returns null for a request of anything else; 404 for a file that the package does not have
 */
export function serveClientBundle(
  url: string,
  source: RequestSource,
  path: string,
  cors: EngineOptions["cors"],
): Promise<Answer> | null {
  const end = url.indexOf("?");
  const pathname = end === -1 ? url : url.slice(0, end);
  if (!pathname.startsWith(path)) {
    return null;
  }
  const file = pathname.slice(path.length);
  return FILE.test(file) ? serve(source.asEngineRequest(), file, cors) : null;
}

async function serve(
  request: EngineRequest,
  file: string,
  cors: EngineOptions["cors"],
): Promise<Answer> {
  const head = new ResponseHead(request);
  await applyCors(request, head, cors);
  if (head.writableEnded) {
    return { status: head.statusCode, headers: head.headers(), body: head.body };
  }
  const found = findFiles();
  if (found === null) {
    return { status: 404, headers: head.headers(), body: null };
  }
  const { directory, etag } = found;
  const type = file.endsWith(".map") ? "map" : "source";
  const matched = request.headers["if-none-match"];
  if (matched === etag || matched === `W/${etag}`) {
    log("serve client %s 304", type);
    return { status: 304, headers: { ...head.headers(), ETag: etag }, body: null };
  }
  const encoding = chooseEncoding(request.headers["accept-encoding"], CODINGS);
  let body: Uint8Array;
  try {
    body = await load(directory, file, encoding);
  } catch (error) {
    log("no file of the client for %s: %s", file, error);
    // The pattern allows names that the package has no file for.
    return { status: 404, headers: head.headers(), body: null };
  }
  log("serve client %s", type);
  const headers: OutgoingHeaders = {
    ...head.headers(),
    "Cache-Control": "public, max-age=0",
    "Content-Type": `application/${type === "map" ? "json" : "javascript"}; charset=utf-8`,
    ETag: etag,
  };
  if (encoding !== null) {
    headers["Content-Encoding"] = encoding;
  }
  return { status: 200, headers, body }; // the host leaves the body of a HEAD request out
}

function applyCors(
  request: EngineRequest,
  head: ResponseHead,
  options: EngineOptions["cors"],
): Promise<void> {
  const middleware = corsMiddleware(options);
  if (middleware === null) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    head.onEnd = resolve;
    // An origin that is refused gets the file, but not the headers that would let its page read it.
    runMiddlewares(
      [middleware],
      (step, next) => step(request, head.asServerResponse(), next),
      () => resolve(),
    );
  });
}

function load(directory: string, file: string, encoding: Coding | null): Promise<Uint8Array> {
  const key = `${encoding}:${file}`;
  let body = bodies.get(key);
  if (body === undefined) {
    const content = readFile(join(directory, file));
    body = encoding === null ? content : content.then(compressors[encoding]);
    bodies.set(key, body);
    body.catch(() => bodies.delete(key));
  }
  return body;
}
