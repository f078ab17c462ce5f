import { type Packet, PacketType } from "socket.io-parser";
import type { Untyped } from "../../lib/event-types.ts";
import type {
  AckProgress,
  AdapterNamespace,
  AdapterSocket,
  BroadcastOptions,
  RemoteSocketDetails,
  RestoredSession,
  Room,
  SessionToPersist,
  SocketId,
} from "../adapter.ts";
import { type ClusterMessage, type ClusterResponse, MessageType } from "../cluster/messages.ts";
import { encodeOptions } from "../cluster/validation.ts";
import { OffsetQueue } from "./stream-offsets.ts";
import { textOf } from "./stream-replies.ts";
import { StreamRecovery } from "./stream-recovery.ts";
import type { StreamsHub } from "./streams-hub.ts";
import { StreamsTransport } from "./streams-transport.ts";
import type { StreamEntry } from "./streams-wire.ts";

const DEFAULT_DURATION_MS = 120_000;
/** The sessions of all clients are among what is still to be sent. */
const CLOSE_FLUSH_MS = 5_000;

/**
 * The adapter of one namespace over a Redis stream: see `createStreamsAdapter()`.
 *
 * With the option `connectionStateRecovery`, the entry of an event in the stream is its offset. The
 * clients of the node that sends it get it when it is read back, and so do all others: every client
 * gets the events in the order of the stream, and an offset says exactly what its client has.
 */
export class StreamsAdapter extends StreamsTransport {
  /** What waits for its offset; undefined without recovery. */
  readonly #queue: OffsetQueue | undefined;
  readonly #recovery: StreamRecovery | undefined;
  #isSilent = false;

  constructor(nsp: AdapterNamespace, hub: StreamsHub) {
    super(nsp, hub);
    const { connectionStateRecovery } = nsp.server.opts;
    if (connectionStateRecovery !== undefined) {
      const { reader, stream, strayStream } = this;
      const queue = new OffsetQueue(hub.options.offsetTimeout);
      this.#queue = queue;
      this.#recovery = new StreamRecovery({
        hub,
        owner: this,
        uid: this.uid,
        nsp,
        reader,
        queue,
        stream,
        strayStream,
        durationMs: connectionStateRecovery.maxDisconnectionDuration ?? DEFAULT_DURATION_MS,
        send: (message, uid) => this.send(message, uid),
        serverCount: () => this.serverCount(),
        report: (error) => this.report(error),
      });
    }
  }

  protected override get closeFlushMs(): number {
    return this.#queue === undefined ? super.closeFlushMs : CLOSE_FLUSH_MS;
  }

  override close(): Promise<void> {
    this.#queue?.flush();
    this.#recovery?.close();
    const closed = super.close(); // it has said so when this returns
    this.#isSilent = true;
    return closed;
  }

  protected override publish(message: ClusterMessage): void {
    if (!this.#isSilent) {
      super.publish(message);
    }
  }

  protected override publishResponse(requesterUid: string, response: ClusterResponse): void {
    if (!this.#isSilent) {
      super.publishResponse(requesterUid, response);
    }
  }

  protected override takePublished(message: object): boolean {
    return this.#recovery?.onMessage(message) === true;
  }

  protected override onReadEntry(id: string, entry: StreamEntry): void {
    this.#recovery?.onEntry({ id, entry });
    if (entry.uid === this.uid && entry.seq !== undefined) {
      this.#queue?.onRead(entry.seq, id);
    }
  }

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    const queue = this.#queue;
    if (queue === undefined) {
      super.broadcast(packet, options);
    } else if (options.flags?.local || !isRecoverable(packet, options)) {
      this.#inOrder(queue, options, broadcastOf(packet, options), (local) =>
        super.broadcast(packet, local),
      );
    } else {
      this.#broadcastWithOffset(queue, packet, options);
    }
  }

  #broadcastWithOffset(queue: OffsetQueue, packet: Packet, options: BroadcastOptions): void {
    const local = localOf(options);
    if (this.#isSilent) {
      super.broadcast(packet, local);
      return;
    }
    let seq = 0;
    let isDropped = false;
    try {
      seq = this.write(broadcastOf(packet, options), (reply) => {
        if (reply instanceof Error) {
          isDropped = true; // perhaps before it has a number
          queue.onDropped(seq);
        } else {
          queue.onWritten(seq, textOf(reply));
        }
      });
    } catch (error) {
      this.report(error);
      queue.follow(() => super.broadcast(packet, local));
      return;
    }
    queue.add(seq, (offset) => {
      if (offset !== undefined) {
        packet.data.push(offset);
      }
      super.broadcast(packet, local);
    });
    if (isDropped) {
      queue.onDropped(seq);
    }
  }

  override broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onResponse: (response: Untyped) => void,
    progress?: AckProgress,
  ): void {
    const send = (): void =>
      super.broadcastWithAck(packet, options, onClientCount, onResponse, progress);
    if (this.#queue === undefined) {
      send();
    } else {
      this.#queue.follow(send);
    }
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): void {
    const data = { opts: encodeOptions(options), rooms: [...rooms] };
    this.#inOrder(this.#queue, options, { type: MessageType.SOCKETS_JOIN, data }, (local) =>
      super.addSockets(local, data.rooms),
    );
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): void {
    const data = { opts: encodeOptions(options), rooms: [...rooms] };
    this.#inOrder(this.#queue, options, { type: MessageType.SOCKETS_LEAVE, data }, (local) =>
      super.delSockets(local, data.rooms),
    );
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    const data = { opts: encodeOptions(options), close };
    this.#inOrder(this.#queue, options, { type: MessageType.DISCONNECT_SOCKETS, data }, (local) =>
      super.disconnectSockets(local, close),
    );
  }

  override async fetchSockets(
    options: BroadcastOptions,
  ): Promise<(AdapterSocket | RemoteSocketDetails)[]> {
    await this.#queue?.whenDone();
    return super.fetchSockets(options);
  }

  /** Does something here, behind what waits for an offset, and has the other nodes do it. */
  #inOrder(
    queue: OffsetQueue | undefined,
    options: BroadcastOptions,
    message: ClusterMessage,
    apply: (local: BroadcastOptions) => void,
  ): void {
    const local = localOf(options);
    if (queue === undefined) {
      apply(local);
    } else {
      queue.follow(() => apply(local));
    }
    if (!options.flags?.local) {
      this.publish(message);
    }
  }

  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    if (rooms.has(id)) {
      this.#recovery?.onConnect(id); // the room of its own is joined when it is connected
    }
    return super.addAll(id, rooms);
  }

  override delAll(id: SocketId): void {
    this.#recovery?.onGone(id);
    super.delAll(id);
  }

  override persistSession(session: SessionToPersist): void {
    this.#recovery?.persist(session);
  }

  override restoreSession(
    pid: string,
    offset: string | undefined,
  ): Promise<RestoredSession | null> | RestoredSession | null {
    return this.#recovery?.restore(pid, offset) ?? null;
  }
}

function broadcastOf({ type, data, nsp }: Packet, options: BroadcastOptions): ClusterMessage {
  const packet = { type, data, nsp };
  return { type: MessageType.BROADCAST, data: { packet, opts: encodeOptions(options) } };
}

function localOf(options: BroadcastOptions): BroadcastOptions {
  return { ...options, flags: { ...options.flags, local: true } };
}

function isRecoverable({ type, id }: Packet, { flags }: BroadcastOptions): boolean {
  return type === PacketType.EVENT && id === undefined && flags?.volatile !== true;
}
