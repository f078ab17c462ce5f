import { ContractError, type ContractErrorCode, type ContractIssue, toIssues } from "./errors.ts";
import type { StandardResult, StandardSchema } from "./standard-schema.ts";

/** What became of a list of arguments. */
export type Checked = { readonly args: unknown[] } | Failed;

/** Why arguments are not what they should be. */
export interface Failed {
  readonly args: null;
  readonly issues: ContractIssue[];
  /** What a schema threw, or its promise was rejected with. */
  readonly thrown: { readonly cause: unknown } | null;
}

/** A value now, or the promise of it. */
export type Soon<Value> = Value | PromiseLike<Value>;

/** Whether a schema, or what follows from one, takes its time. */
export function isPromise<Value>(value: Soon<Value>): value is PromiseLike<Value> {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}

/** Does something with a value: now, where it is there, so that nothing overtakes it. */
export function andThen<From, To>(value: Soon<From>, step: (value: From) => Soon<To>): Soon<To> {
  return isPromise(value) ? value.then(step) : step(value);
}

/**
 * Checks arguments. It neither throws nor rejects.
 *
 * @param schemas one for each argument
 * @param args the arguments; those that are left out at the end count as undefined
 * @param isList whether issues say which argument they are about
 * @returns a promise only where a schema returns one
 */
export function checkArguments(
  schemas: readonly StandardSchema[],
  args: readonly unknown[],
  isList: boolean,
): Soon<Checked> {
  if (args.length > schemas.length) {
    const message = `too many arguments: ${schemas.length} at most, got ${args.length}`;
    return { args: null, issues: [{ message, path: [] }], thrown: null };
  }
  try {
    const results = schemas.map((schema, index) => schema["~standard"].validate(args[index]));
    const collect = (all: StandardResult<unknown>[]): Checked => collectResults(all, isList);
    if (results.every((result) => !isPromise(result))) {
      return collect(results as StandardResult<unknown>[]);
    }
    return Promise.all(results).then(collect).catch(toThrown);
  } catch (cause) {
    return toThrown(cause);
  }
}

function toThrown(cause: unknown): Checked {
  return { args: null, issues: [], thrown: { cause } };
}

function collectResults(results: readonly StandardResult<unknown>[], isList: boolean): Checked {
  const args: unknown[] = [];
  for (const [index, result] of results.entries()) {
    if (result.issues) {
      const issues = toIssues(result.issues, isList ? [index] : []);
      return { args: null, issues, thrown: null };
    }
    args.push(result.value);
  }
  return { args };
}

/** The error of arguments that are not what they should be. */
export function errorOf(code: ContractErrorCode, event: string, failed: Failed): ContractError {
  return failed.thrown === null
    ? new ContractError(code, event, failed.issues)
    : new ContractError("SCHEMA_FAILED", event, [], failed.thrown);
}
