import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { ClientEmitEvents, ClientListenEvents, Contract } from "../contract/types.ts";
import type {
  AnyFunction,
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  Untyped,
} from "../event-types.ts";
import {
  Connection,
  type ConnectionState,
  INITIAL,
  type SocketOf,
  type UseSocketOptions,
} from "./connection.ts";

/** A connection, as `useSocket()` returns it. */
export interface SocketState<ListenEvents extends EventsMap, EmitEvents extends EventsMap>
  extends ConnectionState {
  /** The socket of `socket.io-client`; null where the page is rendered on a server. */
  readonly socket: SocketOf<ListenEvents, EmitEvents> | null;
}

const subscribeToNothing = () => () => {};
const getInitial = () => INITIAL;

/**
 * Connects while the component is there. All components that use one address share one socket, and
 * those of several namespaces of one server one connection; the last one that goes closes it.
 *
 * @param url the server with the namespace as its path, such as `/chat`
 * @param options those of the first component count
 */
export function useSocket<C extends Contract>(
  url: string,
  options: UseSocketOptions & { contract: C },
): SocketState<ClientListenEvents<C>, ClientEmitEvents<C>>;
export function useSocket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
>(url: string, options?: UseSocketOptions): SocketState<ListenEvents, EmitEvents>;
export function useSocket(
  url: string,
  options: UseSocketOptions = {},
): SocketState<Untyped, Untyped> {
  const connection = "document" in globalThis ? Connection.to(url, options) : null;
  const [user] = useState(() => ({})); // it stands for this component
  const state = useSyncExternalStore(
    connection?.subscribe ?? subscribeToNothing,
    connection?.getState ?? getInitial,
    getInitial,
  );
  useEffect(() => connection?.giveAuth(user, options.auth));
  return { ...state, socket: connection?.socket(options.contract) ?? null };
}

type Source<ListenEvents extends EventsMap, EmitEvents extends EventsMap> = Pick<
  SocketState<ListenEvents, EmitEvents>,
  "socket"
>;

/**
 * Listens to an event while the component is there.
 *
 * @param source what `useSocket()` has returned
 * @param event the event
 * @param listener the one of the last render is called
 */
export function useSocketEvent<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Ev extends EventNames<ListenEvents>,
>(source: Source<ListenEvents, EmitEvents>, event: Ev, listener: ListenEvents[Ev]): void {
  const current = useRef<AnyFunction>(listener);
  useEffect(() => {
    current.current = listener;
  });
  const socket: Untyped = source.socket;
  useEffect(() => {
    const call = (...args: Untyped[]): void => current.current(...args);
    socket?.on(event, call);
    return () => socket?.off(event, call);
  }, [socket, event]);
}

/** What became of an event that asks for an acknowledgement. */
export type EmitState<Answer> =
  | { readonly status: "idle" | "pending"; readonly data?: undefined; readonly error?: undefined }
  | { readonly status: "done"; readonly data: Answer; readonly error?: undefined }
  | { readonly status: "failed"; readonly data?: undefined; readonly error: Error };

/** The arguments of an event without the acknowledgement. */
type WithoutAck<Args extends unknown[]> = Args extends [...infer Head, AnyFunction] ? Head : Args;

const IDLE = { status: "idle" } as const;
const PENDING = { status: "pending" } as const;

/**
 * Sends an event, and tells what became of it.
 *
 * @param source what `useSocket()` has returned
 * @param event an event with an acknowledgement
 * @param options `timeoutMs`: how long the acknowledgement may take. Default: 10000.
 * @returns `send(...args)`, which resolves with the state that it comes to and never rejects; and the
 * state of the last call
 */
export function useEmit<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Ev extends EventNames<EmitEvents>,
>(
  source: Source<ListenEvents, EmitEvents>,
  event: Ev,
  { timeoutMs = 10_000 }: { timeoutMs?: number } = {},
): readonly [
  send: (
    ...args: WithoutAck<EventParams<EmitEvents, Ev>>
  ) => Promise<EmitState<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>>>,
  state: EmitState<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>>,
] {
  type Answer = FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>;
  const [state, setState] = useState<EmitState<Answer>>(IDLE);
  const latest = useRef(0);
  const socket: Untyped = source.socket;
  const send = useCallback(
    async (...args: WithoutAck<EventParams<EmitEvents, Ev>>): Promise<EmitState<Answer>> => {
      latest.current++;
      const call = latest.current;
      setState(PENDING);
      let result: EmitState<Answer>;
      try {
        const data: Answer = await socket.timeout(timeoutMs).emitWithAck(event, ...args);
        result = { status: "done", data };
      } catch (error) {
        result = { status: "failed", error: error as Error };
      }
      if (call === latest.current) {
        setState(result);
      }
      return result;
    },
    [socket, event, timeoutMs],
  );
  return [send, state];
}
