import type { AdapterNamespace, Room } from "../adapter.ts";
import { ClusterTransport } from "./cluster-transport.ts";
import { type ClusterMessage, type ClusterResponse, MessageType } from "./messages.ts";
import { RoomAnnouncer } from "./room-announcer.ts";
import { RoomWatcher } from "./room-watcher.ts";

/**
 * The part of a cluster adapter that knows the rooms of all nodes: `occupied` and `vacated`. Nothing
 * is sent for it while nobody listens to them, on any node.
 */
export abstract class ClusterPresence extends ClusterTransport {
  readonly #announcer: RoomAnnouncer;
  readonly #watcher: RoomWatcher;

  constructor(nsp: AdapterNamespace) {
    super(nsp);
    const holdsRoom = (room: Room): boolean => this.rooms.has(room) && !this.sids.has(room);
    this.#announcer = new RoomAnnouncer(
      {
        holdsRoom,
        announcedRooms: () => Array.from(this.rooms.keys()).filter((room) => !this.sids.has(room)),
        isCongested: () => this.isCongested,
        publish: (message) => this.publish(message),
        publishResponse: (uid, message) => this.publishResponse(uid, message),
      },
      this.uid,
    );
    this.#watcher = new RoomWatcher({
      holdsRoom,
      onRemoteChange: (room, isOccupied) =>
        isOccupied ? super.onRoomOccupied(room) : super.onRoomVacated(room),
      publish: (message) => this.publish(message),
      survivors: (uids) => this.askSurvivors(uids),
    });
    this.on("newListener", (event) => {
      if (event === "occupied" || event === "vacated") {
        this.#watcher.start();
      }
    });
    this.on("removeListener", () => {
      if (this.listenerCount("occupied") === 0 && this.listenerCount("vacated") === 0) {
        this.#watcher.stop();
      }
    });
  }

  protected override onRoomOccupied(room: Room): void {
    this.#announcer.onChange(room, true);
    if (!this.#watcher.holds(room)) {
      super.onRoomOccupied(room);
    }
  }

  protected override onRoomVacated(room: Room): void {
    this.#announcer.onChange(room, false);
    if (!this.#watcher.holds(room)) {
      super.onRoomVacated(room);
    }
  }

  /**
   * To be called when messages may have been missed, and the transport does not bring them: where
   * somebody listens to `occupied` or `vacated`, the other nodes are asked for their rooms again.
   */
  protected refreshRooms(): void {
    this.#watcher.refresh();
  }

  /**
   * Called with each message and answer of another node, before it is carried out.
   *
   * @param uid the node
   * @param type what it sent
   */
  protected onSignOfLife(uid: string, _type: MessageType): void {
    this.#watcher.onHeard(uid);
  }

  /** To be called when a node of {@link knownNodes} is gone, and no longer among them. */
  protected onNodeGone(uid: string): void {
    this.#watcher.onNodeGone(uid);
  }

  /** Takes in a message about rooms; ignores any other. */
  protected receiveRooms({ type, uid, data }: ClusterMessage | ClusterResponse): void {
    if (!uid) {
      return;
    }
    if (type === MessageType.ROOMS_REQUEST) {
      this.#announcer.onRequest(uid, data.requestId, data.known);
    } else if (type === MessageType.ROOMS) {
      this.#watcher.onRooms(uid, data);
    }
  }

  override close(): Promise<void> | void {
    this.#announcer.close();
    this.#watcher.stop();
    return super.close();
  }
}
