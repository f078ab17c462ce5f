import cors, { type CorsOptions, type CorsOptionsDelegate } from "cors";
import type { Middleware } from "./exchange.ts";
import type { EngineOptions } from "./options.ts";
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
  const isOrigin = typeof options !== "object" || Array.isArray(options);
  const apply = cors<EngineRequest>(
    typeof options === "function"
      ? (options as CorsOptionsDelegate)
      : isOrigin || options instanceof RegExp
        ? { origin: options as CorsOptions["origin"] }
        : (options as CorsOptions),
  );
  return (req, res, next) => apply(req, res, next);
}
