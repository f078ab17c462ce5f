import { inputsOf } from "../contract/define.ts";
import type { StandardSchema } from "../contract/standard-schema.ts";
import type { Contract, EventContract, EventContracts } from "../contract/types.ts";
import { type Converter, isOptional, type JsonSchema } from "./json-schema.ts";

/** A contract of which every schema is a JSON Schema. */
export interface DescribedContract {
  /** The name that the module exports it by. */
  readonly name: string;
  readonly description: string | undefined;
  readonly namespace: string | undefined;
  readonly clientToServer: readonly DescribedEvent[];
  readonly serverToClient: readonly DescribedEvent[];
  readonly auth: JsonSchema | undefined;
}

/** One of its events. */
export interface DescribedEvent {
  readonly name: string;
  readonly description: string | undefined;
  readonly args: readonly DescribedArgument[];
  readonly ack: DescribedArgument | undefined;
}

/** An argument of an event or of an acknowledgement. */
export interface DescribedArgument {
  readonly schema: JsonSchema;
  readonly isOptional: boolean;
}

/** The contracts that a module exports, by their names. */
export function contractsOf(module: object): [name: string, contract: Contract][] {
  return Object.entries(module).filter((entry): entry is [string, Contract] =>
    isContract(entry[1]),
  );
}

function isContract(value: unknown): value is Contract {
  return (
    typeof value === "object" &&
    value !== null &&
    "clientToServer" in value &&
    typeof value.clientToServer === "object" &&
    "serverToClient" in value &&
    typeof value.serverToClient === "object"
  );
}

/** Describes a contract. */
export async function describeContract(
  name: string,
  contract: Contract,
  convert: Converter,
): Promise<DescribedContract> {
  const events = (all: EventContracts) =>
    Promise.all(Object.entries(all).map(([each, event]) => describeEvent(each, event, convert)));
  const [clientToServer, serverToClient, auth] = await Promise.all([
    events(contract.clientToServer),
    events(contract.serverToClient),
    contract.auth && convert(contract.auth),
  ]);
  const { description, namespace } = contract;
  return { name, description, namespace, clientToServer, serverToClient, auth };
}

async function describeEvent(
  name: string,
  event: EventContract,
  convert: Converter,
): Promise<DescribedEvent> {
  const describe = async (schema: StandardSchema): Promise<DescribedArgument> => ({
    schema: await convert(schema),
    isOptional: await isOptional(schema),
  });
  const args = await Promise.all(inputsOf(event).map(describe));
  const ack = event.ack && (await describe(event.ack));
  return { name, description: event.description, args, ack };
}
