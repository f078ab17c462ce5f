import cors from "cors";
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
  const apply = cors<EngineRequest>(options === true ? {} : options);
  return (req, res, next) => apply(req, res, next);
}
