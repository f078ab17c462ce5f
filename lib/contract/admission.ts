import type { ContractError } from "./errors.ts";
import type { StandardSchema } from "./standard-schema.ts";
import type { Contract } from "./types.ts";
import { andThen, checkArguments, errorOf, type Soon } from "./validate.ts";

/** What this needs of a socket that wants to come in. */
export interface EnteringSocket {
  readonly handshake: { auth: object };
  data: unknown;
}

/** Makes what `socket.data` is made of. */
export type MakeData = (client: { readonly socket: object; readonly auth: unknown }) => unknown;

/**
 * Holds `auth` and `socket.data` of a socket that wants to come in against the contract, and puts what
 * the schemas make of them in their place.
 *
 * @param contract the contract
 * @param socket the socket
 * @param makeData makes the data. Default: it is what middlewares have made of it
 * @returns why it may not come in; null where it may. It throws, or rejects, with what `makeData` does.
 */
export function admit(
  contract: Contract,
  socket: EnteringSocket,
  makeData: MakeData | undefined,
): Soon<ContractError | null> {
  return andThen(checkAuth(contract.auth, socket), (error) => {
    if (error !== null || contract.data === undefined) {
      return error;
    }
    const schema = contract.data;
    const { auth } = socket.handshake;
    const made: Soon<unknown> = makeData === undefined ? socket.data : makeData({ socket, auth });
    return andThen(made, (data) => checkData(schema, data, socket));
  });
}

function checkAuth(
  schema: StandardSchema | undefined,
  { handshake }: EnteringSocket,
): Soon<ContractError | null> {
  if (schema === undefined) {
    return null;
  }
  return andThen(checkArguments([schema], [handshake.auth], false), (checked) => {
    if (checked.args === null) {
      return errorOf("INVALID_AUTH", "", checked);
    }
    handshake.auth = checked.args[0] as object;
    return null;
  });
}

function checkData(
  schema: StandardSchema,
  data: unknown,
  socket: EnteringSocket,
): Soon<ContractError | null> {
  return andThen(checkArguments([schema], [data], false), (checked) => {
    if (checked.args === null) {
      return errorOf("INVALID_DATA", "", checked);
    }
    [socket.data] = checked.args;
    return null;
  });
}
