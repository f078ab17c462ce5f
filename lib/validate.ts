import { SocketIOError } from "./errors.ts";
import { LONGEST_TIMER_MS } from "./timer.ts";

/** Says whether a value will do, and in words what would. */
export interface Check {
  readonly accepts: (value: unknown) => boolean;
  readonly expected: string;
}

const check = (expected: string, accepts: (value: unknown) => boolean): Check => ({
  accepts,
  expected,
});

/** A time that a timer can wait. */
export const timeFrom = (minMs: number): Check =>
  check(
    `a number of milliseconds from ${minMs} to ${LONGEST_TIMER_MS}`,
    (value) => typeof value === "number" && value >= minMs && value <= LONGEST_TIMER_MS,
  );

/** A number from `min` on, or Infinity. */
export const numberFrom = (min: number, unit: string): Check =>
  check(
    `a number of ${unit}, ${min} or more`,
    (value) => typeof value === "number" && value >= min,
  );

export const isBoolean = check("a boolean", (value) => typeof value === "boolean");
export const isString = check("a string", (value) => typeof value === "string");
export const isFunction = check("a function", (value) => typeof value === "function");
export const isObject = check("an object", (value) => typeof value === "object" && value !== null);

/** An object with functions of these names. */
export const objectWith = (...names: readonly string[]): Check =>
  check(
    `an object with ${names.join(" and ")}`,
    (value) =>
      isObject.accepts(value) &&
      names.every((name) => typeof (value as Record<string, unknown>)[name] === "function"),
  );

/** Any one of several checks. */
export const oneOf = (...checks: readonly Check[]): Check =>
  check(checks.map((each) => each.expected).join(" or "), (value) =>
    checks.some((each) => each.accepts(value)),
  );

/** A list, not empty, of the given words. */
export const listOf = (words: readonly string[]): Check =>
  check(
    `a list of ${words.map((word) => JSON.stringify(word)).join(", ")}`,
    (value) =>
      Array.isArray(value) && value.length > 0 && value.every((item) => words.includes(item)),
  );

/**
 * Checks the options a user gave against a table. Options that the table does not name pass: they
 * may be meant for an adapter or for another version.
 *
 * @param given the user's options
 * @param table a check for each known option
 * @param within the option whose value they are; then none passes that the table does not name
 * @throws SocketIOError with `ERR_INVALID_OPTION` for the first option that does not pass
 */
export function validateOptions(
  given: object,
  table: Readonly<Record<string, Check>>,
  within?: string,
): void {
  const prefix = within === undefined ? "" : `${within}.`;
  for (const [name, value] of Object.entries(given)) {
    const rule = Object.hasOwn(table, name) ? table[name] : undefined;
    if (rule === undefined && within !== undefined) {
      throw new SocketIOError(
        "ERR_INVALID_OPTION",
        `there is no option "${prefix}${name}": ${within} has ${Object.keys(table).join(", ")}`,
      );
    }
    if (rule === undefined || value === undefined || value === null || rule.accepts(value)) {
      continue;
    }
    throw new SocketIOError(
      "ERR_INVALID_OPTION",
      `option "${prefix}${name}" must be ${rule.expected}, got ${describe(value)}`,
    );
  }
}

/**
 * Lays the user's options over defaults. An option given as undefined or null counts as not given.
 *
 * @param defaults the value of each option that has one
 * @param given the user's options
 */
export function withDefaults<Defaults extends object, Given extends object>(
  defaults: Defaults,
  given: Given,
): Defaults & Given {
  const meant = Object.entries(given).filter(([, value]) => value !== undefined && value !== null);
  return Object.assign({}, defaults, Object.fromEntries(meant) as Given);
}

/**
 * Says what a value is, for an error message.
 *
 * @param value any value
 */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `${JSON.stringify(value)} (string)`;
    case "number":
    case "boolean":
      return `${value} (${typeof value})`;
    case "object":
      if (value === null) {
        return "null";
      }
      return Array.isArray(value) ? `[${value.map(describe).join(", ")}]` : "an object";
    default:
      return `a value of type ${typeof value}`;
  }
}

/**
 * Checks that an argument is a function.
 *
 * @param value the argument
 * @param what what it is, for the message
 * @throws SocketIOError with `ERR_INVALID_ARGUMENT`
 */
export function requireFunction(value: unknown, what: string): void {
  if (typeof value !== "function") {
    throw new SocketIOError(
      "ERR_INVALID_ARGUMENT",
      `${what} must be a function, got ${describe(value)}`,
    );
  }
}
