import type { AckCallback, AckForm, EmitGuard } from "../emit-guard.ts";
import { type EventRule, rulesOf } from "./define.ts";
import { ContractError, isRefusal, toContractError } from "./errors.ts";
import type { UnknownEvents } from "./incoming.ts";
import type { StandardSchema } from "./standard-schema.ts";
import type { EventContracts } from "./types.ts";
import {
  andThen,
  type Checked,
  checkArguments,
  errorOf,
  isPromise,
  type Soon,
} from "./validate.ts";

/** Hears of acknowledgements that are not the contract's, with the socket that sent it, if it is known. */
export type OnInvalidAck = (error: ContractError, socket: object | null) => void;

/** What goes out, one way, held against the contract; and the acknowledgements for it. */
export class Outgoing implements EmitGuard {
  readonly #rules: ReadonlyMap<unknown, EventRule>;
  readonly #checks: boolean;
  readonly #unknown: UnknownEvents;
  readonly #onInvalidAck: OnInvalidAck;

  /**
   * @param events those that go out
   * @param checks whether arguments are checked
   * @param unknown what becomes then of events that the contract does not have
   * @param onInvalidAck see {@link OnInvalidAck}
   */
  constructor(
    events: EventContracts,
    checks: boolean,
    unknown: UnknownEvents,
    onInvalidAck: OnInvalidAck,
  ) {
    this.#rules = rulesOf(events);
    this.#checks = checks;
    this.#unknown = unknown;
    this.#onInvalidAck = onInvalidAck;
  }

  onEmit(event: unknown[], form: AckForm, socket: object | null): void {
    const name = String(event[0]);
    const rule = this.#rules.get(event[0]);
    const callback = typeof event.at(-1) === "function" ? (event.pop() as AckCallback) : null;
    while (event.length > 1 && event.at(-1) === undefined) {
      event.pop(); // it would arrive as null
    }
    const passes = rule === undefined && (name === "error" || this.#unknown === "pass");
    if (this.#checks && !passes) {
      requireAllowed(name, rule, event.slice(1));
    }
    if (callback !== null) {
      event.push(
        rule?.ack === undefined ? callback : this.#guard(name, rule.ack, callback, form, socket),
      );
    }
  }

  #guard(
    name: string,
    schema: StandardSchema,
    callback: AckCallback,
    form: AckForm,
    socket: object | null,
  ): AckCallback {
    const one = (response: readonly unknown[], then: (checked: Answer) => void): void => {
      void andThen(checkAnswer(name, schema, response), then);
    };
    if (form === "plain") {
      return (...response) =>
        one(response, ({ error, value }) => {
          if (error === null) {
            callback(value);
            return;
          }
          this.#onInvalidAck(error, socket);
          callback.fail?.(error);
        });
    }
    if (form === "all") {
      return (error, responses) => this.#checkAll(name, schema, callback, error, responses);
    }
    return (error, ...response) => {
      if (error !== null) {
        callback(error, ...response);
        return;
      }
      one(response, (answer) => {
        if (answer.error !== null) {
          this.#onInvalidAck(answer.error, socket);
        }
        callback(answer.error, answer.value);
      });
    };
  }

  #checkAll(
    name: string,
    schema: StandardSchema,
    callback: AckCallback,
    error: unknown,
    responses: unknown,
  ): void {
    const answers = Array.isArray(responses) ? responses : [];
    const checked = answers.map((response) => checkAnswer(name, schema, [response]));
    const collect = (all: readonly Answer[]): void => {
      const bad = all.find((answer) => answer.error !== null)?.error ?? null;
      const good = all.flatMap((answer) => (answer.error === null ? [answer.value] : []));
      if (bad !== null) {
        bad.responses = good;
        this.#onInvalidAck(bad, null);
      }
      callback(error ?? bad, good);
    };
    if (checked.some(isPromise)) {
      void Promise.all(checked).then(collect);
    } else {
      collect(checked as Answer[]);
    }
  }
}

/** An acknowledgement that has been checked. */
interface Answer {
  readonly error: ContractError | null;
  readonly value?: unknown;
}

/**
 * Checks an acknowledgement. It neither throws nor rejects.
 *
 * @param name the event it is for
 * @param schema what it has to be
 * @param response what came
 */
export function checkAnswer(
  name: string,
  schema: StandardSchema,
  response: readonly unknown[],
): Soon<Answer> {
  return andThen(checkArguments([schema], response, false), (checked: Checked): Answer => {
    if (checked.args !== null) {
      return { error: null, value: checked.args[0] };
    }
    const [refusal] = response;
    return {
      error: isRefusal(refusal) ? toContractError(refusal) : errorOf("INVALID_ACK", name, checked),
    };
  });
}

function requireAllowed(name: string, rule: EventRule | undefined, args: readonly unknown[]): void {
  if (rule === undefined) {
    throw new ContractError("UNKNOWN_EVENT", name);
  }
  const checked = checkArguments(rule.inputs, args, rule.isList);
  if (isPromise(checked)) {
    const cause = new TypeError("a schema that returns a promise cannot check what emit() sends");
    throw new ContractError("SCHEMA_FAILED", name, [], { cause });
  }
  if (checked.args === null) {
    throw errorOf("INVALID_PAYLOAD", name, checked);
  }
}
