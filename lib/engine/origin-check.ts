import { throwLater } from "../errors.ts";
import { ResponseHead } from "../response-head.ts";
import { corsMiddleware } from "./cors.ts";
import type { Middleware } from "./exchange.ts";
import { ENGINE_ERRORS, type Rejection, reject } from "./handshake.ts";
import type { EngineOptions } from "./options.ts";
import type { EngineRequest } from "./request.ts";

/**
 * The option `checkOrigin`: browsers let any page open a WebSocket to any server, with the cookies
 * for it. What they do tell is the origin of the page (RFC 6455, section 10.2).
 *
 * The package `cors` decides, over an answer that is thrown away: polling and WebSocket hold to one
 * list.
 */
export class OriginCheck {
  readonly #cors: Middleware | null;

  /** @param cors the option `cors`; without it, pages of the server's own host alone may connect */
  constructor(cors: EngineOptions["cors"]) {
    this.#cors = corsMiddleware(cors);
  }

  /**
   * @param request a request for a WebSocket; what is no browser tells no origin, and may connect
   * @param decided called once with whether it may go on
   */
  check(request: EngineRequest, decided: (isAllowed: boolean) => void): void {
    const { origin, host } = request.headers;
    if (origin === undefined || isOwn(origin, host)) {
      decided(true);
    } else if (this.#cors === null) {
      decided(false);
    } else {
      ask(this.#cors, request, origin, decided);
    }
  }
}

function ask(
  cors: Middleware,
  request: EngineRequest,
  origin: string,
  decided: (isAllowed: boolean) => void,
): void {
  const answer = new ResponseHead(request);
  let isOpen = true;
  const decide = (isAllowed: boolean): void => {
    if (isOpen) {
      isOpen = false;
      decided(isAllowed);
    }
  };
  try {
    cors(request, answer.asServerResponse(), (error) => {
      const allowed = answer.getHeader("Access-Control-Allow-Origin");
      decide(!error && (allowed === "*" || allowed === origin));
    });
  } catch (error) {
    throwLater(error); // of a function of the user's
    decide(false);
  }
}

/** Makes what checks origins; null where nothing is to be checked. */
export function originCheck(options: {
  readonly checkOrigin: boolean;
  readonly cors?: EngineOptions["cors"];
}): OriginCheck | null {
  return options.checkOrigin ? new OriginCheck(options.cors) : null;
}

/** The refusal of a page that may not connect: RFC 6455, section 4.2.2, wants the status 403. */
export function rejectOrigin({ headers: { origin } }: EngineRequest): Rejection {
  const context = { name: "ORIGIN_NOT_ALLOWED", message: "Origin not allowed", origin };
  return { ...reject(ENGINE_ERRORS.FORBIDDEN, context), status: 403 };
}

/** Whether a page comes from the host that the request goes to. */
function isOwn(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
