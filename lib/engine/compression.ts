import { promisify } from "node:util";
import { deflate, gzip, type ZlibOptions } from "node:zlib";
import Negotiator from "negotiator";

const compressors = { gzip: promisify(gzip), deflate: promisify(deflate) };

/** The options of node:zlib, and the size in bytes from which compressing is worth while. */
export type Compression = ZlibOptions & { readonly threshold: number };

/** A body, and what was done to it; `encoding` is null where nothing was. */
export interface CompressedBody {
  readonly body: string | Uint8Array;
  readonly encoding: "gzip" | "deflate" | null;
}

/**
 * Compresses the body of an answer as far as the client accepts it.
 *
 * @param body the text
 * @param acceptEncoding the request's Accept-Encoding (RFC 9110, section 12.5.3)
 * @param options threshold in bytes, and the options of node:zlib
 * @returns null where the body is to be sent as it is, else the promise of the compressed one; it
 * does not reject: a body that cannot be compressed comes back as it was
 */
export function compressBody(
  body: string,
  acceptEncoding: string | string[] | undefined,
  options: Compression,
): Promise<CompressedBody> | null {
  if (body.length * 3 < options.threshold || Buffer.byteLength(body) < options.threshold) {
    return null;
  }
  const negotiator = new Negotiator({ headers: { "accept-encoding": acceptEncoding ?? "" } });
  const encoding = negotiator.encodings(["gzip", "deflate", "identity"])[0];
  if (encoding !== "gzip" && encoding !== "deflate") {
    return null;
  }
  return compressors[encoding](body, options).then(
    (compressed) => ({ body: compressed, encoding }),
    () => ({ body, encoding: null }), // bad zlib options must not cost the session its packets
  );
}
