export { binary, type BinarySchema } from "./binary.ts";
export {
  type ClientSocket,
  typedClient,
  type TypedClientOptions,
  type WireSocket,
} from "./client.ts";
export type {
  ClientReservedEvents,
  ClientState,
  StockClient,
  StockManager,
  TypedSocket,
} from "./client-types.ts";
export { defineContract } from "./define.ts";
export {
  ContractError,
  type ContractErrorCode,
  type ContractIssue,
  isRefusal,
  type Refusal,
} from "./errors.ts";
export type { StandardIssue, StandardResult, StandardSchema } from "./standard-schema.ts";
export type {
  AuthInput,
  AuthOutput,
  ClientEmitEvents,
  ClientListenEvents,
  Contract,
  EventContract,
  EventContracts,
  ServerEmitEvents,
  ServerListenEvents,
  WireEmitEvents,
  WireListenEvents,
} from "./types.ts";
export {
  type ContractNamespace,
  type ContractOptions,
  type ContractSocket,
  withContract,
} from "./with-contract.ts";
