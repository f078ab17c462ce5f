import { type Packet, PacketType } from "socket.io-parser";
import {
  type ManagerOptions,
  io as makeClient,
  type Socket,
  type SocketOptions,
} from "socket.io-client";
import { SocketIOError } from "../errors.ts";
import type { AnyFunction, EventNames, EventParams, EventsMap, Untyped } from "../events.ts";
import { Recorder, timedOut } from "./recorder.ts";

/** Options of a client: those of `socket.io-client`, and its namespace. */
export interface ConnectOptions extends Partial<ManagerOptions & SocketOptions> {
  /** Default: `/`. */
  namespace?: string;
}

/** How long to wait. */
export interface WaitOptions {
  /** In ms. Default: that of the server's `timeoutMs`. */
  timeoutMs?: number;
}

/** What a client needs of its server. */
export interface ClientHome {
  readonly url: string;
  readonly timeoutMs: number;
  /** Sends a packet to a client, past everything that may hear of it. */
  write(namespace: string, id: string | undefined, packet: Packet): boolean;
  /** Whether a text is what the server puts behind the arguments of events, for recovery. */
  isOffset(namespace: string, text: string): boolean;
  /** Moves the clock of the server until it has ended a session, whose client is silent. */
  missHeartbeats(sid: string): Promise<void>;
}

/** The arguments of an event without the acknowledgement. */
type WithoutAck<Args extends unknown[]> = Args extends [...infer Head, AnyFunction] ? Head : Args;
/** What an acknowledgement carries. */
type Answer<Args extends unknown[]> = Args extends [...unknown[], (value: infer Value) => Untyped]
  ? Value
  : Untyped;

const SETTLED = "bun-socket.io/testing:settled";

/**
 * A stock client that records what it gets. It connects when it is told to, and does not come back by
 * itself.
 *
 * @typeParam ListenEvents what the server sends
 * @typeParam EmitEvents what clients send
 */
export class TestClient<ListenEvents extends EventsMap, EmitEvents extends EventsMap> {
  /** The client itself, of `socket.io-client`. */
  readonly socket: Socket;
  /** Its namespace. */
  readonly namespace: string;
  readonly #home: ClientHome;
  readonly #events = new Recorder();
  readonly #endings = new Recorder();
  /** The connection that is muted. */
  #muted: Socket["io"]["engine"] | undefined;

  constructor(home: ClientHome, { namespace = "/", ...options }: ConnectOptions) {
    this.#home = home;
    this.namespace = namespace.startsWith("/") ? namespace : `/${namespace}`;
    this.socket = makeClient(home.url + this.namespace, {
      forceNew: true,
      reconnection: false,
      transports: ["websocket"],
      ...options,
      autoConnect: false,
    });
    this.socket.onAny((...event: unknown[]) => {
      if (event[0] !== SETTLED) {
        this.#events.add(this.#withoutOffset(event));
      }
    });
    this.socket.on("disconnect", (reason) => this.#endings.add(["disconnect", reason]));
  }

  // The stock client leaves the offset where it is. `_pid` is there where the server lets sessions be taken up.
  #withoutOffset(event: unknown[]): unknown[] {
    const last = event.at(-1);
    const hasOffset =
      event.length > 1 &&
      typeof last === "string" &&
      Boolean(Reflect.get(this.socket, "_pid")) &&
      this.#home.isOffset(this.namespace, last);
    return hasOffset ? event.slice(0, -1) : event;
  }

  /** Its id on the server; undefined while it is not connected. */
  get id(): string | undefined {
    return this.socket.id;
  }

  get connected(): boolean {
    return this.socket.connected;
  }

  /** All that it has got: the name and the arguments of each event, in order. */
  get received(): readonly (readonly unknown[])[] {
    return this.#events.all;
  }

  /** Forgets what it has got. */
  clear(): void {
    this.#events.clear();
  }

  /**
   * Connects it, or connects it again.
   *
   * @returns whether it has taken up its session again; rejects with the `connect_error`, whose
   * `data` is what the middleware gave, or with `ERR_TIMEOUT`
   */
  connect({ timeoutMs = this.#home.timeoutMs }: WaitOptions = {}): Promise<boolean> {
    const { socket } = this;
    if (socket.connected) {
      return Promise.resolve(Boolean(socket.recovered));
    }
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        socket.off("connect", onConnect);
        socket.off("connect_error", onError);
        finish();
      };
      const onConnect = (): void => settle(() => resolve(Boolean(socket.recovered)));
      const onError = (error: Error): void => settle(() => reject(error));
      const timer = setTimeout(
        () => onError(timedOut(`it was not connected within ${timeoutMs} ms`)),
        timeoutMs,
      );
      socket.on("connect", onConnect);
      socket.on("connect_error", onError);
      socket.connect();
    });
  }

  /** Sends an event. A function at the end gets the acknowledgement. */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): this {
    this.socket.emit(ev as string, ...(args as Untyped[]));
    return this;
  }

  /**
   * Sends an event and waits for its acknowledgement.
   *
   * @returns what that carries; rejects after the server's `timeoutMs`
   */
  async ask<Ev extends EventNames<EmitEvents>>(
    ev: Ev,
    ...args: WithoutAck<EventParams<EmitEvents, Ev>>
  ): Promise<Answer<EventParams<EmitEvents, Ev>>> {
    const { timeoutMs } = this.#home;
    try {
      return await this.socket.timeout(timeoutMs).emitWithAck(ev as string, ...args);
    } catch {
      throw timedOut(`no acknowledgement of "${String(ev)}" within ${timeoutMs} ms`);
    }
  }

  /** Answers each event of a name that asks for an acknowledgement with what `reply` returns. */
  answer<Ev extends EventNames<ListenEvents>>(
    ev: Ev,
    reply: (...args: WithoutAck<EventParams<ListenEvents, Ev>>) => unknown,
  ): this {
    this.socket.on(ev as string, async (...args: Untyped[]) => {
      const ack: unknown = args.at(-1);
      if (typeof ack === "function") {
        const given = args.slice(0, -1) as WithoutAck<EventParams<ListenEvents, Ev>>;
        ack(await reply(...given));
      }
    });
    return this;
  }

  /**
   * Takes the next event of a name: the oldest that has come and was not taken, or the one to come.
   *
   * @returns its arguments, with the acknowledgement at the end if the server asks for one; rejects
   * with `ERR_TIMEOUT`
   */
  async next<Ev extends EventNames<ListenEvents>>(
    ev: Ev,
    { timeoutMs = this.#home.timeoutMs }: WaitOptions = {},
  ): Promise<EventParams<ListenEvents, Ev>> {
    const args = await this.#events.next(ev as string, timeoutMs);
    return args as EventParams<ListenEvents, Ev>;
  }

  /**
   * Checks that there is no event of a name that was not taken, once all that the server has sent so
   * far is here.
   *
   * @param options `withinMs`: lets so much time pass before. Default: 0.
   * @returns rejects with `ERR_UNEXPECTED`
   */
  async expectNone<Ev extends EventNames<ListenEvents>>(
    ev: Ev,
    { withinMs = 0 }: { withinMs?: number } = {},
  ): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, withinMs));
    await this.settle();
    const [event] = this.#events.untaken(ev as string);
    if (event !== undefined) {
      throw new SocketIOError(
        "ERR_UNEXPECTED",
        `an event "${String(ev)}" came: ${JSON.stringify(event.slice(1))}`,
      );
    }
  }

  /** Resolves when all that the server has sent so far is here. */
  settle(): Promise<void> {
    return new Promise((resolve, reject) => {
      const mark = crypto.randomUUID();
      const stop = (): void => {
        clearTimeout(timer);
        this.socket.off(SETTLED, onMark);
      };
      const onMark = (each: unknown): void => {
        if (each === mark) {
          stop();
          resolve();
        }
      };
      const timer = setTimeout(() => {
        stop();
        reject(timedOut("the client does not get what the server sends"));
      }, this.#home.timeoutMs);
      this.socket.on(SETTLED, onMark);
      const packet = { type: PacketType.EVENT, nsp: this.namespace, data: [SETTLED, mark] };
      if (!this.#home.write(this.namespace, this.id, packet)) {
        stop();
        resolve(); // it is not connected: nothing more will come
      }
    });
  }

  /**
   * Waits until it is disconnected.
   *
   * @returns the reason, as the client sees it; rejects with `ERR_TIMEOUT`
   */
  async disconnected({ timeoutMs = this.#home.timeoutMs }: WaitOptions = {}): Promise<string> {
    const [reason] = await this.#endings.next("disconnect", timeoutMs);
    return String(reason);
  }

  /** Leaves its namespace, as a client does that says so. */
  disconnect(): void {
    this.socket.disconnect();
  }

  /** Cuts the connection without a word: the server sees `transport close`. */
  drop(): void {
    this.socket.io.engine.close();
  }

  /**
   * Lets nothing of it reach the server any more, not even an answer to a ping, while the connection
   * stays: as when a network is gone. The server ends it with `ping timeout`, when that is due by its
   * clock: see `server.advance()` and {@link missHeartbeats}. Over polling, its polls go on, and bring
   * what the server sends.
   */
  mute(): void {
    const { engine } = this.socket.io;
    if (engine === this.#muted) {
      return;
    }
    this.#muted = engine; // connected again, it has another one
    const silence = (): void => {
      engine.transport.send = () => {};
    };
    silence();
    engine.on("upgrade", silence);
  }

  /** The id of the session that is muted. @internal */
  get mutedSid(): string | undefined {
    return this.#muted?.id;
  }

  /**
   * Is silent, as after {@link mute}, for so long that the server ends its session with `ping timeout`. No
   * time is waited for: the clock of the server is moved, as by `server.advance()`, so that the other
   * clients are sent pings, which they answer.
   *
   * @returns when the session is ended; rejects where the client is not connected
   */
  async missHeartbeats(): Promise<void> {
    if (!this.connected) {
      throw new Error("the client is not connected");
    }
    this.mute();
    await this.#home.missHeartbeats(this.socket.io.engine.id);
  }
}
