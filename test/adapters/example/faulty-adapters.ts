// Adapters with one fault each, for the tests of the suite itself: `bun test` is started on this file,
// with the name of the fault in the environment, and has to fail.

import {
  type AdapterNamespace,
  ClusterAdapterWithHeartbeat,
  type ClusterMessage,
  type ClusterResponse,
  MessageType,
} from "bun-socket.io/adapter";
import { testAdapter } from "bun-socket.io/adapter-tests";

/** What is going to fail shall fail soon. */
const DEADLINE_MS = 250;

type Message = ClusterMessage | ClusterResponse;
type Deliver = (message: Message) => void;

/** What a faulty transport does with a message; at the end of the list is one without a fault. */
export const FAULTS: Record<string, (message: Message, deliver: Deliver) => void> = {
  "drops events": (message, deliver) => {
    if (message.type !== MessageType.BROADCAST) {
      deliver(message);
    }
  },
  "doubles events": (message, deliver) => {
    deliver(message);
    if (message.type === MessageType.BROADCAST) {
      deliver(structuredClone(message));
    }
  },
  "swaps events": (message, deliver) => {
    setTimeout(
      () => deliver(message),
      message.type === MessageType.BROADCAST ? Math.random() * 9 : 0,
    );
  },
  "forgets exceptions": (message, deliver) => {
    if (message.type === MessageType.BROADCAST) {
      message.data.opts.except = [];
    }
    deliver(message);
  },
  "forgets rooms": (message, deliver) => {
    if (message.type === MessageType.SOCKETS_JOIN) {
      message.data.opts.rooms = [];
    }
    deliver(message);
  },
  "loses bytes": (message, deliver) => {
    deliver(JSON.parse(JSON.stringify(message)));
  },
  "mixes namespaces": (message, deliver) => {
    message.nsp = "";
    deliver(message);
  },
  "loses answers": (message, deliver) => {
    if (message.type !== MessageType.FETCH_SOCKETS_RESPONSE) {
      deliver(message);
    }
  },
  "doubles the answers of servers": (message, deliver) => {
    deliver(message);
    if (message.type === MessageType.SERVER_SIDE_EMIT_RESPONSE) {
      deliver({ ...message, uid: "somebody else" });
    }
  },
  "hears when it is closed": (message, deliver) => deliver(message),
  nothing: (message, deliver) => deliver(message),
};

class FaultyAdapter extends ClusterAdapterWithHeartbeat {
  readonly #channel: BroadcastChannel;
  readonly #fault: string;
  #isClosed = false;

  constructor(nsp: AdapterNamespace, fleet: string, fault: string) {
    super(nsp, { heartbeatInterval: 200, heartbeatTimeout: 1000 });
    if (fault === "loses answers") {
      this.requestsTimeout = DEADLINE_MS;
    }
    this.#fault = fault;
    const room = fault === "mixes namespaces" ? "" : nsp.name;
    this.#channel = new BroadcastChannel(`${fleet}#${room}`);
    this.#channel.onmessage = ({ data }) => {
      FAULTS[fault]?.(data, (message) => {
        // As a message without a namespace is for all, so it is here.
        if (message.nsp === "") {
          message.nsp = nsp.name;
        }
        this.onMessage(message as ClusterMessage);
      });
    };
  }

  #post(message: Message): void {
    if (!this.#isClosed) {
      this.#channel.postMessage(message);
    }
  }

  protected override async doPublish(message: ClusterMessage): Promise<string> {
    this.#post(message);
    return "";
  }

  protected override async doPublishResponse(_uid: string, response: ClusterResponse) {
    this.#post(response);
  }

  override async close(): Promise<void> {
    await super.close();
    this.#isClosed = this.#fault !== "hears when it is closed";
    if (this.#isClosed) {
      this.#channel.close();
    }
  }
}

const fault = process.env.FAULT;
if (fault !== undefined) {
  testAdapter({
    name: fault,
    createNode: ({ fleet }) => ({ adapter: (nsp) => new FaultyAdapter(nsp, fleet, fault) }),
    ...(fault === "nothing" ? {} : { deadlineMs: DEADLINE_MS }),
    supports: { allSockets: false, deaths: false, presence: true },
  });
}
