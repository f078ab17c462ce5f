import { throwLater } from "../errors.ts";
import { isPromiseLike } from "../middleware.ts";
import { rejectLate } from "./connection-gate.ts";
import { within } from "./deadline.ts";
import { ENGINE_ERRORS, forbid, type Rejection, reject, verifyProtocol } from "./handshake.ts";
import type { EngineOptions, Refusal } from "./options.ts";
import type { EngineRequest } from "./request.ts";

/** How a handshake was decided: refused, too late, or admitted under a session id. */
export type Admission =
  | Rejection
  | { readonly kind: "closed" }
  | { readonly kind: "admitted"; readonly sid: string };

/**
 * What is told to who comes too late: another server may take the client at once, where a balancer gives
 * its next connection to that.
 */
export const ELSEWHERE = Object.freeze({ "Retry-After": "1", Connection: "close" });

/** What admitting a client takes. */
export interface AdmissionRules {
  readonly allowRequest: EngineOptions["allowRequest"];
  /** Whether a function of the user's has a say: {@link allowRequest}, or one that makes the id. */
  readonly asksUser: boolean;
  /** Whether clients of revision 3 are let in. */
  readonly allowEIO3: boolean;
  generateId(request: EngineRequest): string | PromiseLike<string>;
  isTaken(sid: string): boolean;
  /** Whether the server takes new sessions; that may end while the user's functions think. */
  takesNew(): boolean;
  /** How long the user's functions may take, in ms. */
  readonly handshakeMs: number;
  /**
   * Whether there is no room for one more session.
   *
   * @param isNew whether it counts as a handshake: it is asked again when all have agreed
   */
  checkRoom(request: EngineRequest, isNew: boolean): Rejection | null;
}

/**
 * Decides on a well-formed handshake: asks `allowRequest`, checks the protocol revision, makes the
 * session id. Answers at once where the user's functions do.
 *
 * @param exchange the request
 * @param protocol the revision it asks for
 * @param rules the user's functions
 * @param decided called once, with the exchange too
 */
export function admit<Exchange extends { readonly request: EngineRequest }>(
  exchange: Exchange,
  protocol: number,
  rules: AdmissionRules,
  decided: (admission: Admission, exchange: Exchange) => void,
): void {
  const { request } = exchange;
  if (!rules.takesNew()) {
    decided({ kind: "closed" }, exchange);
    return;
  }
  const full = rules.checkRoom(request, true);
  if (full !== null) {
    decided(full, exchange);
  } else if (rules.asksUser) {
    askUser(exchange, protocol, rules, decided); // apart: closures are made there
  } else {
    const rejection = verifyProtocol(protocol, rules.allowEIO3);
    decided(rejection ?? checkId(rules.generateId(request), request, rules), exchange);
  }
}

function askUser<Exchange extends { readonly request: EngineRequest }>(
  exchange: Exchange,
  protocol: number,
  rules: AdmissionRules,
  decided: (admission: Admission, exchange: Exchange) => void,
): void {
  const { handshakeMs } = rules;
  within<Admission>(
    handshakeMs,
    (done) => decide(exchange.request, protocol, rules, done),
    (admission) => decided(admission, exchange),
    () => decided(rejectLate(handshakeMs), exchange),
  );
}

function decide(
  request: EngineRequest,
  protocol: number,
  rules: AdmissionRules,
  decided: (admission: Admission) => void,
): void {
  const { allowRequest } = rules;
  const go = (refusal: Rejection | null): void => {
    const rejection = refusal ?? verifyProtocol(protocol, rules.allowEIO3);
    if (rejection === null) {
      makeId(request, rules, decided);
    } else {
      decided(rejection);
    }
  };
  if (allowRequest === undefined) {
    go(null);
  } else {
    askAllowRequest(request, allowRequest, go);
  }
}

function askAllowRequest(
  request: EngineRequest,
  allowRequest: NonNullable<EngineOptions["allowRequest"]>,
  decided: (refusal: Rejection | null) => void,
): void {
  let isOpen = true;
  let isAsking = true;
  let early: { refusal: Rejection | null } | undefined;
  const decide = (refusal: Rejection | null): void => {
    isOpen = false;
    if (isAsking) {
      early = { refusal }; // acted on below, where what goes wrong is not taken for the user's fault
    } else {
      decided(refusal);
    }
  };
  const answer = (reason: string | Refusal | null | undefined, success: boolean): void => {
    if (isOpen) {
      decide(success ? null : forbid(reason));
    }
  };
  const fail = (error: unknown): void => {
    if (isOpen) {
      decide(reject(ENGINE_ERRORS.FORBIDDEN, { name: "ALLOW_REQUEST_ERROR", error }));
    } else {
      throwLater(error);
    }
  };
  // A function that returns nothing answers through the callback, also if it is async.
  const onResult = (result: unknown): void => {
    if (typeof result === "boolean") {
      answer(undefined, result);
    }
  };
  let result: unknown;
  try {
    result = allowRequest(request, answer);
  } catch (error) {
    fail(error);
  }
  isAsking = false;
  if (early !== undefined) {
    decided(early.refusal);
  }
  if (isPromiseLike(result)) {
    result.then(onResult, fail);
  } else {
    onResult(result);
  }
}

function makeId(
  request: EngineRequest,
  rules: AdmissionRules,
  decided: (admission: Admission) => void,
): void {
  let id: string | PromiseLike<string>;
  try {
    id = rules.generateId(request);
  } catch (error) {
    decided(noId(error));
    return;
  }
  if (isPromiseLike(id)) {
    id.then(
      (sid) => decided(checkId(sid, request, rules)),
      (error: unknown) => decided(noId(error)),
    );
  } else {
    decided(checkId(id, request, rules));
  }
}

function checkId(sid: unknown, request: EngineRequest, rules: AdmissionRules): Admission {
  if (!rules.takesNew()) {
    return { kind: "closed" };
  }
  if (typeof sid !== "string" || sid === "") {
    return noId(new TypeError("generateId() must return a string that is not empty"));
  }
  if (rules.isTaken(sid)) {
    return noId(new Error("generateId() returned the id of a running session"));
  }
  return rules.checkRoom(request, false) ?? { kind: "admitted", sid };
}

function noId(error: unknown): Rejection {
  return reject(ENGINE_ERRORS.BAD_REQUEST, { name: "ID_GENERATION_ERROR", error });
}
