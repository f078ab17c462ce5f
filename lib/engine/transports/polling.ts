import type { Packet } from "../codec/codec.ts";
import { compressBody } from "../compression.ts";
import type { HttpExchange } from "../exchange.ts";
import { changeState, type Transport, TransportError, type TransportState } from "./transport.ts";
import { makeLog } from "../../log.ts";
import { PollingReceiver } from "./polling-receiver.ts";

const log = makeLog("engine:polling");

const CLOSE_TIMEOUT_MS = 30_000;
const NOOP: Packet = { type: "noop" };
const CLOSE: Packet = { type: "close" };

/** What the transport has of the client's GET request. */
type Poll =
  /** None is here: packets wait in the session. */
  | { readonly kind: "none" }
  /** One waits for packets. */
  | { readonly kind: "parked"; readonly exchange: HttpExchange }
  /** The answer to it is being compressed. */
  | { readonly kind: "answering"; readonly exchange: HttpExchange };

const NO_POLL: Poll = { kind: "none" };

/**
 * Packets over HTTP long-polling: a GET request is parked until there is something to answer it
 * with, a POST request brings the client's packets: see {@link PollingReceiver}.
 *
 * Source: Engine.IO protocol, "HTTP long-polling".
 */
export class PollingTransport extends PollingReceiver implements Transport {
  readonly name = "polling";
  #state: TransportState = "open";
  #poll: Poll = NO_POLL;
  #discarded = false;
  /** The end of an orderly close that waits for a poll to carry its close packet. */
  #finishClose: (() => void) | null = null;
  #closeTimer: ReturnType<typeof setTimeout> | undefined;

  get readyState(): TransportState {
    return this.#state;
  }

  get writable(): boolean {
    return this.#poll.kind === "parked";
  }

  onRequest(exchange: HttpExchange): void {
    if (this.#state === "closed") {
      exchange.respond(400, {}, null);
      return;
    }
    switch (exchange.request.method) {
      case "GET":
        this.#onPoll(exchange);
        return;
      case "POST":
        this.onData(exchange);
        return;
      default:
        exchange.respond(500, {}, null);
    }
  }

  #onPoll(exchange: HttpExchange): void {
    if (this.#poll.kind !== "none") {
      log("request overlap");
      this.sink.onError(new TransportError("overlap from client"));
      exchange.respond(400, {}, null);
      return;
    }
    if (exchange.aborted) {
      this.sink.onError(new TransportError("poll connection closed prematurely"));
      exchange.respond(400, {}, null);
      return;
    }
    if (log.enabled) {
      log("setting request");
    }
    this.#poll = { kind: "parked", exchange };
    exchange.onAbort = () => {
      this.#poll = NO_POLL;
      this.sink.onError(new TransportError("poll connection closed prematurely"));
    };
    this.sink.onWritable();
    if (this.writable && this.#finishClose !== null) {
      log("triggering empty send to append close packet");
      this.send([NOOP]);
    }
  }

  protected override onClosePacket(): void {
    log("got xhr close packet");
    if (this.writable) {
      this.send([NOOP]);
    }
    this.#becomeClosed();
    this.sink.onClose();
  }

  send(packets: readonly Packet[]): number {
    if (this.#poll.kind !== "parked") {
      return 0;
    }
    const { exchange } = this.#poll;
    const taken = packets.length; // before listeners of header events add to the list
    const finishClose = this.#finishClose;
    this.#finishClose = null;
    const all = finishClose === null ? packets : [...packets, CLOSE];
    if (finishClose !== null) {
      log("appending close packet to payload");
    }
    const payload = this.codec.encodePayload(all);
    if (log.enabled) {
      log('writing "%s"', payload);
    }
    const body = this.form.wrap(payload);
    const headers = this.form.headers(payload);
    const compression = this.settings.httpCompression;
    const compressible = packets.some(({ options }) => options?.compress !== false);
    const pending =
      compression !== false && compressible
        ? compressBody(body, exchange.header("accept-encoding"), compression)
        : null;
    if (pending === null) {
      this.#poll = NO_POLL;
      this.answer(exchange, headers, body);
    } else {
      log("compressing");
      this.#poll = { kind: "answering", exchange };
      void pending.then((compressed) => {
        if (exchange.aborted) {
          return; // the session has heard of it
        }
        this.#poll = NO_POLL;
        const { encoding } = compressed;
        const all = encoding === null ? headers : { ...headers, "Content-Encoding": encoding };
        this.answer(exchange, all, compressed.body);
      });
    }
    finishClose?.();
    return taken;
  }

  close(done?: () => void): void {
    if (this.#state === "closing" && (this.#discarded || done === undefined)) {
      this.#finishClose?.(); // no longer worth the wait
    }
    if (this.#state !== "open") {
      return;
    }
    log("closing");
    this.#become("closing");
    this.cancelData();
    const finish = (): void => {
      this.#becomeClosed();
      done?.();
    };
    if (this.writable) {
      log("transport writable - closing right away");
      this.send([CLOSE]);
      finish();
    } else if (this.#discarded || done === undefined) {
      log("transport discarded - closing right away");
      finish();
    } else {
      log("transport not writable - buffering orderly close");
      this.#finishClose = finish;
      this.#closeTimer = setTimeout(finish, CLOSE_TIMEOUT_MS);
    }
  }

  #become(state: TransportState): void {
    this.#state = changeState(this.name, this.#state, state);
  }

  #becomeClosed(): void {
    clearTimeout(this.#closeTimer);
    this.#finishClose = null;
    this.#become("closed");
  }

  discard(): void {
    this.#discarded = true;
  }
}
