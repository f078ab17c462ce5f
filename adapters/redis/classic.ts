import { generateId } from "../../lib/ids.ts";
import { partialResponse } from "../../lib/errors.ts";
import type { AdapterNamespace, Room, SocketId } from "../adapter.ts";
import { ClassicWire } from "./classic-wire.ts";
import { commandsOf, subscriptionsOf } from "./client.ts";
import {
  type RedisAdapterOptions,
  type ResolvedClassicOptions,
  resolveClassicOptions,
} from "./options.ts";
import { PubSubAdapter } from "./pubsub-adapter.ts";
import type { PubSubClients } from "./pubsub-transport.ts";
import type { LegacyAnswer, LegacyRequest, LegacyResponse } from "./wire.ts";

/**
 * Makes adapters over the pub/sub of Redis, which nodes with `@socket.io/redis-adapter` and
 * `@socket.io/redis-emitter` understand.
 *
 * @param pubClient a client of ioredis or node-redis, which sends. It is not closed.
 * @param subClient another one, with whose settings the subscriptions are made. It may be the same.
 * @param options see {@link RedisAdapterOptions}
 * @returns the server's option `adapter`
 * @throws SocketIOError with `ERR_INVALID_OPTION`
 */
export function createAdapter(
  pubClient: object,
  subClient: object,
  options?: RedisAdapterOptions,
): (nsp: AdapterNamespace) => RedisAdapter {
  const resolved = resolveClassicOptions(options);
  const clients = { commands: commandsOf(pubClient), subscriptions: subscriptionsOf(subClient) };
  return (nsp) => new RedisAdapter(nsp, clients, resolved);
}

/** Who waits for the rooms of other nodes. */
interface RoomsQuestion {
  readonly rooms: Set<Room>;
  missing: number;
  readonly end: () => void;
}

/** The adapter of `createAdapter()`. */
export class RedisAdapter extends PubSubAdapter<ClassicWire> {
  readonly #questions = new Map<string, RoomsQuestion>();

  constructor(nsp: AdapterNamespace, clients: PubSubClients, options: ResolvedClassicOptions) {
    super(nsp, clients, options, (uid, name, rooms) => new ClassicWire(uid, name, rooms, options));
  }

  /**
   * All rooms, of all nodes.
   *
   * @throws SocketIOError with `ERR_PARTIAL_RESPONSE` where not all nodes have answered in time; its
   * `responses` are the rooms that are known
   */
  async allRooms(): Promise<Set<Room>> {
    const rooms = new Set(this.rooms.keys());
    const missing = (await this.serverCount()) - 1;
    if (missing <= 0) {
      return rooms;
    }
    const requestId = generateId();
    const { promise, resolve } = Promise.withResolvers<void>();
    const question = { rooms, missing, end: resolve };
    this.#questions.set(requestId, question);
    const timer = setTimeout(resolve, this.requestsTimeout);
    this.send(this.wire.encodeAllRooms(requestId));
    await promise;
    clearTimeout(timer);
    this.#questions.delete(requestId);
    if (question.missing > 0) {
      throw partialResponse("timeout reached while waiting for allRooms response", [...rooms]);
    }
    return rooms;
  }

  override close(): Promise<void> {
    for (const { end } of this.#questions.values()) {
      end();
    }
    return super.close();
  }

  protected override onLegacy(message: LegacyRequest | LegacyResponse): void {
    if (message.type === "all-rooms-response") {
      this.#onRooms(message);
      return;
    }
    const answer = this.#answerTo(message);
    if (answer !== undefined && message.requestId !== undefined) {
      this.send(this.wire.encodeLegacyAnswer(message, answer));
    }
  }

  #onRooms({ requestId, rooms }: LegacyResponse): void {
    const question = this.#questions.get(requestId);
    if (question === undefined) {
      return;
    }
    for (const room of rooms) {
      question.rooms.add(room);
    }
    question.missing--;
    if (question.missing === 0) {
      question.end();
    }
  }

  #answerTo(request: LegacyRequest): LegacyAnswer | undefined {
    switch (request.type) {
      case "sockets":
        return { sockets: this.#idsIn(request.rooms) };
      case "all-rooms":
        return { rooms: this.rooms.keys() };
    }
    const socket = this.nsp.sockets.get(request.sid);
    if (socket === undefined) {
      return undefined;
    }
    switch (request.type) {
      case "join":
        void socket.join(request.room);
        break;
      case "leave":
        void socket.leave(request.room);
        break;
      case "disconnect":
        socket.disconnect(request.close);
        break;
    }
    return {};
  }

  #idsIn(rooms: readonly Room[]): SocketId[] {
    return Array.from(this.targets({ rooms: new Set(rooms) }), ({ id }) => id);
  }
}
