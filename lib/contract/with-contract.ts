import type { EmitGuard } from "../emit-guard.ts";
import { SocketIOError, throwLater, warn } from "../errors.ts";
import type { EventsMap, Untyped } from "../events.ts";
import type { Namespace } from "../namespace.ts";
import type { PathNamespace, PathSocket } from "../path-namespace.ts";
import type { Server } from "../server.ts";
import type { Socket } from "../socket.ts";
import type { ExtendedError } from "../socket-types.ts";
import { admit, type EnteringSocket, type MakeData } from "./admission.ts";
import { ContractError } from "./errors.ts";
import { Incoming, type UnknownEvents } from "./incoming.ts";
import { Outgoing } from "./outgoing.ts";
import { type ContractedSocket, SocketContract } from "./socket-contract.ts";
import type { InferInput, StandardSchema } from "./standard-schema.ts";
import type {
  AuthOutput,
  Contract,
  DataOf,
  ServerEmitEvents,
  ServerListenEvents,
} from "./types.ts";
import { andThen, type Soon } from "./validate.ts";

const MAX_PENDING = 1_000;

/** A socket of the server under a contract. */
export type ContractSocket<
  C extends Contract,
  ServerSideEvents extends EventsMap = EventsMap,
  SocketData = Untyped,
> = Socket<ServerListenEvents<C>, ServerEmitEvents<C>, ServerSideEvents, DataOf<C, SocketData>>;

/** A namespace under a contract. */
export type ContractNamespace<
  C extends Contract,
  ServerSideEvents extends EventsMap = EventsMap,
  SocketData = Untyped,
> = Namespace<ServerListenEvents<C>, ServerEmitEvents<C>, ServerSideEvents, DataOf<C, SocketData>>;

/** How a namespace holds its sockets to a contract. */
export interface ContractOptions<C extends Contract, SocketType> {
  /**
   * Hears of all that is refused, and of answers and data of the server's own that are not the contract's.
   *
   * @param error what is wrong
   * @param socket whose it is; null for acknowledgements of a broadcast
   */
  onInvalid?: (error: ContractError, socket: SocketType | null) => void;
  /**
   * Whether `emit()` checks its arguments, and throws a {@link ContractError} where they are not the
   * contract's. What is sent is what was given, not what the schemas make of it. Default: false.
   */
  checkOutgoing?: boolean;
  /**
   * What becomes of events that the contract does not have: `refuse` has their sender told, `pass` lets
   * them through unchecked. Default: `refuse`.
   */
  unknownEvents?: UnknownEvents;
  /** How many events of a socket may wait for schemas that return promises. Default: 1000. */
  maxPending?: number;
  /**
   * Makes what the contract's `data` takes, of `auth` for instance, for each socket that wants to come in.
   * Where it throws or rejects, the client gets `connect_error` with `middleware failed`. Default:
   * `socket.data` as middlewares have left it.
   */
  data?: C["data"] extends StandardSchema
    ? (client: {
        readonly socket: SocketType;
        readonly auth: AuthOutput<C>;
      }) => InferInput<C["data"]> | Promise<InferInput<C["data"]>>
    : never;
}

/** The same for all contracts. */
interface AnyOptions {
  onInvalid?: (error: ContractError, socket: Untyped) => void;
  checkOutgoing?: boolean;
  unknownEvents?: UnknownEvents;
  maxPending?: number;
  /** A {@link MakeData}, but for the types of the contract. */
  data?: Untyped;
}

/**
 * Holds a namespace to a contract: its listeners get parsed arguments, and nothing that is not the
 * contract's reaches them. Call it before clients come, and behind the middlewares whose `socket.data` is
 * to be checked.
 *
 * @param namespace what `io.of()` returns; or the server, for the namespace `/`
 * @param contract made by {@link defineContract}
 * @param options see {@link ContractOptions}
 * @returns the same namespace, typed by the contract
 * @throws SocketIOError with `ERR_INVALID_ARGUMENT`, `ERR_INVALID_OPTION`
 */
export function withContract<
  Params extends object,
  C extends Contract,
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
>(
  namespace: PathNamespace<Params, ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  contract: C,
  options?: ContractOptions<
    C,
    PathSocket<
      Params,
      ServerListenEvents<C>,
      ServerEmitEvents<C>,
      ServerSideEvents,
      DataOf<C, SocketData>
    >
  >,
): PathNamespace<
  Params,
  ServerListenEvents<C>,
  ServerEmitEvents<C>,
  ServerSideEvents,
  DataOf<C, SocketData>
>;
export function withContract<
  C extends Contract,
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
>(
  namespace:
    | Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
    | Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  contract: C,
  options?: ContractOptions<C, ContractSocket<C, ServerSideEvents, SocketData>>,
): ContractNamespace<C, ServerSideEvents, SocketData>;
export function withContract(
  target: { readonly sockets: unknown },
  contract: Contract,
  options: AnyOptions = {},
): Untyped {
  const namespace = (target.sockets instanceof Map ? target : target.sockets) as Namespace;
  requireFree(namespace);
  const { maxPending = MAX_PENDING, unknownEvents = "refuse", checkOutgoing = false } = options;
  if (unknownEvents !== "refuse" && unknownEvents !== "pass") {
    throw new SocketIOError("ERR_INVALID_OPTION", 'unknownEvents must be "refuse" or "pass"');
  }
  if (!(maxPending >= 0)) {
    throw new SocketIOError("ERR_INVALID_OPTION", "maxPending must be a number, 0 or more");
  }
  const tell = makeTeller(options.onInvalid);
  const settings = {
    incoming: new Incoming(contract.clientToServer, unknownEvents),
    maxPending,
    onRefused: tell.refused,
    onFault: tell.fault,
  };
  namespace.emitGuard = makeGuard(contract, checkOutgoing, unknownEvents, tell);
  if (contract.auth !== undefined || contract.data !== undefined) {
    namespace.use((socket, next) => enter(contract, socket, options.data, tell, next));
  }
  // Not in the middleware: sockets that are recovered skip those.
  namespace.prependListener("connect", (socket: ContractedSocket) => {
    new SocketContract(socket, settings);
  });
  return namespace;
}

const contracted = new WeakSet<object>();

function requireFree(namespace: Namespace & { children?: ReadonlySet<object> }): void {
  if (contracted.has(namespace)) {
    throw new SocketIOError("ERR_INVALID_ARGUMENT", `${namespace.name} has a contract already`);
  }
  if (namespace.sockets.size > 0 || (namespace.children?.size ?? 0) > 0) {
    const message = `${namespace.name} has to get its contract before clients come`;
    throw new SocketIOError("ERR_INVALID_ARGUMENT", message);
  }
  contracted.add(namespace);
}

/** Tells the application; where it does not listen, of its own faults alone. */
interface Teller {
  refused(error: ContractError, socket: object | null): void;
  fault(error: ContractError, socket: object | null): void;
}

function makeTeller(onInvalid: AnyOptions["onInvalid"]): Teller {
  const tell = (error: ContractError, socket: object | null): void => {
    try {
      onInvalid?.(error, socket);
    } catch (thrown) {
      throwLater(thrown); // the client is told all the same
    }
  };
  return {
    refused: tell,
    fault(error, socket) {
      if (onInvalid === undefined) {
        warn(`the server does not keep its contract: ${error.message}`, error.cause);
      }
      tell(error, socket);
    },
  };
}

/** Only where there is something to see to: it is asked at each emit. */
function makeGuard(
  { serverToClient }: Contract,
  checks: boolean,
  unknown: UnknownEvents,
  tell: Teller,
): EmitGuard | null {
  const hasAcks = Object.values(serverToClient).some(({ ack }) => ack !== undefined);
  return checks || hasAcks ? new Outgoing(serverToClient, checks, unknown, tell.refused) : null;
}

function enter(
  contract: Contract,
  socket: EnteringSocket,
  makeData: MakeData | undefined,
  tell: Teller,
  next: (error?: ExtendedError) => void,
): Soon<void> {
  return andThen(admit(contract, socket, makeData), (error) => {
    if (error === null) {
      next();
      return;
    }
    const isRefusal = error.code === "INVALID_AUTH";
    (isRefusal ? tell.refused : tell.fault)(error, socket);
    // What the client is told: of the server's own data, nothing but that it is wrong.
    const told: ExtendedError = new Error(isRefusal ? "invalid auth" : "contract failed");
    told.data = isRefusal ? error.toJSON() : new ContractError(error.code, "").toJSON();
    next(told);
  });
}
