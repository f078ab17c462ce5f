import { throwLater } from "../../lib/errors.ts";
import type { Untyped } from "../../lib/events.ts";
import type {
  AckProgress,
  AdapterSocket,
  BroadcastOptions,
  RemoteSocketDetails,
} from "../adapter.ts";
import { ClusterPresence } from "./cluster-presence.ts";
import { type ClusterResponse, MessageType } from "./messages.ts";
import { RemoteAcks } from "./remote-acks.ts";
import { type Question, Requests, type ResponseType } from "./requests.ts";
import { SurvivorWatch } from "./survivors.ts";
import { cleanDetails, encodeOptions } from "./validation.ts";

/**
 * The part of a cluster adapter that asks the other nodes, and waits for their answers as long as they
 * are there.
 */
export abstract class ClusterRequests extends ClusterPresence {
  readonly #watch = new SurvivorWatch((uids) => this.askSurvivors(uids));
  readonly #requests = new Requests(this.#watch);
  readonly #acks = new RemoteAcks(this.#watch);

  /** How many nodes there are, this one among them. Where it rejects, it is asked again. */
  abstract override serverCount(): Promise<number>;

  protected override onSignOfLife(uid: string, type: MessageType): void {
    super.onSignOfLife(uid, type);
    if (type === MessageType.ADAPTER_CLOSE) {
      this.onNodeGone(uid);
      this.#watch.hurry(); // what does not know its nodes by name has to count them
    }
  }

  protected override onNodeGone(uid: string): void {
    super.onNodeGone(uid);
    this.#requests.onNodeGone(uid);
    this.#acks.onNodeGone(uid);
  }

  /** Ends what waits for answers. Call it from your own, before you end the transport. */
  override close(): Promise<void> | void {
    this.#requests.close();
    this.#acks.close();
    return super.close();
  }

  /**
   * Waits for the acknowledgements of a broadcast by the clients of other nodes.
   *
   * @returns the id of the request, under which they are to come
   */
  protected expectAcks(
    { flags }: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onResponse: (response: Untyped) => void,
    progress: AckProgress | undefined,
  ): string {
    const timeoutMs = flags?.timeout;
    const nodes = this.knownNodes();
    return this.#acks.open({ timeoutMs, nodes, onClientCount, onResponse, progress });
  }

  /** Takes in an answer, whatever it answers; ignores what nobody waits for. */
  protected receiveAnswer(response: ClusterResponse): void {
    const { type, uid, data } = response;
    switch (type) {
      case MessageType.FETCH_SOCKETS_RESPONSE:
      case MessageType.SERVER_SIDE_EMIT_RESPONSE:
        this.#requests.onAnswer(type, data.requestId, uid, data);
        break;
      case MessageType.BROADCAST_CLIENT_COUNT:
        this.#acks.onClientCount(data.requestId, uid, data.clientCount);
        break;
      case MessageType.BROADCAST_ACK:
        this.#acks.onResponse(data.requestId, uid, data.packet);
        break;
      default:
        this.receiveRooms(response);
    }
  }

  override async fetchSockets(
    options: BroadcastOptions,
  ): Promise<(AdapterSocket | RemoteSocketDetails)[]> {
    const sockets = await super.fetchSockets(options);
    if (!options.flags?.local) {
      await this.#ask(MessageType.FETCH_SOCKETS_RESPONSE, options.flags?.timeout, {
        responses: sockets,
        send: (requestId) =>
          this.publish({
            type: MessageType.FETCH_SOCKETS,
            data: { opts: encodeOptions(options), requestId },
          }),
        collect: ({ sockets: remote }) => {
          for (const details of remote) {
            sockets.push(cleanDetails(details));
          }
        },
      });
    }
    return sockets;
  }

  override async count(options: BroadcastOptions): Promise<number> {
    const counts = [this.countTargets(options)];
    if (!options.flags?.local) {
      await this.#ask(MessageType.FETCH_SOCKETS_RESPONSE, options.flags?.timeout, {
        responses: counts,
        send: (requestId) =>
          this.publish({
            type: MessageType.FETCH_SOCKETS,
            data: { opts: encodeOptions(options), requestId, count: true },
          }),
        // Nodes of the reference send the sockets.
        collect: ({ count, sockets }) => counts.push(count ?? sockets.length),
      });
    }
    return counts.reduce((sum, each) => sum + each, 0);
  }

  override serverSideEmit(packet: unknown[]): void {
    const callback = packet.at(-1);
    if (typeof callback !== "function") {
      this.publish({ type: MessageType.SERVER_SIDE_EMIT, data: { packet } });
      return;
    }
    const event = packet.slice(0, -1);
    const responses: unknown[] = [];
    const answer = (error: unknown): void => {
      try {
        callback(error, responses);
      } catch (thrown) {
        throwLater(thrown); // the user's own
      }
    };
    this.#ask(MessageType.SERVER_SIDE_EMIT_RESPONSE, undefined, {
      responses,
      send: (requestId) =>
        this.publish({ type: MessageType.SERVER_SIDE_EMIT, data: { packet: event, requestId } }),
      collect: ({ packet: response }) => responses.push(response),
    }).then(() => answer(null), answer);
  }

  #ask(
    type: ResponseType,
    timeoutMs: number | undefined,
    question: Pick<Question, "responses" | "send" | "collect">,
  ): Promise<void> {
    return this.#requests.ask({
      ...question,
      type,
      timeoutMs: timeoutMs || this.requestsTimeout,
      nodes: this.knownNodes(),
      serverCount: () => this.serverCount(),
    });
  }
}
