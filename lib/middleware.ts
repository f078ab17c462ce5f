import { warn } from "./errors.ts";

/** Ends one step: without an error the next step runs, with one the chain ends there. */
export type Next = (error?: unknown) => void;

/**
 * Runs middlewares one after another.
 *
 * A step that throws, or returns a promise that rejects, ends the chain with an error that tells
 * nothing of it, as it may reach a client; a process warning tells the rest. A step that calls
 * `next` twice is heard once.
 *
 * @param steps the middlewares as they are now: later additions do not count for this run
 * @param invoke calls one of them with its `next`
 * @param done called once, with the error that ended the chain or with nothing
 */
export function runMiddlewares<Step>(
  steps: readonly Step[],
  invoke: (step: Step, next: Next) => unknown,
  done: Next,
): void {
  if (steps.length === 0) {
    done();
    return;
  }
  const chain = steps.slice();
  const runStep = (index: number): void => {
    const step = chain[index];
    if (step === undefined) {
      done();
      return;
    }
    let called = false;
    const next: Next = (error) => {
      if (called) {
        return;
      }
      called = true;
      if (error) {
        done(error);
      } else {
        runStep(index + 1);
      }
    };
    const fail = (cause: unknown): void => {
      warn("a middleware threw, or its promise was rejected", cause);
      if (!called) {
        called = true;
        done(new Error("middleware failed", { cause }));
      }
    };
    let result: unknown;
    try {
      result = invoke(step, next);
    } catch (error) {
      fail(error);
      return;
    }
    if (isPromiseLike(result)) {
      result.then(undefined, fail);
    }
  };
  runStep(0);
}

/** Whether a user's function has returned a promise, of the runtime or of a library of its own. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}
