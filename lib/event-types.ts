/**
 * What the reference's types leave open to the user: listener arguments, `socket.data`, payloads.
 * `unknown` would refuse listeners whose parameters are annotated, so programs written for
 * `socket.io` would not compile. This is the one place where the package says `any`.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Untyped = any;

/** Any function. */
export type AnyFunction = (...args: Untyped[]) => Untyped;

/** An interface that maps event names to the signature of their listeners. */
export interface EventsMap {
  [event: string]: Untyped;
}

/** The map used where none is given: every name, every argument. */
export interface DefaultEventsMap {
  [event: string]: (...args: Untyped[]) => void;
}

/** The names in an event map. */
export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

/** The arguments of an event, as a tuple. */
export type EventParams<Map extends EventsMap, Ev extends EventNames<Map>> = Parameters<Map[Ev]>;

/** The names of user events and of the class's own events. */
export type ReservedOrUserEventNames<Reserved extends EventsMap, User extends EventsMap> =
  | EventNames<Reserved>
  | EventNames<User>;

/** The listener of an event; the class's own signature wins over the user's. */
export type ReservedOrUserListener<
  Reserved extends EventsMap,
  User extends EventsMap,
  Ev extends ReservedOrUserEventNames<Reserved, User>,
> = ListenerOrUntyped<
  Ev extends EventNames<Reserved> ? Reserved[Ev] : Ev extends EventNames<User> ? User[Ev] : never
>;

// A generic subclass leaves the event name unresolved; its listeners are untyped, not impossible.
type ListenerOrUntyped<Listener> = [Listener] extends [never]
  ? (...args: Untyped[]) => void | Promise<void>
  : Listener;

type IsAny<T> = 0 extends 1 & T ? true : false;
type IfAny<T, Then, Else> = IsAny<T> extends true ? Then : Else;

/** The last element of a tuple; where that is optional or one of a rest, what it may be. */
export type Last<Tuple extends readonly unknown[]> = Tuple extends readonly [infer Only]
  ? Only
  : Tuple extends readonly [unknown, ...infer Tail]
    ? Last<Tail>
    : Tuple extends readonly (infer Element)[]
      ? Element
      : never;

/** A tuple without its last element. */
export type AllButLast<Tuple extends Untyped[]> = Tuple extends [...infer Head, infer _]
  ? Head
  : Untyped[];

/** The first element of a tuple that is not its leading error. */
export type FirstNonErrorTuple<Tuple extends unknown[]> = Tuple[0] extends Error
  ? Tuple[1]
  : Tuple[0];

/** The first argument of a callback that is not its leading error. */
export type FirstNonErrorArg<Callback> = Callback extends (...args: infer Args) => Untyped
  ? FirstNonErrorTuple<Args>
  : Untyped;

/** A tuple of lists of what another holds. */
export type MultiplyArray<Tuple extends unknown[]> = {
  [Index in keyof Tuple]: Tuple[Index][];
};

type LastParam<Listener> = Listener extends (...args: infer Args) => Untyped ? Last<Args> : never;

/** The events whose last argument is an acknowledgement that carries data. */
export type EventNamesWithAck<
  Map extends EventsMap,
  Ev extends EventNames<Map> = EventNames<Map>,
> = IfAny<
  LastParam<Map[Ev]> | Map[Ev],
  Ev,
  Ev extends (
    LastParam<Map[Ev]> extends AnyFunction
      ? FirstNonErrorArg<LastParam<Map[Ev]>> extends void
        ? never
        : Ev
      : never
  )
    ? Ev
    : never
>;

/** The events without an acknowledgement. */
export type EventNamesWithoutAck<
  Map extends EventsMap,
  Ev extends EventNames<Map> = EventNames<Map>,
> = IfAny<
  LastParam<Map[Ev]> | Map[Ev],
  Ev,
  Ev extends (Parameters<Map[Ev]> extends never[] ? Ev : never)
    ? Ev
    : Ev extends (LastParam<Map[Ev]> extends AnyFunction ? never : Ev)
      ? Ev
      : never
>;

/** The events whose acknowledgement starts with an error, as `timeout()` makes it. */
export type EventNamesWithError<
  Map extends EventsMap,
  Ev extends EventNamesWithAck<Map> = EventNamesWithAck<Map>,
> = IfAny<
  LastParam<Map[Ev]> | Map[Ev],
  Ev,
  Ev extends (
    LastParam<Map[Ev]> extends (...args: infer Args) => Untyped
      ? Args[0] extends Error
        ? Ev
        : never
      : never
  )
    ? Ev
    : never
>;

/** An event map without the events that ask for an acknowledgement. */
export type RemoveAcknowledgements<Map extends EventsMap> = {
  [Ev in EventNamesWithoutAck<Map>]: Map[Ev];
};

type ErrorFirst<Params extends Untyped[]> = {
  [Index in keyof Params]: Params[Index] extends (...args: infer Args) => infer Result
    ? Args[0] extends Error
      ? Params[Index]
      : (err: Error, ...args: Args) => Result
    : Params[Index];
};

// As in the reference, an acknowledgement that need not carry anything may be of any signature here.
type ListOfFirst<Args extends Untyped[]> = Args extends []
  ? []
  : Args extends [infer First, ...unknown[]]
    ? [responses: First[]]
    : never;

type ManyResponses<Params extends Untyped[]> = {
  [Index in keyof Params]: Params[Index] extends (...args: infer Args) => infer Result
    ? Args extends [Error, ...infer Rest]
      ? (err: Error, ...args: ListOfFirst<Rest>) => Result
      : (...args: ListOfFirst<Args>) => Result
    : Params[Index];
};

/** `timeout()` puts an error before the acknowledgement's arguments. */
export type DecorateAcknowledgements<Map> = {
  [Ev in keyof Map]: Map[Ev] extends (...args: infer Params) => infer Result
    ? (...args: ErrorFirst<Params>) => Result
    : Map[Ev];
};

/** A broadcast collects one response for each client. */
export type DecorateAcknowledgementsWithMultipleResponses<Map> = {
  [Ev in keyof Map]: Map[Ev] extends (...args: infer Params) => infer Result
    ? (...args: ManyResponses<Params>) => Result
    : Map[Ev];
};

/** Both of the above: server-side emits. */
export type DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Map> = {
  [Ev in keyof Map]: Map[Ev] extends (...args: infer Params) => infer Result
    ? (...args: ManyResponses<ErrorFirst<Params>>) => Result
    : Map[Ev];
};

/** Something with a typed `emit()` that is not an emitter of its own. */
export interface TypedEventBroadcaster<EmitEvents extends EventsMap> {
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean;
}
