import { throwLater } from "../../errors.ts";
import type { OutgoingHeaders } from "../../response-head.ts";
import type { Codec, Packet, RawData } from "../codec/codec.ts";
import type { Compression } from "../compression.ts";
import type { BodyResult, HttpExchange } from "../exchange.ts";
import type { EngineRequest } from "../request.ts";
import { answerHeaders, BINARY, type BodyForm, bytesOf, textOf } from "./polling-body.ts";
import { TransportError, type TransportSink, type TransportState } from "./transport.ts";
import { makeLog } from "../../log.ts";

const log = makeLog("engine:polling");

const OK_HEADERS = answerHeaders("text/html");

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

/** The receiving half of long-polling: POST requests, and the packets that they bring. */
export abstract class PollingReceiver {
  abstract readonly readyState: TransportState;
  readonly codec: Codec;
  sink: TransportSink;
  /** The POST request whose body is being read. */
  #incoming: HttpExchange | null = null;
  readonly #sid: string;
  readonly #isOldExplorer: boolean;
  protected readonly form: BodyForm;
  protected readonly settings: PollingSettings;

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
    this.form = form;
    this.settings = settings;
    this.sink = sink;
  }

  /** Called when the client closes the session. */
  protected abstract onClosePacket(): void;

  protected onData(exchange: HttpExchange): void {
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
    exchange.readBody(this.settings.maxHttpBufferSize, (result) => {
      this.#incoming = null;
      this.#onBody(exchange, result, isBinary);
    });
  }

  #onBody(exchange: HttpExchange, result: BodyResult, isBinary: boolean): void {
    switch (result.kind) {
      case "aborted":
        if (this.readyState === "open") {
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
    const payload = this.form.unwrap(body);
    const packets =
      payload === null ? [] : this.codec.decodePayload(payload, this.settings.packetsPerPayload);
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
    this.answer(exchange, OK_HEADERS, "ok");
  }

  #deliver(packets: readonly Packet[]): void {
    for (const packet of packets) {
      if (this.readyState === "closed") {
        return;
      }
      if (packet.type === "message") {
        this.sink.onMessage(packet.data);
      } else if (packet.type === "close") {
        this.onClosePacket();
      } else {
        this.sink.onPacket(packet);
      }
    }
  }

  /** Reads no more of what is coming in. */
  protected cancelData(): void {
    if (this.#incoming !== null) {
      log("aborting ongoing data request");
      this.#incoming.cancelBody();
    }
  }

  /** Answers a request, of either kind. */
  protected answer(
    exchange: HttpExchange,
    common: Readonly<OutgoingHeaders>,
    body: string | Uint8Array,
  ): void {
    exchange.onAbort = null;
    // It mistakes payloads for attacks.
    const headers = this.#isOldExplorer ? { ...common, "X-XSS-Protection": "0" } : common;
    exchange.respond(200, this.settings.decorate(headers, exchange.request, this.#sid), body);
  }
}
