import type { StandardIssue } from "./standard-schema.ts";

/**
 * Why something was refused.
 *
 * - `INVALID_PAYLOAD`: the arguments of an event are not those of the contract.
 * - `UNKNOWN_EVENT`: the contract has no such event.
 * - `INVALID_ACK`: an acknowledgement is not that of the contract.
 * - `INVALID_AUTH`: what a client gave as `auth` is not that of the contract.
 * - `INVALID_DATA`: what became of `socket.data` is not that of the contract.
 * - `TOO_MANY_PENDING`: too many events of a socket wait for schemas that take their time.
 * - `SCHEMA_FAILED`: a schema threw, or its promise was rejected; see `cause`.
 */
export type ContractErrorCode = (typeof CODES)[number];

const CODES = [
  "INVALID_PAYLOAD",
  "UNKNOWN_EVENT",
  "INVALID_ACK",
  "INVALID_AUTH",
  "INVALID_DATA",
  "TOO_MANY_PENDING",
  "SCHEMA_FAILED",
] as const;

/** One thing that is wrong, as it travels. */
export interface ContractIssue {
  /** For people. */
  readonly message: string;
  /** Where; of an event with a list of arguments, it begins with the number of one, from 0 on. */
  readonly path: readonly (string | number)[];
}

/** What the sender of a refused event is told: an acknowledgement, or the argument of `error`. */
export interface Refusal {
  readonly code: ContractErrorCode;
  readonly event: string;
  /** What is wrong; empty where that is not the sender's matter. */
  readonly issues: readonly ContractIssue[];
}

/** How many issues are told: a long list of mistakes makes no long list of complaints. */
const MAX_ISSUES = 20;

/** Something that a contract does not allow. */
export class ContractError extends Error {
  override readonly name = "ContractError";
  readonly code: ContractErrorCode;
  /** The event concerned; empty for `auth` and `data`. */
  readonly event: string;
  /** What is wrong, the first twenty. */
  readonly issues: readonly ContractIssue[];
  /** With `INVALID_ACK` of a broadcast: the acknowledgements that are as they should be. */
  declare responses?: unknown;

  /**
   * @param code one of {@link ContractErrorCode}
   * @param event the event concerned
   * @param issues what is wrong
   * @param options `cause`: what was thrown, if it is for that
   */
  constructor(
    code: ContractErrorCode,
    event: string,
    issues: readonly ContractIssue[] = [],
    options?: ErrorOptions,
  ) {
    super(describe(code, event, issues), options);
    this.code = code;
    this.event = event;
    this.issues = issues;
  }

  /** What the other side is told. */
  toJSON(): Refusal {
    return { code: this.code, event: this.event, issues: this.issues };
  }
}

function describe(
  code: ContractErrorCode,
  event: string,
  issues: readonly ContractIssue[],
): string {
  const [first] = issues;
  const where = first === undefined || first.path.length === 0 ? "" : `${first.path.join(".")}: `;
  const what = first === undefined ? "" : `: ${where}${first.message}`;
  return `${code}${event === "" ? "" : ` (${event})`}${what}`;
}

/** Whether an acknowledgement is a refusal: for clients that do not use `typedClient()`. */
export function isRefusal(response: unknown): response is Refusal {
  return (
    typeof response === "object" &&
    response !== null &&
    "code" in response &&
    CODES.some((code) => code === response.code) &&
    "event" in response &&
    typeof response.event === "string" &&
    "issues" in response &&
    Array.isArray(response.issues)
  );
}

/** The error that a refusal of the other side is here, whatever it may hold. */
export function toContractError(refusal: Refusal): ContractError {
  const issues = Array.from<unknown>(refusal.issues).filter(isIssue);
  return new ContractError(refusal.code, refusal.event, toIssues(issues));
}

function isIssue(value: unknown): value is ContractIssue {
  return (
    typeof value === "object" &&
    value !== null &&
    "message" in value &&
    typeof value.message === "string" &&
    "path" in value &&
    Array.isArray(value.path) &&
    value.path.every((part) => typeof part === "string" || typeof part === "number")
  );
}

/**
 * Makes of a library's issues what can travel: nothing of the value but where it is.
 *
 * @param issues the library's
 * @param prefix what goes before their paths
 */
export function toIssues(
  issues: readonly StandardIssue[],
  prefix: readonly number[] = [],
): ContractIssue[] {
  // Not by methods of theirs: the lists of some libraries are of classes of their own.
  const first = Array.from({ length: Math.min(issues.length, MAX_ISSUES) }, (_, at) => issues[at]);
  return first.flatMap((issue) =>
    issue === undefined
      ? []
      : [{ message: String(issue.message), path: [...prefix, ...toPath(issue.path)] }],
  );
}

function toPath(path: StandardIssue["path"]): (string | number)[] {
  return Array.from(path ?? [], (part) => {
    const key = typeof part === "object" ? part.key : part;
    return typeof key === "symbol" ? String(key) : key;
  });
}
