import { type Admission, type AdmissionRules, admit, ELSEWHERE } from "./admission.ts";
import { type KnownSession, type Rejection, type Verdict, verify } from "./handshake.ts";
import type { ResolvedEngineOptions } from "./options.ts";
import { type OriginCheck, rejectOrigin } from "./origin-check.ts";
import type { UpgradeReply } from "./upgrade-reply.ts";

/** What judging takes of the engine. */
export interface UpgradeRules extends AdmissionRules {
  readonly opts: Pick<ResolvedEngineOptions, "transports">;
}

/** Of a request that is none to be refused. */
type Acceptance = Exclude<Verdict, Rejection>;

/** Decides which requests for a WebSocket get one, once the middlewares have let them pass. */
export class UpgradeJudge {
  readonly #rules: UpgradeRules;
  /** Null where pages of any origin may open WebSockets. */
  readonly #origins: OriginCheck | null;
  readonly #find: (sid: string) => KnownSession | undefined;

  /**
   * @param rules those of the engine
   * @param origins null where pages of any origin may open WebSockets
   * @param find looks up a running session
   */
  constructor(
    rules: UpgradeRules,
    origins: OriginCheck | null,
    find: (sid: string) => KnownSession | undefined,
  ) {
    this.#rules = rules;
    this.#origins = origins;
    this.#find = find;
  }

  /**
   * Decides.
   *
   * @param refusal of the middlewares; null where they have none
   * @param reply the request, and how it is answered
   */
  readonly judge = (refusal: Rejection | null, reply: UpgradeReply): void => {
    const { request } = reply;
    const { transports } = this.#rules.opts;
    const verdict =
      refusal ?? verify(request, request.headers.origin, true, transports, this.#find);
    if (verdict.kind === "rejected") {
      reply.refuse(verdict);
    } else if (this.#origins === null) {
      this.#onVerdict(reply, verdict);
    } else {
      this.#checkOrigin(this.#origins, reply, verdict);
    }
  };

  #checkOrigin(origins: OriginCheck, reply: UpgradeReply, verdict: Acceptance): void {
    const { request } = reply;
    origins.check(request, (isAllowed) => {
      if (isAllowed) {
        this.#onVerdict(reply, verdict);
      } else {
        reply.refuse(rejectOrigin(request));
      }
    });
  }

  #onVerdict(reply: UpgradeReply, verdict: Acceptance): void {
    if (verdict.kind === "session") {
      reply.accept(verdict);
    } else {
      admit(reply, verdict.protocol, this.#rules, this.#onAdmission);
    }
  }

  readonly #onAdmission = (admission: Admission, reply: UpgradeReply): void => {
    if (admission.kind === "rejected") {
      reply.refuse(admission);
    } else if (admission.kind === "closed") {
      reply.answer(503, "Server shutting down", ELSEWHERE);
    } else {
      reply.accept(admission);
    }
  };
}
