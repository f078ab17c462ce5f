import { throwLater } from "../../errors.ts";
import type { OutgoingHeaders } from "../../response-head.ts";
import type { Codec, Packet, RawData } from "../codec/codec.ts";
import { type Compression, compressBody } from "../compression.ts";
import type { BodyResult, HttpExchange } from "../exchange.ts";
import type { EngineRequest } from "../request.ts";
import {
  changeState,
  type Transport,
  TransportError,
  type TransportSink,
  type TransportState,
} from "./transport.ts";
import { makeLog } from "../../log.ts";
import { answerHeaders, BINARY, type BodyForm, bytesOf, textOf } from "./polling-body.ts";

const log = makeLog("engine:polling");

const CLOSE_TIMEOUT_MS = 30_000;
const OK_HEADERS = answerHeaders("text/html");
const NOOP: Packet = { type: "noop" };
const CLOSE: Packet = { type: "close" };

/** What the transport needs of its engine. */
export interface PollingSettings {
  readonly maxHttpBufferSize: number;
  /** How many packets a body may have. */
  readonly packetsPerPayload: number;
  readonly httpCompression: Compression | false;
  /** The headers of an answer of the given session, with what is added to them. */
  decorate(
    headers: Readonly<OutgoingHeaders>,
    request: EngineRequest,
    sid: string,
  ): Readonly<OutgoingHeaders>;
}

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
 * with, a POST request brings the client's packets.
 *
 * Source: Engine.IO protocol, "HTTP long-polling".
 */
export class PollingTransport implements Transport {
  readonly name = "polling";
  readonly codec: Codec;
  sink: TransportSink;
  #state: TransportState = "open";
  #poll: Poll = NO_POLL;
  /** The POST request whose body is being read. */
  #incoming: HttpExchange | null = null;
  #discarded = false;
  /** The end of an orderly close that waits for a poll to carry its close packet. */
  #finishClose: (() => void) | null = null;
  #closeTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #sid: string;
  readonly #isOldExplorer: boolean;
  readonly #form: BodyForm;
  readonly #settings: PollingSettings;

  /**
   * @param sid the session's id
   * @param agent what the client says it is
   */
  constructor(
    sid: string,
    agent: string | undefined,
    codec: Codec,
    form: BodyForm,
    settings: PollingSettings,
    sink: TransportSink,
  ) {
    this.#sid = sid;
    this.#isOldExplorer =
      agent !== undefined && (agent.includes(";MSIE") || agent.includes("Trident/"));
    this.codec = codec;
    this.#form = form;
    this.#settings = settings;
    this.sink = sink;
  }

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
        this.#onData(exchange);
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

  #onData(exchange: HttpExchange): void {
    if (this.#incoming !== null) {
      this.sink.onError(new TransportError("data request overlap from client"));
      exchange.respond(400, {}, null);
      return;
    }
    const isBinary = exchange.header("content-type") === BINARY;
    if (isBinary && this.codec.protocol !== 3) {
      this.sink.onError(new TransportError("invalid content"));
      exchange.respond(400, {}, null);
      return;
    }
    this.#incoming = exchange;
    exchange.readBody(this.#settings.maxHttpBufferSize, (result) => {
      this.#incoming = null;
      this.#onBody(exchange, result, isBinary);
    });
  }

  #onBody(exchange: HttpExchange, result: BodyResult, isBinary: boolean): void {
    switch (result.kind) {
      case "aborted":
        if (this.#state === "open") {
          this.sink.onError(new TransportError("data request connection closed prematurely"));
        }
        exchange.respond(400, {}, null);
        return;
      case "too-large":
        exchange.respond(413, {}, null);
        return;
      case "complete":
        this.#onPayload(exchange, isBinary ? bytesOf(result.body) : textOf(result.body));
    }
  }

  #onPayload(exchange: HttpExchange, body: RawData): void {
    if (log.enabled) {
      log('received "%s"', body);
    }
    const payload = this.#form.unwrap(body);
    const packets =
      payload === null ? [] : this.codec.decodePayload(payload, this.#settings.packetsPerPayload);
    if (packets === null) {
      exchange.respond(413, {}, null);
      this.sink.onLimit?.("packetsPerPayload");
      return;
    }
    try {
      this.#deliver(packets);
    } catch (error) {
      throwLater(error); // of a user's listener: the request still gets its answer
    }
    this.sink.onRequestEnd?.();
    this.#answer(exchange, OK_HEADERS, "ok");
  }

  #deliver(packets: readonly Packet[]): void {
    for (const packet of packets) {
      if (this.#state === "closed") {
        return;
      }
      if (packet.type === "message") {
        this.sink.onMessage(packet.data);
      } else if (packet.type === "close") {
        this.#onClosePacket();
      } else {
        this.sink.onPacket(packet);
      }
    }
  }

  #onClosePacket(): void {
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
    const body = this.#form.wrap(payload);
    const headers = this.#form.headers(payload);
    const compression = this.#settings.httpCompression;
    const compressible = packets.some(({ options }) => options?.compress !== false);
    const pending =
      compression !== false && compressible
        ? compressBody(body, exchange.header("accept-encoding"), compression)
        : null;
    if (pending === null) {
      this.#poll = NO_POLL;
      this.#answer(exchange, headers, body);
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
        this.#answer(exchange, all, compressed.body);
      });
    }
    finishClose?.();
    return taken;
  }

  #answer(
    exchange: HttpExchange,
    common: Readonly<OutgoingHeaders>,
    body: string | Uint8Array,
  ): void {
    exchange.onAbort = null;
    // It mistakes payloads for attacks.
    const headers = this.#isOldExplorer ? { ...common, "X-XSS-Protection": "0" } : common;
    exchange.respond(200, this.#settings.decorate(headers, exchange.request, this.#sid), body);
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
    if (this.#incoming !== null) {
      log("aborting ongoing data request");
      this.#incoming.cancelBody();
    }
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
