import type { Untyped } from "../event-types.ts";
import type { Refusal } from "./errors.ts";
import type { InferInput, InferOutput, StandardSchema } from "./standard-schema.ts";

/** One event. */
export interface EventContract {
  /** Its argument, or a list of its arguments. Default: it has none. */
  readonly input?: StandardSchema | readonly StandardSchema[];
  /** What its acknowledgement carries. Default: it asks for none. */
  readonly ack?: StandardSchema;
  /** What it is for: `describe` writes it down. */
  readonly description?: string;
  /** It is no schema itself. */
  readonly "~standard"?: never;
}

/** Events by name. */
export type EventContracts = { readonly [event: string]: EventContract };

/** What the two sides of a namespace say to each other. */
export interface Contract {
  /** What clients send. */
  readonly clientToServer: EventContracts;
  /** What the server sends. */
  readonly serverToClient: EventContracts;
  /** What a client has to give as `auth`. Default: it is not looked at. */
  readonly auth?: StandardSchema;
  /** `socket.data`. Default: that of the namespace. */
  readonly data?: StandardSchema;
  /** The name, or the path, of the namespace that it is meant for: `describe` writes it down. */
  readonly namespace?: string;
  /** What it is for: `describe` writes it down. */
  readonly description?: string;
}

type Side = "input" | "output";

type Infer<Schema, Of extends Side> = Schema extends StandardSchema
  ? Of extends "input"
    ? InferInput<Schema>
    : InferOutput<Schema>
  : never;

/** Without strict null checks, anything may be undefined: nothing can be told by it. */
type IsLoose = undefined extends string ? true : false;

/** Arguments at the end that may be undefined may be left out. */
type OptionalTail<Tuple extends readonly unknown[]> = Tuple extends readonly [
  ...infer Head,
  infer Last,
]
  ? [IsLoose, undefined] extends [false, Last]
    ? [...OptionalTail<Head>, Last?]
    : [...Tuple]
  : [...Tuple];

/** The arguments of an event, of the wire or as its listeners get them. */
export type Arguments<Input, Of extends Side> = Input extends readonly StandardSchema[]
  ? OptionalTail<{ readonly [Index in keyof Input]: Infer<Input[Index], Of> }>
  : Input extends StandardSchema
    ? OptionalTail<[Infer<Input, Of>]>
    : [];

type Reply<Event extends EventContract, Of extends Side> = Event["ack"] extends StandardSchema
  ? [reply: (...response: Arguments<Event["ack"], Of>) => void]
  : [];

type Signature<Event extends EventContract, Args extends Side, Ack extends Side> = (
  ...args: [...Arguments<Event["input"], Args>, ...Reply<Event, Ack>]
) => void;

/** What the server's sockets listen to. */
export type ServerListenEvents<C extends Contract> = {
  [Ev in keyof C["clientToServer"]]: Signature<C["clientToServer"][Ev], "output", "input">;
};

/** What the server emits. */
export type ServerEmitEvents<C extends Contract> = {
  [Ev in keyof C["serverToClient"]]: Signature<C["serverToClient"][Ev], "input", "output">;
};

/** What a client listens to, where its events are parsed. */
export type ClientListenEvents<C extends Contract> = {
  [Ev in keyof C["serverToClient"]]: Signature<C["serverToClient"][Ev], "output", "input">;
} & RefusalEvents;

/** What a client emits, where its acknowledgements are parsed. */
export type ClientEmitEvents<C extends Contract> = {
  [Ev in keyof C["clientToServer"]]: Signature<C["clientToServer"][Ev], "input", "output">;
};

/** What a client listens to, where nothing is parsed: what the wire carries. */
export type WireListenEvents<C extends Contract> = {
  [Ev in keyof C["serverToClient"]]: Signature<C["serverToClient"][Ev], "input", "input">;
} & RefusalEvents;

/** What a client emits, where nothing is parsed: its acknowledgements may be refusals. */
export type WireEmitEvents<C extends Contract> = {
  [Ev in keyof C["clientToServer"]]: (
    ...args: [
      ...Arguments<C["clientToServer"][Ev]["input"], "input">,
      ...(C["clientToServer"][Ev]["ack"] extends StandardSchema
        ? [reply: (response: Infer<C["clientToServer"][Ev]["ack"], "input"> | Refusal) => void]
        : []),
    ]
  ) => void;
};

/** How a client hears of a refused event for which it asked no acknowledgement. */
export interface RefusalEvents {
  error: (refusal: Refusal) => void;
}

/** `socket.data` under a contract: its own, or that of the namespace. */
export type DataOf<C extends Contract, Otherwise = Untyped> = C["data"] extends StandardSchema
  ? InferOutput<C["data"]>
  : Otherwise;

/** What a client has to give as `auth`. */
export type AuthInput<C extends Contract> = Infer<C["auth"], "input">;

/** What `auth` is on the server. */
export type AuthOutput<C extends Contract> = C["auth"] extends StandardSchema
  ? InferOutput<C["auth"]>
  : { readonly [key: string]: Untyped };
