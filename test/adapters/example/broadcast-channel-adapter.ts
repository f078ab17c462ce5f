import {
  type Adapter,
  type AdapterNamespace,
  type ClusterAdapterOptions,
  ClusterAdapterWithHeartbeat,
  type ClusterMessage,
  type ClusterResponse,
} from "bun-socket.io/adapter";

/** Nodes in threads of one process: each thread has a server, and they hear each other. */
class BroadcastChannelAdapter extends ClusterAdapterWithHeartbeat {
  readonly #channel: BroadcastChannel;
  #isClosed = false;

  constructor(nsp: AdapterNamespace, prefix: string, options?: ClusterAdapterOptions) {
    super(nsp, options);
    this.#channel = new BroadcastChannel(`${prefix}#${nsp.name}`);
    this.#channel.onmessage = ({ data }) => {
      // Answers come this way as well: onMessage() tells them apart.
      this.onMessage(data);
    };
  }

  /** Messages to all other nodes. The channel copies them before this returns. */
  protected override async doPublish(message: ClusterMessage): Promise<string> {
    this.#post(message);
    return ""; // there are no offsets, and so no connection state recovery
  }

  /** Answers to one node: the others get them, too, and ignore them. */
  protected override async doPublishResponse(
    _requesterUid: string,
    response: ClusterResponse,
  ): Promise<void> {
    this.#post(response);
  }

  #post(message: ClusterMessage | ClusterResponse): void {
    if (!this.#isClosed) {
      this.#channel.postMessage(message);
    }
  }

  override async close(): Promise<void> {
    await super.close(); // says good-bye
    this.#isClosed = true;
    this.#channel.close();
  }
}

/** What goes into the option `adapter` of the server of each thread. */
export function createAdapter(prefix = "socket.io", options?: ClusterAdapterOptions) {
  return (nsp: AdapterNamespace): Adapter => new BroadcastChannelAdapter(nsp, prefix, options);
}
