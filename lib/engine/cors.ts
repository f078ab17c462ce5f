import cors, { type CorsOptions } from "cors";
import type { Middleware } from "./exchange.ts";
import type { CorsOrigin, EngineOptions } from "./options.ts";
import type { EngineRequest } from "./request.ts";

/**
 * Makes the middleware of the option `cors`, by the package of that name.
 *
 * @param options as given; null where there is nothing to do
 */
export function corsMiddleware(options: EngineOptions["cors"]): Middleware | null {
  if (options === undefined || options === false) {
    return null;
  }
  const apply = cors<EngineRequest>(isOrigin(options) ? originOnly(options) : options);
  return (req, res, next) => apply(req, res, next);
}

function isOrigin(options: NonNullable<EngineOptions["cors"]>): options is CorsOrigin {
  return (
    typeof options === "boolean" ||
    typeof options === "string" ||
    Array.isArray(options) ||
    options instanceof RegExp
  );
}

// The package takes `true` as an origin to mean the one that asks, but given alone to mean all.
function originOnly(origin: CorsOrigin): CorsOptions {
  return origin === true ? {} : { origin };
}
