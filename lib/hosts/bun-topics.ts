import { TopicPublisher } from "../engine/topics.ts";
import type { BunWebSocketHandler } from "./bun-application.ts";
import type { BunServer } from "./bun-listener.ts";

// Bun drops what goes beyond the limit, and a session that is slow is only noticed after a while.
const LEAST_LIMIT = 1024 * 1024;

/** The topics of the Bun servers that serve one engine. */
export class BunTopics {
  readonly #publishers = new WeakMap<BunServer, TopicPublisher>();
  readonly #engine: { readonly isWatched: boolean };

  constructor(engine: { readonly isWatched: boolean }) {
    this.#engine = engine;
  }

  /** The publisher that the WebSockets of a server share. */
  of<Data>(server: BunServer<Data>): TopicPublisher {
    let publisher = this.#publishers.get(server as BunServer);
    if (publisher === undefined) {
      publisher = new TopicPublisher(
        (topic, data) => {
          server.publish(topic, data, false);
        },
        () => this.#engine.isWatched,
      );
      this.#publishers.set(server as BunServer, publisher);
    }
    return publisher;
  }
}

/**
 * Whether WebSockets may be reached by topics.
 *
 * @param own the application's settings, which hold for the whole server
 */
export function allowsTopics<Data>(own: BunWebSocketHandler<Data> | undefined): boolean {
  return own?.backpressureLimit === undefined || own.backpressureLimit >= LEAST_LIMIT;
}
