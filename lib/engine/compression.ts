import { promisify } from "node:util";
import { brotliCompress, deflate, gzip, type ZlibOptions } from "node:zlib";
import Negotiator from "negotiator";

/** Compresses a body, by the name of the content coding (RFC 9110, section 8.4.1). */
export const compressors = {
  br: promisify(brotliCompress),
  gzip: promisify(gzip),
  deflate: promisify(deflate),
};

/** A content coding there is a compressor for. */
export type Coding = keyof typeof compressors;

/**
 * Chooses the content coding that the client likes best.
 *
 * @param acceptEncoding the request's Accept-Encoding (RFC 9110, section 12.5.3)
 * @param codings those on offer
 * @returns null where the client would rather have the body as it is
 */
export function chooseEncoding<Offered extends Coding>(
  acceptEncoding: string | string[] | undefined,
  codings: readonly Offered[],
): Offered | null {
  const negotiator = new Negotiator({ headers: { "accept-encoding": acceptEncoding ?? "" } });
  const [best] = negotiator.encodings([...codings, "identity"]);
  return codings.find((coding) => coding === best) ?? null;
}

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
 * @param body text or bytes
 * @param acceptEncoding the request's Accept-Encoding (RFC 9110, section 12.5.3)
 * @param options threshold in bytes, and the options of node:zlib
 * @returns null where the body is to be sent as it is, else the promise of the compressed one; it
 * does not reject: a body that cannot be compressed comes back as it was
 */
export function compressBody(
  body: string | Uint8Array,
  acceptEncoding: string | string[] | undefined,
  options: Compression,
): Promise<CompressedBody> | null {
  if (body.length * 3 < options.threshold || Buffer.byteLength(body) < options.threshold) {
    return null;
  }
  const encoding = chooseEncoding(acceptEncoding, ["gzip", "deflate"]);
  if (encoding === null) {
    return null;
  }
  return compressors[encoding](body, options).then(
    (compressed) => ({ body: compressed, encoding }),
    () => ({ body, encoding: null }), // bad zlib options must not cost the session its packets
  );
}
