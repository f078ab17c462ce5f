import * as defaultParser from "socket.io-parser";
import type { AdapterApi, AdapterNamespace } from "../adapters/adapter.ts";
import { Adapter } from "../adapters/memory.ts";
import { SessionAwareAdapter } from "../adapters/session-aware.ts";
import { AckTallies } from "./ack-bound.ts";
import { Broadcaster } from "./broadcaster.ts";
import type { Decoder, Encoder } from "./client-ports.ts";
import { serveClientBundle } from "./client-bundle.ts";
import { DEFAULT_ATTACHMENTS, type ResolvedLimits, resolveLimits } from "./engine/limits.ts";
import type { RequestSource } from "./engine/request.ts";
import type { EventsMap } from "./events.ts";
import { computePrefix } from "./hosts/attach-options.ts";
import { PacketDecoder } from "./namespace-decoder.ts";
import { LimitedDecoder, PacketRates } from "./namespace-limits.ts";
import { PacketEncoder } from "./namespace-packets.ts";
import type { AdapterConstructor } from "./namespace-types.ts";
import { checkFor, type DataCheck } from "./packet-check.ts";
import {
  type ServerOptions as Options,
  type ResolvedServerOptions,
  resolveServerOptions,
} from "./options.ts";
import { requireFunction } from "./validate.ts";

/** The options of a `Server`. */
export type ServerOptions = Options<AdapterConstructor>;

/** What a server is set to: its options, and the settings that may be changed as it runs. */
export abstract class ServerSettings<
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  ReservedEvents extends EventsMap,
  SocketData,
> extends Broadcaster<EmitEvents, ServerSideEvents, ReservedEvents, SocketData> {
  /** Encodes packets for the wire. */
  readonly encoder: Encoder;

  readonly #options: ResolvedServerOptions<AdapterConstructor>;
  /** @internal */
  readonly dataCheck: DataCheck | null;
  #limits: ResolvedLimits | null = null;
  #packetDecoder: PacketDecoder | null = null;
  #packetRates: PacketRates | null = null;
  #ackTallies: AckTallies | null = null;
  #path = "";
  #addTrailingSlash: boolean;
  /** Made of these two when it is asked for. */
  #prefix: string | null = null;
  #connectTimeoutMs: number;
  #servesClient: boolean;
  #adapter: AdapterConstructor;

  constructor(given: ServerOptions) {
    super();
    const options = resolveServerOptions(given);
    this.#options = options;
    this.#addTrailingSlash = options.addTrailingSlash ?? true;
    this.#connectTimeoutMs = options.connectTimeout;
    this.#servesClient = options.serveClient;
    this.#adapter =
      options.adapter ?? (options.connectionStateRecovery ? SessionAwareAdapter : Adapter);
    this.path(options.path);
    this.encoder =
      this._parser === defaultParser ? new PacketEncoder() : new this._parser.Encoder();
    this.dataCheck = checkFor(this._parser);
  }

  /** What is set of the option `limits`, here and in `listen()`. @internal */
  get limits(): ResolvedLimits {
    this.#limits ??= resolveLimits();
    return this.#limits;
  }

  protected setLimits(limits: ResolvedLimits): void {
    this.#limits = limits;
    this.#packetDecoder = this._parser === defaultParser ? new PacketDecoder() : null;
    this.#packetRates = PacketRates.make(limits);
    this.#ackTallies = AckTallies.make(limits.pendingAcks);
  }

  /** @internal */
  get packetRates(): PacketRates | null {
    return this.#packetRates;
  }

  /** Null where clients may owe as many acknowledgements as they like. @internal */
  get ackTallies(): AckTallies | null {
    return this.#ackTallies;
  }

  protected set addTrailingSlash(value: boolean) {
    this.#addTrailingSlash = value;
    this.#prefix = null;
  }

  /** The package that encodes and decodes packets. @internal */
  get _parser(): {
    Encoder: new () => Encoder;
    Decoder: new (options?: { maxAttachments: number }) => Decoder;
  } {
    return this.#options.parser ?? defaultParser;
  }

  /** The options of the server, with their defaults; those of the engine are in `engine.opts`. */
  get opts(): ResolvedServerOptions<AdapterConstructor> {
    return this.#options;
  }

  /** The same as {@link opts}. @internal */
  get _opts(): ResolvedServerOptions<AdapterConstructor> {
    return this.#options;
  }

  get connectTimeoutMs(): number {
    return this.#connectTimeoutMs;
  }

  /** @internal */
  get packetDecoder(): PacketDecoder | null {
    return this.#packetDecoder;
  }

  createDecoder(): Decoder {
    const { limits, _parser: parser } = this;
    if (parser === defaultParser) {
      return new LimitedDecoder(limits);
    }
    // A parser of the user's need not know of any options.
    return limits.attachments === DEFAULT_ATTACHMENTS
      ? new parser.Decoder()
      : new parser.Decoder({ maxAttachments: limits.attachments });
  }

  createAdapter(namespace: AdapterNamespace): AdapterApi {
    const make = this.#adapter;
    // An arrow function cannot be constructed; classes and plain functions can.
    return make.prototype === undefined
      ? (make as (nsp: AdapterNamespace) => AdapterApi)(namespace)
      : new (make as new (nsp: AdapterNamespace) => AdapterApi)(namespace);
  }

  /** Says whether the browser client is served, or sets it. */
  serveClient(): boolean;
  serveClient(value: boolean): this;
  serveClient(value?: boolean): this | boolean {
    if (value === undefined) {
      return this.#servesClient;
    }
    this.#servesClient = value;
    return this;
  }

  /** The path that the server answers under, or sets it. */
  path(): string;
  path(value: string): this;
  path(value?: string): this | string {
    if (value === undefined) {
      return this.#path;
    }
    this.#path = value.replace(/\/$/, "");
    this.#prefix = null;
    return this;
  }

  /** How long a client may take to join its first namespace, in ms, or sets it. */
  connectTimeout(): number;
  connectTimeout(value: number): this;
  connectTimeout(value?: number): this | number {
    if (value === undefined) {
      return this.#connectTimeoutMs;
    }
    this.#connectTimeoutMs = value;
    return this;
  }

  /**
   * What makes the adapter of each namespace, or sets it, for those there are as well.
   *
   * @throws SocketIOError with `ERR_INVALID_ARGUMENT`
   */
  adapter(): AdapterConstructor;
  adapter(value: AdapterConstructor): this;
  adapter(value?: AdapterConstructor): this | AdapterConstructor {
    if (value === undefined) {
      return this.#adapter;
    }
    requireFunction(value, "the adapter");
    this.#adapter = value;
    this.initAdapters();
    return this;
  }

  /** Gives each namespace that there is an adapter of the new kind. */
  protected abstract initAdapters(): void;

  /** The prefix of the paths that are its own. @internal */
  get prefix(): string {
    this.#prefix ??= computePrefix(this.#path, this.#addTrailingSlash);
    return this.#prefix;
  }

  /** Answers a request for the browser client; null for any other. @internal */
  serveFile(url: string, source: RequestSource): ReturnType<typeof serveClientBundle> {
    return this.#servesClient
      ? serveClientBundle(url, source, this.#path, this.#options.cors)
      : null;
  }
}
