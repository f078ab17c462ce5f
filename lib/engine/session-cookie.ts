import { stringifySetCookie } from "cookie";
import type { OutgoingHeaders } from "../response-head.ts";
import type { ResolvedEngineOptions } from "./options.ts";

/**
 * Adds the cookie that tells a load balancer where a session lives, if the engine is to set one.
 *
 * @param headers the headers to add it to
 * @param cookie the option
 * @param sid the session's id
 * @throws what the user's `encode` throws
 */
export function addCookie(
  headers: OutgoingHeaders,
  cookie: ResolvedEngineOptions["cookie"],
  sid: string,
): void {
  if (cookie !== false) {
    const { encode, ...attributes } = cookie;
    headers["Set-Cookie"] = [
      stringifySetCookie({ ...attributes, value: sid }, encode === undefined ? {} : { encode }),
    ];
  }
}
