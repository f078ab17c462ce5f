import { type EventRule, rulesOf } from "./define.ts";
import { ContractError } from "./errors.ts";
import type { EventContracts } from "./types.ts";
import { andThen, checkArguments, errorOf, type Soon } from "./validate.ts";

/** What events that the contract does not have are to the receiver. */
export type UnknownEvents = "refuse" | "pass";

type AckFunction = (...args: unknown[]) => void;

/** What became of an event. */
export type Received =
  | {
      readonly error: null;
      /** The arguments for the listeners, with the function that acknowledges, if the contract has one. */
      readonly args: readonly unknown[];
      /** To be called when the listeners have been. */
      readonly done: () => void;
    }
  | { readonly error: ContractError };

/** What the owner of the {@link Incoming} is told. */
export interface IncomingPort {
  /** An answer that is not the contract's was about to be sent. */
  onInvalidAck(error: ContractError): void;
}

const NOTHING = (): void => {};

/** The events that come in, one way, held against the contract. */
export class Incoming {
  readonly #rules: ReadonlyMap<unknown, EventRule>;
  readonly #unknown: UnknownEvents;

  constructor(events: EventContracts, unknown: UnknownEvents) {
    this.#rules = rulesOf(events);
    this.#unknown = unknown;
  }

  /**
   * Reads an event.
   *
   * @param name the name
   * @param args the arguments, without the function that acknowledges
   * @param ack that function, if the sender asks for an acknowledgement
   * @param port hears of answers that are not the contract's
   * @returns a promise only where a schema takes its time. It does not reject.
   */
  read(
    name: string,
    args: readonly unknown[],
    ack: AckFunction | null,
    port: IncomingPort,
  ): Soon<Received> {
    const rule = this.#rules.get(name);
    if (rule === undefined) {
      return this.#unknown === "pass"
        ? { error: null, args: ack === null ? args : [...args, ack], done: NOTHING }
        : { error: new ContractError("UNKNOWN_EVENT", String(name)) };
    }
    return andThen(checkArguments(rule.inputs, args, rule.isList), (checked): Received => {
      if (checked.args === null) {
        return { error: errorOf("INVALID_PAYLOAD", name, checked) };
      }
      if (rule.ack === undefined) {
        // Where the contract has none, it tells a client that retries that the event has arrived.
        return { error: null, args: checked.args, done: ack ?? NOTHING };
      }
      const reply = makeReply(name, rule.ack, ack ?? NOTHING, port);
      return { error: null, args: [...checked.args, reply], done: NOTHING };
    });
  }
}

// What it is called with goes to the other side as it is: that is who parses it.
function makeReply(
  name: string,
  schema: NonNullable<EventRule["ack"]>,
  ack: AckFunction,
  port: IncomingPort,
): AckFunction {
  return (...response) => {
    void andThen(checkArguments([schema], response, false), (checked) => {
      if (checked.args !== null) {
        ack(...response);
        return;
      }
      const error = errorOf("INVALID_ACK", name, checked);
      // What is wrong is the matter of this side: the other is told that something is.
      ack(new ContractError(error.code, name).toJSON());
      port.onInvalidAck(error);
    });
  };
}
