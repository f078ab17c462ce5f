import type { Codec } from "./codec.ts";
import { codecV3, codecV3Base64 } from "./v3.ts";
import { codecV4, codecV4Base64 } from "./v4.ts";

type Query = Readonly<Record<string, string>>;

/** The revision of the protocol that a request asks for: the third had no such parameter at first. */
export function protocolOf(query: Query): number {
  return query.EIO === "4" ? 4 : 3;
}

/**
 * Chooses the codec of a transport.
 *
 * @param query that of the request that opens the transport
 * @param base64 whether bytes have to go as text. Default: as the client wants it.
 */
export function chooseCodec(query: Query, base64 = Boolean(query.b64)): Codec {
  if (protocolOf(query) === 3) {
    return base64 ? codecV3Base64 : codecV3;
  }
  return base64 ? codecV4Base64 : codecV4;
}
