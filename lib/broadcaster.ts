import type { Room, SocketId } from "../adapters/adapter.ts";
import type { Rooms } from "../adapters/rooms.ts";
import type { BroadcastOperator, RemoteSocket } from "./broadcast-operator.ts";
import {
  type AllButLast,
  type DecorateAcknowledgements,
  type DecorateAcknowledgementsWithMultipleResponses,
  type EventNamesWithAck,
  type EventNamesWithoutAck,
  type EventParams,
  type EventsMap,
  type FirstNonErrorArg,
  type Last,
  type RemoveAcknowledgements,
  StrictEventEmitter,
  type Untyped,
} from "./events.ts";

/** The operator of a broadcast to all or some sockets of a namespace. */
export type NamespaceOperator<EmitEvents extends EventsMap, SocketData> = BroadcastOperator<
  DecorateAcknowledgementsWithMultipleResponses<EmitEvents>,
  SocketData
>;

/**
 * What a namespace and the server have in common: everything one can do to all sockets at once.
 * Each method starts a new {@link BroadcastOperator}, which is documented there.
 */
export abstract class Broadcaster<
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  ReservedEvents extends EventsMap,
  SocketData,
> extends StrictEventEmitter<ServerSideEvents, RemoveAcknowledgements<EmitEvents>, ReservedEvents> {
  /** An operator that has chosen everyone. */
  protected abstract everyone(): NamespaceOperator<EmitEvents, SocketData>;

  /** Chooses the sockets in a room, or in any of several. */
  to(room: Rooms): NamespaceOperator<EmitEvents, SocketData> {
    return this.everyone().to(room);
  }

  /** The same as {@link to}. */
  in(room: Rooms): NamespaceOperator<EmitEvents, SocketData> {
    return this.everyone().in(room);
  }

  /** Chooses everyone but the sockets in a room, or in any of several. */
  except(room: Rooms): NamespaceOperator<EmitEvents, SocketData> {
    return this.everyone().except(room);
  }

  /**
   * Sends an event to everyone.
   *
   * @throws SocketIOError with `ERR_RESERVED_EVENT`
   */
  override emit<Ev extends EventNamesWithoutAck<EmitEvents>>(
    ev: Ev,
    ...args: EventParams<EmitEvents, Ev>
  ): boolean {
    return this.everyone().emit(ev, ...(args as Untyped));
  }

  /**
   * Sends an event to everyone and waits for the acknowledgements of all clients.
   *
   * @returns one response of each; rejects after the option `ackTimeout`, with an error
   * (`ERR_ACK_TIMEOUT`) whose `responses` are those that did arrive. Without one, use
   * `timeout(ms).emitWithAck()`: a client that leaves before it answers is waited for.
   */
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>[]> {
    return this.everyone().emitWithAck(ev as Untyped, ...(args as Untyped)) as Promise<Untyped>;
  }

  /** Sends the event `message` to everyone. */
  send(...args: EventParams<EmitEvents, "message">): this {
    this.everyone().emit("message", ...(args as Untyped));
    return this;
  }

  /** The same as {@link send}. */
  write(...args: EventParams<EmitEvents, "message">): this {
    return this.send(...args);
  }

  /** Says whether the packet may be compressed. */
  compress(compress: boolean): NamespaceOperator<EmitEvents, SocketData> {
    return this.everyone().compress(compress);
  }

  /** Lets clients that cannot take the packet now miss it. */
  get volatile(): NamespaceOperator<EmitEvents, SocketData> {
    return this.everyone().volatile;
  }

  /** Keeps the packet on this node. */
  get local(): NamespaceOperator<EmitEvents, SocketData> {
    return this.everyone().local;
  }

  /** Sets how long to wait for acknowledgements, in ms. */
  timeout(
    timeout: number,
  ): BroadcastOperator<
    DecorateAcknowledgements<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>>,
    SocketData
  > {
    return this.everyone().timeout(timeout);
  }

  /**
   * The ids of all sockets.
   *
   * @deprecated use {@link fetchSockets}
   */
  allSockets(): Promise<Set<SocketId>> {
    return this.everyone().allSockets();
  }

  /** All sockets, on all nodes. */
  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return this.everyone().fetchSockets() as Promise<RemoteSocket<Untyped, SocketData>[]>;
  }

  /** How many sockets there are, on all nodes: see {@link BroadcastOperator.count}. */
  count(): Promise<number> {
    return this.everyone().count();
  }

  /** Makes all sockets join rooms. */
  socketsJoin(room: Room | Room[]): void {
    this.everyone().socketsJoin(room);
  }

  /** Makes all sockets leave rooms. */
  socketsLeave(room: Room | Room[]): void {
    this.everyone().socketsLeave(room);
  }

  /**
   * Disconnects all sockets.
   *
   * @param close whether their connections are closed too, with all namespaces. Default: false.
   */
  disconnectSockets(close = false): void {
    this.everyone().disconnectSockets(close);
  }
}
