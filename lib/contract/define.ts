import { SocketIOError } from "../errors.ts";
import { RESERVED_EVENTS } from "../socket-types.ts";
import { isSchema, type StandardSchema } from "./standard-schema.ts";
import type { Contract, EventContract, EventContracts } from "./types.ts";

/**
 * Says what the two sides of a namespace say to each other, for the compiler, the server and clients.
 *
 * @param contract the events each way, with schemas of any library that speaks Standard Schema
 * @returns the same
 * @throws SocketIOError with `ERR_INVALID_ARGUMENT`, or `ERR_RESERVED_EVENT` for names that are taken
 *
 * @example
 * const chat = defineContract({
 *   clientToServer: { say: { input: z.string(), ack: z.object({ id: z.number() }) } },
 *   serverToClient: { said: { input: [z.string(), z.string()] } },
 * });
 */
export function defineContract<const C extends Contract>(contract: C): C {
  if (typeof contract !== "object" || contract === null) {
    throw invalid("a contract is an object");
  }
  requireEvents(contract.clientToServer, "clientToServer");
  requireEvents(contract.serverToClient, "serverToClient");
  for (const part of ["auth", "data"] as const) {
    if (contract[part] !== undefined) {
      requireSchema(contract[part], part);
    }
  }
  return contract;
}

function requireEvents(events: EventContracts, side: string): void {
  if (typeof events !== "object" || events === null) {
    throw invalid(`${side} must be an object with an entry for each event`);
  }
  for (const [name, event] of Object.entries(events)) {
    if (RESERVED_EVENTS.has(name) || name === "error") {
      const message = `"${name}" is no name for an event of ${side}: it means something of its own`;
      throw new SocketIOError("ERR_RESERVED_EVENT", message);
    }
    const place = `${side}["${name}"]`;
    if (typeof event !== "object" || event === null || isSchema(event)) {
      throw invalid(`${place} must be { input, ack }, where both may be left out`);
    }
    for (const [index, schema] of inputsOf(event).entries()) {
      requireSchema(schema, `${place}.input${Array.isArray(event.input) ? `[${index}]` : ""}`);
    }
    if (event.ack !== undefined) {
      requireSchema(event.ack, `${place}.ack`);
    }
  }
}

function requireSchema(schema: unknown, place: string): void {
  if (!isSchema(schema)) {
    throw invalid(`${place} is no schema of a library that speaks Standard Schema`);
  }
}

function invalid(message: string): SocketIOError {
  return new SocketIOError("ERR_INVALID_ARGUMENT", message);
}

function isList(input: EventContract["input"]): input is readonly StandardSchema[] {
  return Array.isArray(input);
}

/** The schemas of an event's arguments. */
export function inputsOf({ input }: EventContract): readonly StandardSchema[] {
  if (input === undefined) {
    return [];
  }
  return isList(input) ? input : [input];
}

/** An event as it is looked up at run time. */
export interface EventRule {
  readonly inputs: readonly StandardSchema[];
  /** Whether issues say which argument they are about. */
  readonly isList: boolean;
  readonly ack: StandardSchema | undefined;
}

/** The events of one direction, by name: no name of a client reaches anything but these. */
export function rulesOf(events: EventContracts): ReadonlyMap<unknown, EventRule> {
  return new Map(
    Object.entries(events).map(([name, event]) => [
      name,
      { inputs: inputsOf(event), isList: Array.isArray(event.input), ack: event.ack },
    ]),
  );
}
